import type { StepDefinition } from '../upgrade/step-definition.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

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
      if (job.status === 'completed')
        return { kind: 'succeeded', output: { summary: `DTS job ${job.id} succeeded` } };
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
