import { CloudError } from '../cloud/cloud-error.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

const START = 'start-sync-job';

/** Starts the sync job and waits until the full copy is done. */
export function createCopySnapshot(deps: StepDeps): StepDefinition {
  return {
    name: 'copy-snapshot',
    title: 'Copy the snapshot',
    describe: (plan) =>
      plan === undefined ? 'full copy' : `full copy of ${plan.keys} keys, ${plan.usedMemoryMb} MB`,
    describeUndo: 'stops the job (with the step that created it)',
    undo: { none: 'the step that created the job stops it' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const plan = requirePlan(context.state);
      const ref = requireSyncJob(context.state, plan);
      const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
      const job = await deps.cloud.readSyncJob(ref);
      const broken = brokenSyncJob(job);
      if (broken !== undefined) return { kind: 'failed', error: broken };
      if (job.status === 'catching-up') {
        const seconds = Math.max(1, Math.round(context.elapsedMs / 1000));
        return { kind: 'succeeded', output: { summary: `${plan.keys} keys in ${seconds} s` } };
      }
      if (job.status === 'check-passed') {
        await context.intend(START, { job: ref.id });
        // Started by a pass before this one, on a page that is a moment old: not an error.
        await deps.cloud.startSyncJob(ref).catch((error: unknown) => {
          if (!(error instanceof CloudError) || error.cloudCode !== 'CLOUD_WRONG_STATE') throw error;
        });
        return again;
      }
      context.progress(describeProgress(job.percent, plan, context.elapsedMs), job.percent);
      return again;
    },
  };
}

/** `41 % of 1000000 keys, about 5800 keys/s, 10 s left`. */
function describeProgress(percent: number | undefined, plan: { keys: number }, elapsedMs: number): string {
  if (percent === undefined || percent <= 0) return 'the copy is starting';
  const keysPerSecond = Math.round((plan.keys * percent) / 100 / (elapsedMs / 1000));
  const secondsLeft = Math.round(((100 - percent) / percent) * (elapsedMs / 1000));
  return `${Math.round(percent)} % of ${plan.keys} keys, about ${keysPerSecond} keys/s, ${secondsLeft} s left`;
}
