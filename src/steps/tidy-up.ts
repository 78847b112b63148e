import { CloudError } from '../cloud/cloud-error.ts';
import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { isLive } from './create-sync-job.ts';
import { pollDelay } from './settings.ts';
import { parkingAddressOf, requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';

/** Isolates the sync job and says what is left. The source stays read-only: nothing here makes it writable under clients. */
export function createTidyUp(deps: StepDeps): StepDefinition {
  return {
    name: 'tidy-up',
    title: 'Tidy up',
    describe: () => 'isolates the DTS job, says what is left to destroy',
    describeUndo: 'none: after the point of no return it is only forward',
    undo: { none: 'after the point of no return it is only forward' },
    patienceMs: deps.settings.undoPatienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const ref = requireSyncJob(context.state, plan);
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  if (await isIsolated(deps, ref)) {
    if (await isolateStray(deps, context, ref)) return again;
    const summary = `${plan.source.id} is left, read-only, at ${formatAddress(parkingAddressOf(context.state, plan))}: destroy it when you are sure`;
    return { kind: 'succeeded', output: { summary } };
  }
  await context.intend('isolate-sync-job', { job: ref.id });
  await deps.cloud.isolateSyncJob(ref);
  return again;
}

/** A purchase that took effect late, after another was made, left a job nobody uses. True while there was one to isolate. */
async function isolateStray(
  deps: StepDeps,
  context: StepContext,
  own: { id: string; region: string },
): Promise<boolean> {
  const tagged = await deps.cloud.findSyncJobs(own.region, context.upgradeId);
  const stray = tagged.find((job) => job.id !== own.id && isLive(job));
  if (stray === undefined) return false;
  await context.intend('isolate-sync-job', { job: stray.id });
  await deps.cloud.isolateSyncJob(stray);
  return true;
}

/** An unbilled job is destroyed by isolating it: gone counts as isolated. */
async function isIsolated(deps: StepDeps, ref: { id: string; region: string }): Promise<boolean> {
  try {
    const job = await deps.cloud.readSyncJob(ref, { fresh: true });
    return job.tradeStatus === 'isolated' || job.tradeStatus === 'offline' || job.status === 'isolated';
  } catch (error) {
    if (error instanceof CloudError && error.cloudCode === 'CLOUD_NOT_FOUND') return true;
    throw error;
  }
}
