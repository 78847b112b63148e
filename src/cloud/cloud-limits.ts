/** Everything this room waits for, repeats or pages through, bounded. Milliseconds unless the name says otherwise. */
export interface CloudLimits {
  /** One HTTP exchange: after this long the answer is not waited for any more. */
  attemptTimeoutMs: number;
  /** A read with all its repeats. */
  readDeadlineMs: number;
  /** A mutation: its wait for a free slot, repeats after RequestLimitExceeded, and the one attempt that counts. */
  mutationDeadlineMs: number;
  /** Tencent documents 20 requests a second for each action; the rest is left to other users of the account. */
  requestsPerSecond: number;
  /** Pause after the first failed attempt; doubles with each further one. */
  backoffFirstMs: number;
  backoffMaxMs: number;
  /** Connections to one host. */
  maxSockets: number;
  /** A connection unused for this long is closed by us, before the server does and a call runs into it. */
  idleSocketMs: number;
  /** A page of sync jobs is shared by everyone who asks within this time. */
  syncJobPageMs: number;
  /** Pages of shared sync jobs that are searched before a job is asked for by its id. */
  syncJobSharedPages: number;
  /** Pages of any list. A list that is longer is an error, never a silently shorter answer. */
  listPages: number;
  /** Items on a page; Tencent's maximum is 100 for jobs and backups, 1000 for instances. */
  pageSize: number;
}

export const DEFAULT_CLOUD_LIMITS: CloudLimits = {
  attemptTimeoutMs: 10_000,
  readDeadlineMs: 30_000,
  mutationDeadlineMs: 30_000,
  requestsPerSecond: 18,
  backoffFirstMs: 200,
  backoffMaxMs: 5_000,
  maxSockets: 64,
  idleSocketMs: 4_000,
  syncJobPageMs: 1_000,
  syncJobSharedPages: 3,
  listPages: 50,
  pageSize: 100,
};

/** The clock this room lives by. `sleep` rejects when its signal is aborted. */
export interface CloudClock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
