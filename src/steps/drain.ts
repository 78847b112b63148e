import type { SyncJobStatus } from '../cloud/cloud.ts';
import { fenceOf } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { describeLag, isDrained, readLag } from './lag.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { brokenSyncJob, isOver, readJobIfThere } from './sync-job-health.ts';
import { openTarget } from './target-gate.ts';

/** Polls in a row that saw no lag. */
const SEEN = 'drained-polls';

/** Waits until the target has everything: no lag by every metric there is, on several polls in a row. */
export function createDrain(deps: StepDeps): StepDefinition {
  return {
    name: 'drain',
    title: 'Drain the copy',
    describe: () => `waits until the lag is 0 by every metric, ${deps.settings.drainPolls} times in a row`,
    describeUndo: 'nothing to undo',
    undo: { none: 'waiting changes nothing' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      if (fenceOf(context.state) === 'detach') return endCopy(deps, context);
      const lag = await readLag(deps, context.state, requirePlan(context.state));
      const broken = brokenSyncJob(lag.job);
      if (broken !== undefined) return { kind: 'failed', error: broken };
      if (!isDrained(lag)) {
        await context.scratch.write(SEEN, '0');
        context.progress(describeLag(lag));
        return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
      }
      const seen = Number((await context.scratch.read(SEEN)) ?? 0) + 1;
      await context.scratch.write(SEEN, String(seen));
      if (seen < deps.settings.drainPolls) return { kind: 'again', afterMs: 0 };
      return { kind: 'succeeded', output: { summary: `no lag, ${seen} times in a row` } };
    },
  };
}

/**
 * With the source's address gone it is not known whether its copy goes on. What it still brings is taken; then it is ended, since
 * a job that came back to life later would write old values over new ones. What is missing is copied by `verify-delta`.
 */
async function endCopy(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  const job = await readJobIfThere(deps.cloud, requireSyncJob(context.state, plan));
  if (job === undefined || isOver(job)) {
    // What the job missed is written by the bot, so the target has to take writes.
    const open = await openTarget(deps, context, job);
    if (open.kind !== 'there') return open;
    return { kind: 'succeeded', output: { summary: 'the DTS job copies no more, the target takes writes' } };
  }
  if (ENDING.has(job.status)) return again;
  const lag = await readLag(deps, context.state, plan);
  const drained = job.status === 'catching-up' && isDrained(lag);
  if (drained) {
    await context.intend('complete-sync-job', { job: job.id });
    await deps.cloud.completeSyncJob(job);
    return again;
  }
  const mayGoOn = job.status === 'catching-up' && context.elapsedMs < deps.settings.detachedDrainMs;
  if (mayGoOn) {
    context.progress(describeLag(lag));
    return again;
  }
  await context.intend('stop-sync-job', { job: job.id });
  await deps.cloud.stopSyncJob(job);
  return again;
}

const ENDING = new Set<SyncJobStatus>(['completing', 'stopping']);
