import type { SyncJob } from '../cloud/cloud.ts';
import { CloudError } from '../cloud/cloud-error.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, UndoResult } from '../upgrade/step-definition.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

const BUY = 'buy-sync-job';

/** Buys and configures the sync job. No call takes a client token, so its own job is looked for by tag before every purchase. */
export function createCreateSyncJob(deps: StepDeps): StepDefinition {
  return {
    name: 'create-sync-job',
    title: 'Create the sync job',
    describe: (plan) =>
      plan === undefined
        ? 'buys and configures a DTS job'
        : `a DTS job from ${plan.source.id} to ${plan.target.id}`,
    describeUndo: 'stops and isolates the DTS job',
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
    undo: (context) => takeDownSyncJob(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext) {
  const plan = requirePlan(context.state);
  const jobs = (await findOurs(deps, context, plan)).filter(isLive);
  const [job, ...more] = jobs;
  if (more.length > 0) {
    const ids = jobs.map((each) => each.id).join(', ');
    const message = `There are ${jobs.length} sync jobs tagged with this upgrade (${ids}) where one was to be. Going back isolates them; then start again.`;
    return { kind: 'failed' as const, error: { code: 'two_sync_jobs', message } };
  }
  if (job === undefined) return buy(deps, context, plan);
  if (job.sourceId === plan.source.id && job.targetId === plan.target.id && job.status !== 'unknown') {
    return { kind: 'succeeded' as const, output: { syncJobId: job.id, summary: `DTS job ${job.id}` } };
  }
  await context.intend('configure-sync-job', { job: job.id, source: plan.source.id, target: plan.target.id });
  await deps.cloud.configureSyncJob(job, setupOf(deps, plan));
  return { kind: 'again' as const, afterMs: deps.settings.pollFirstMs };
}

/**
 * Our jobs of every state. The list by tag may lag behind a purchase: a job whose id was noted is read by its id. Rejects with
 * CLOUD_NOT_FOUND rather than call it unbought.
 */
async function findOurs(deps: StepDeps, context: StepContext, plan: Plan): Promise<SyncJob[]> {
  const { region } = plan.target;
  const tagged = await deps.cloud.findSyncJobs(region, context.upgradeId);
  const id = context.step.note['syncJobId'];
  if (typeof id !== 'string' || tagged.some((job) => job.id === id)) return tagged;
  return [...tagged, await deps.cloud.readSyncJob({ region, id }, { fresh: true })];
}

/** Neither isolated nor on its way there: it can copy, and it may cost. */
export function isLive(job: SyncJob): boolean {
  return (job.tradeStatus === 'normal' || job.tradeStatus === 'other') && job.status !== 'isolated';
}

async function buy(deps: StepDeps, context: StepContext, plan: Plan) {
  const { settings } = deps;
  const bought = context.step.intents.findLast((intent) => intent.action === BUY);
  // A purchase that may have happened shows up in the list a little later: never buy twice in a hurry.
  if (bought !== undefined && context.nowMs - bought.atMs < settings.purchaseGraceMs) {
    return { kind: 'again' as const, afterMs: pollDelay(settings, context.nowMs - bought.atMs) };
  }
  const order = {
    upgradeId: context.upgradeId,
    sourceRegion: plan.source.region,
    targetRegion: plan.target.region,
    name: `redis-upgrade ${context.upgradeId}`,
  };
  await context.intend(BUY, order);
  const syncJobId = await deps.cloud.createSyncJob(plan.target.region, order);
  await context.note({ syncJobId });
  return { kind: 'again' as const, afterMs: settings.pollFirstMs };
}

function setupOf(deps: StepDeps, plan: Plan) {
  const side = ({ id, region, edition }: Plan['source']) => {
    const credential = deps.access.credential(id);
    return { id, region, edition, password: credential?.password, username: credential?.username };
  };
  const clearsTarget = plan.replacesCopyOf !== undefined;
  return { clearsTarget, source: side(plan.source), target: side(plan.target) };
}

const STOPPABLE = new Set<SyncJob['status']>([
  'starting',
  'copying',
  'catching-up',
  'paused',
  'interrupted',
  'unknown',
]);
const ON_THE_WAY = new Set<SyncJob['status']>(['stopping', 'completing', 'checking']);

/** Stops what runs, then isolates. A job that is gone or isolated is undone. */
export async function takeDownSyncJob(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const jobs = await findOurs(deps, context, plan).catch((error: unknown) => {
    if (error instanceof CloudError && error.cloudCode === 'CLOUD_NOT_FOUND') return [];
    throw error;
  });
  const job = jobs.find(isLive);
  if (job === undefined) {
    const bought = context.step.intents.findLast((intent) => intent.action === BUY);
    // Even with one of ours seen: a store that lost its last second may have forgotten an earlier purchase, listed as late as this.
    const late = bought !== undefined && context.nowMs - bought.atMs < deps.settings.purchaseGraceMs;
    return late ? { kind: 'again', afterMs: deps.settings.pollLastMs / 10 } : { kind: 'undone' };
  }
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  if (ON_THE_WAY.has(job.status)) return again;
  if (STOPPABLE.has(job.status)) {
    await context.intend('stop-sync-job', { job: job.id });
    await deps.cloud.stopSyncJob(job);
    return again;
  }
  await context.intend('isolate-sync-job', { job: job.id });
  await deps.cloud.isolateSyncJob(job);
  return again;
}
