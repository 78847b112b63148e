import { ApiError } from '../api/api-error.ts';

/** States of a sync job that the sandbox goes through; Tencent has a few more (paused, resumable error). */
export type JobStatus =
  | 'created'
  | 'checking'
  | 'checkPass'
  | 'checkNotPass'
  | 'readyRun'
  | 'running'
  | 'readyComplete'
  | 'completing'
  | 'success'
  | 'stopping'
  | 'canceled'
  | 'failed'
  | 'resuming';

/** Where the bill stands. */
export type TradeStatus = 'normal' | 'isolated';

/** What may be asked of a job, in the words of `Action.AllowedAction`. */
export type Operation =
  | 'view'
  | 'configure'
  | 'check'
  | 'skip'
  | 'start'
  | 'stop'
  | 'complete'
  | 'resume'
  | 'isolate'
  | 'recover'
  | 'offline';

export const allOperations: readonly Operation[] = [
  'view',
  'configure',
  'check',
  'skip',
  'start',
  'stop',
  'complete',
  'resume',
  'isolate',
  'recover',
  'offline',
];

/**
 * Tencent's table of what each state allows. Not in it, and taken as allowed here: isolating a job that never ran,
 * since a link that was bought must be possible to give back.
 */
const allowed: Readonly<Record<JobStatus, readonly Operation[]>> = {
  created: ['configure', 'check', 'isolate'],
  checking: [],
  checkPass: ['start', 'configure', 'check', 'isolate'],
  checkNotPass: ['configure', 'check', 'skip', 'isolate'],
  readyRun: ['stop'],
  running: ['stop'],
  readyComplete: ['complete', 'stop'],
  completing: [],
  success: ['isolate'],
  stopping: [],
  canceled: ['isolate'],
  failed: ['resume', 'isolate'],
  resuming: ['stop'],
};

/** What may be asked of a job now. */
export function allowedOperations(job: { status: JobStatus; tradeStatus: TradeStatus }): Operation[] {
  if (job.tradeStatus === 'isolated') return ['view', 'recover', 'offline'];
  return ['view', ...allowed[job.status]];
}

/** An ApiError when the job's state does not allow the operation. */
export function requireAllowed(
  job: { id: string; status: JobStatus; tradeStatus: TradeStatus },
  operation: Operation,
): void {
  if (allowedOperations(job).includes(operation)) return;
  const state = job.tradeStatus === 'isolated' ? 'isolated' : job.status;
  throw new ApiError(
    'FailedOperation.StatusInConflict',
    `The operation \`${operation}\` is not allowed while the job ${job.id} is ${state}.`,
  );
}

/** The integer states of DescribeInstanceDTSInfo (those of the API of 2018); 23 is its "unknown". */
export function legacyStatus(status: JobStatus): number {
  return legacyNumbers[status] ?? 23;
}

const legacyNumbers: Readonly<Partial<Record<JobStatus, number>>> = {
  created: 1,
  checking: 3,
  checkPass: 4,
  checkNotPass: 5,
  readyRun: 7,
  running: 7,
  resuming: 7,
  readyComplete: 8,
  success: 9,
  failed: 10,
  stopping: 11,
  completing: 12,
};
