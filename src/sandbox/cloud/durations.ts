/** How long things take in the sandbox, in milliseconds. Read anew at each use, so they can be changed while it runs. */
export interface Durations {
  /** Every task: from accepted to running. */
  taskPreparingMs: number;
  /** The rest of a task, from its effect to its end, by kind. */
  networkTaskMs: number;
  readOnlyTaskMs: number;
  backupTaskMs: number;
  /** A sync job's pre-check. */
  dtsCheckMs: number;
  /** Each transition of a sync job: creating, readyRun, completing, stopping. Its progress is read anew this often. */
  dtsStepMs: number;
  /** How often counters are sampled. Tencent: every 5 s. */
  monitorPeriodMs: number;
  /** How long a sample stays invisible to GetMonitorData. Tencent: under 20 s. */
  monitorDelayMs: number;
}

/** Quick enough to watch, slow enough that every state in between can be seen. */
export const realisticDurations: Readonly<Durations> = {
  taskPreparingMs: 150,
  networkTaskMs: 700,
  readOnlyTaskMs: 400,
  backupTaskMs: 900,
  dtsCheckMs: 1_200,
  dtsStepMs: 300,
  monitorPeriodMs: 1_000,
  monitorDelayMs: 500,
};

/** Tasks and transitions are over before their call is answered; only real work (copying, saving) takes time. */
export const instantDurations: Readonly<Durations> = {
  taskPreparingMs: 0,
  networkTaskMs: 0,
  readOnlyTaskMs: 0,
  backupTaskMs: 0,
  dtsCheckMs: 0,
  dtsStepMs: 0,
  monitorPeriodMs: 100,
  monitorDelayMs: 0,
};

/** Resolves after `ms`, at once when it is 0; a pending one never keeps the process alive. */
export async function elapse(ms: number): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
