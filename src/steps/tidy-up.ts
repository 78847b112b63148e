import { z } from 'zod';
import { CloudError } from '../cloud/cloud-error.ts';
import { formatAddress } from '../upgrade/instance.ts';
import type { Plan } from '../upgrade/plan.ts';
import { fenceOf, type UpgradeState } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { isLive } from './create-sync-job.ts';
import { pollDelay } from './settings.ts';
import { parkingAddressOf, requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';

/** Ends the way back: isolates the sync job and says what is left. The source stays read-only: nothing here makes it writable under clients. */
export function createTidyUp(deps: StepDeps): StepDefinition {
  return {
    name: 'tidy-up',
    title: 'Tidy up',
    describe: () => 'ends the way back: isolates the DTS job, says what is left to destroy',
    describeUndo: 'none: it ends the way back',
    undo: { none: 'it ends the way back' },
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
    return { kind: 'succeeded', output: { left: plan.source.id, summary: whatIsLeft(context.state, plan) } };
  }
  await context.intend('isolate-sync-job', { job: ref.id });
  await deps.cloud.isolateSyncJob(ref);
  return again;
}

/** What still costs, and whether somebody was left behind. */
function whatIsLeft(state: UpgradeState, plan: Plan): string {
  const address = state.switch === 'code' ? plan.oldAddress : parkingAddressOf(state, plan);
  const { left, missing } = leftBehind(state);
  const connected =
    left === 0 ? '' : ` ${left} of its clients ${left === 1 ? 'is' : 'are'} still connected to it.`;
  const behind =
    missing.length === 0
      ? ''
      : ` Not everything came back: ${missing.length === 1 ? '1 client address was' : `${missing.length} client addresses were`} not seen again, see the end of the watch.`;
  return `The way back has ended, and the DTS job is isolated. ${plan.source.id} is left at ${formatAddress(address)}${fenceOf(state) === 'detach' ? '' : ', read-only'}, and costs until it is destroyed: do that in the console when you are sure.${connected}${behind}`;
}

const watchedSchema = z.object({
  sourceConnections: z.number().catch(0),
  clientsNotBack: z.array(z.string()).catch([]),
});

/** By the end of the watch; what it could not tell is not repeated here. */
function leftBehind(state: UpgradeState): { left: number; missing: string[] } {
  const watched = watchedSchema.parse(state.steps.soak.output ?? {});
  return { left: watched.sourceConnections, missing: watched.clientsNotBack };
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
