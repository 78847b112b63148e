import type { Cloud, SyncJob, SyncJobRef, SyncJobStatus } from '../cloud/cloud.ts';
import { CloudError } from '../cloud/cloud-error.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { Cause } from '../upgrade/state.ts';

const BROKEN = new Set<SyncJobStatus>([
  'failed',
  'interrupted',
  'stopped',
  'stopping',
  'isolated',
  'check-failed',
]);

/**
 * Why the job can copy no more; undefined while it can. Completed counts too: whoever completes it himself looks for that first.
 * Rejects, retryably, on a status nobody knows: the patience of the step bounds how long that may last.
 */
export function brokenSyncJob(job: SyncJob): Cause | undefined {
  if (job.status === 'unknown') {
    const message = `The sync job ${job.id} is "${job.rawStatus}", which is not known here`;
    throw new OperatingError('SYNC_JOB_UNKNOWN', message, { retryable: true });
  }
  if (job.status === 'completed') {
    const message = `The sync job ${job.id} was completed by somebody else, so the target gets no more writes. Start the upgrade again.`;
    return { code: 'sync_job_completed', message };
  }
  if (job.tradeStatus === 'isolated' || job.tradeStatus === 'offline') {
    return { code: 'sync_job_isolated', message: `The sync job ${job.id} was isolated by somebody.` };
  }
  if (!BROKEN.has(job.status)) return undefined;
  const why = job.error === '' ? 'Tencent gives no reason' : job.error;
  return {
    code: 'sync_job_failed',
    message: `The sync job ${job.id} is ${job.rawStatus}: ${why}${cureOf(job.error)}`,
  };
}

/** True when the job will write to the target no more, whatever happens: Tencent starts none of these again by itself. */
export function isOver(job: SyncJob): boolean {
  return OVER.has(job.status) || job.tradeStatus === 'isolated' || job.tradeStatus === 'offline';
}

/** The job as it is now; undefined when it is gone, as an unbilled one is once it was isolated. */
export async function readJobIfThere(
  cloud: Pick<Cloud, 'readSyncJob'>,
  ref: SyncJobRef,
): Promise<SyncJob | undefined> {
  try {
    return await cloud.readSyncJob(ref, { fresh: true });
  } catch (error) {
    if (error instanceof CloudError && error.cloudCode === 'CLOUD_NOT_FOUND') return undefined;
    throw error;
  }
}

const OVER = new Set<SyncJobStatus>(['completed', 'stopped', 'failed', 'isolated']);

function cureOf(error: string): string {
  if (/CROSSSLOT/.test(error)) {
    return '. A client wrote to keys of different slots at once, which a cluster refuses: change that client (hash tags) or choose a standard target.';
  }
  if (/nodes has changed/.test(error)) return '. A node of the source failed over; start the upgrade again.';
  if (/OOM/.test(error)) return '. The target is too small: enlarge it and start again.';
  return '';
}
