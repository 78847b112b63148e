import type { SyncJob } from '../cloud/cloud.ts';
import { fenceOf } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { brokenSyncJob, isOver, readJobIfThere } from './sync-job-health.ts';
import { openTarget } from './target-gate.ts';

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
      const detached = fenceOf(context.state) === 'detach';
      const job = detached
        ? await readJobIfThere(deps.cloud, ref)
        : await deps.cloud.readSyncJob(ref, { fresh: true });
      if (job === undefined || job.status === 'completed' || (detached && isOver(job)))
        return openTheTarget(deps, context, job);
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

async function openTheTarget(
  deps: StepDeps,
  context: StepContext,
  job: SyncJob | undefined,
): Promise<StepResult> {
  const open = await openTarget(deps, context, job);
  if (open.kind !== 'there') return open;
  const ended = job?.status === 'completed' ? 'succeeded' : 'copies no more';
  const summary = `DTS job ${requireSyncJob(context.state, requirePlan(context.state)).id} ${ended}; the target takes writes`;
  // What a rollback counts the target's writes from.
  return { kind: 'succeeded', output: { ...open.baseline, summary } };
}
