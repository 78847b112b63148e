/** Every limit the steps work within. Milliseconds unless the name says otherwise. */
export interface StepSettings {
  /** The first poll after a change comes this soon; later ones wait a quarter of the time already waited. */
  pollFirstMs: number;
  /** No poll waits longer than this. */
  pollLastMs: number;
  /** The most often a change is attempted when its task fails. */
  maxTaskAttempts: number;
  /** A change that is not there after this long fails its step. */
  taskDeadlineMs: number;
  /** The hand-over to the target: nobody holds the old address meanwhile, so it is given up sooner and the source takes it back. */
  handOverDeadlineMs: number;
  /** Retryable trouble without a break for this long fails a step before the cutover. */
  patienceMs: number;
  /** The same for a step after the point of no return and for an undo: a person is called later, not sooner. */
  undoPatienceMs: number;
  /**
   * After a purchase that may have happened, its sync job is looked for this long before another is bought: longer than one
   * exchange with the cloud is waited for, since a call that timed out here can still take effect there.
   */
  purchaseGraceMs: number;
  /** A call whose answer was lost can take effect this long after it was made; an undo looks once more after that. */
  lateEffectMs: number;
  /** What was written to the store longer ago than this survives its crash: its append-only file is synced every second, and may be late. */
  storeForgetsMs: number;
  /** `catch-up` is over when the copy lags less than this. */
  catchUpLagBytes: number;
  /** Lag 0 must be seen this many times in a row to count. */
  drainPolls: number;
  /** A copy whose source lost its address may catch up this long before it is stopped. */
  detachedDrainMs: number;
  /** One slice of the comparison within one doorbell. */
  verifySliceMs: number;
  /** Key comparisons a second at most; undefined: as fast as the servers answer. */
  verifyKeysPerSecond: number | undefined;
  /** Wait between rounds of second looks. */
  verifyRoundMs: number;
  /** Time the comparison within the cutover may take beyond the keys that must be looked at. */
  verifyDeltaBudgetMs: number;
  /** A comparison older than this is made again before the cutover. */
  verificationMaxAgeMs: number;
  /** A request for approval expires after this long; so does the wait for a word about data that differs. */
  approvalTtlMs: number;
  /** Repairs of the target that the bot begins by itself within one upgrade. */
  maxAutomaticRepairs: number;
  /** How long the finished upgrade is watched before it is tidied up. */
  soakMs: number;
  /** Between two looks of the watch after the cutover. */
  soakPollMs: number;
  redisConnectTimeoutMs: number;
  redisCommandTimeoutMs: number;
  /** The team's webhook has this long to answer. */
  webhookTimeoutMs: number;
  cutoverBudgetMs: number;
  /** From the fence of the target to the source at the old address; then the rollback is called off. */
  rollbackBudgetMs: number;
}

/** Times that fit production; the sandbox shortens some. */
export const DEFAULT_STEP_SETTINGS: StepSettings = {
  pollFirstMs: 10,
  pollLastMs: 5_000,
  maxTaskAttempts: 3,
  taskDeadlineMs: 30 * 60_000,
  handOverDeadlineMs: 3 * 60_000,
  patienceMs: 10 * 60_000,
  undoPatienceMs: 30 * 60_000,
  purchaseGraceMs: 15_000,
  lateEffectMs: 15_000,
  storeForgetsMs: 2_000,
  catchUpLagBytes: 1024 * 1024,
  drainPolls: 3,
  detachedDrainMs: 5_000,
  verifySliceMs: 1_000,
  verifyKeysPerSecond: undefined,
  verifyRoundMs: 1_000,
  verifyDeltaBudgetMs: 30,
  verificationMaxAgeMs: 30 * 60_000,
  approvalTtlMs: 24 * 3_600_000,
  maxAutomaticRepairs: 2,
  soakMs: 10 * 60_000,
  soakPollMs: 5_000,
  redisConnectTimeoutMs: 5_000,
  redisCommandTimeoutMs: 5_000,
  webhookTimeoutMs: 10_000,
  cutoverBudgetMs: 120_000,
  rollbackBudgetMs: 600_000,
};

/** The wait before the next poll: short at first, then a quarter of the time already waited. */
export function pollDelay(settings: StepSettings, elapsedMs: number): number {
  return Math.min(settings.pollLastMs, Math.max(settings.pollFirstMs, elapsedMs / 4));
}
