import type { SyncJob } from '../cloud/cloud.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import { fenceOf } from '../upgrade/state.ts';
import type { StepContext, StepDefinition } from '../upgrade/step-definition.ts';
import { readBaseline, type WriteBaseline } from './lost-writes.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { brokenSyncJob, isOver } from './sync-job-health.ts';

/** Completes the sync job and waits for its success. */
export function createCompleteSync(deps: StepDeps): StepDefinition {
  return {
    name: 'complete-sync',
    title: 'Complete the sync',
    describe: () => 'completes the DTS job and waits for its success',
    describeUndo: 'keeps the source: it has every write, it was read-only',
    undo: { none: 'the source has every write, it was read-only all the time' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const ref = requireSyncJob(context.state, requirePlan(context.state));
      const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
      const job = await deps.cloud.readSyncJob(ref, { fresh: true });
      if (job.status === 'completed' || (fenceOf(context.state) === 'detach' && isOver(job)))
        return { kind: 'succeeded', output: { ...(await baseline(deps, context)), summary: ended(job) } };
      if (job.status === 'completing') return again;
      const broken = brokenSyncJob(job);
      if (broken !== undefined) return { kind: 'failed', error: broken };
      if (job.status !== 'catching-up') {
        context.progress(`the DTS job is ${job.rawStatus}`);
        return again;
      }
      await context.intend('complete-sync-job', { job: ref.id });
      await deps.cloud.completeSyncJob(ref);
      return { kind: 'again', afterMs: 0 };
    },
  };
}

function ended(job: SyncJob): string {
  return job.status === 'completed' ? `DTS job ${job.id} succeeded` : `DTS job ${job.id} copies no more`;
}

/** What a rollback counts from. Not knowing it is no reason to hold up the cutover. */
async function baseline(deps: StepDeps, context: StepContext): Promise<Partial<WriteBaseline>> {
  try {
    const target = await deps.cloud.readInstance(requirePlan(context.state).target);
    return await deps.access.use(target, readBaseline);
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return {};
  }
}
