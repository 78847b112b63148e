import { type Checkpoint, checkpointSchema } from '../compare/checkpoint.ts';
import { type Advance, createComparison, type Verdict } from '../compare/comparison.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { differenceWords, equalWords, progressWords } from './comparison-words.ts';
import { readLag } from './lag.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

const CHECKPOINT = 'verification';
/** Keys that moved while they were compared; `verify-delta` looks at these first. */
export const MOVING_KEYS = 'moving-keys';
/** The differences of the latest comparison, a JSON object a line, for people to read; empty when there are none. */
export const VERIFICATION_REPORT = 'verification-report';
/** Keys seen to change that are remembered for the look with writes fenced. */
const MAX_MOVING_KEYS = 50_000;

/** Compares all data of both sides, a slice per pass, resumable after a crash. */
export function createVerifyData(deps: StepDeps): StepDefinition {
  return {
    name: 'verify-data',
    title: 'Verify the data',
    describe: (plan) =>
      plan === undefined
        ? 'compares source and target key by key'
        : `compares ${plan.keys.toLocaleString('en-US')} keys, value by value, both ways`,
    describeUndo: 'nothing to undo: it only reads',
    undo: { none: 'it only reads' },
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const broken = brokenSyncJob((await readLag(deps, context.state, plan)).job);
  if (broken !== undefined) return { kind: 'failed', error: broken };
  const advance = await compareSlice(deps, context, plan);
  await context.scratch.write(CHECKPOINT, JSON.stringify(advance.checkpoint));
  if (advance.verdict === undefined) {
    context.progress(progressWords(advance), percentOf(advance));
    return { kind: 'again', afterMs: advance.waitMs ?? 0 };
  }
  // A later comparison starts afresh.
  await context.scratch.write(CHECKPOINT, '');
  return judge(context, advance.verdict, advance.checkpoint.activeMs);
}

async function compareSlice(deps: StepDeps, context: StepContext, plan: Plan): Promise<Advance> {
  const { settings, access } = deps;
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  const comparison = createComparison({
    source: access.endpoint(source.id, source.address),
    target: access.endpoint(target.id, target.address),
    options: {
      roundDelayMs: settings.verifyRoundMs,
      maxMovingKeys: MAX_MOVING_KEYS,
      commandTimeoutMs: settings.redisCommandTimeoutMs,
      connectTimeoutMs: settings.redisConnectTimeoutMs,
      ...(settings.verifyKeysPerSecond === undefined
        ? {}
        : { maxKeysPerSecond: settings.verifyKeysPerSecond }),
    },
    clock: deps.clock,
    open: access.open,
  });
  try {
    const checkpoint = await readCheckpoint(context);
    return await comparison.advance(checkpoint, { budgetMs: settings.verifySliceMs, signal: context.signal });
  } finally {
    await comparison.close();
  }
}

/** A checkpoint that cannot be read is no loss: the comparison begins again. */
async function readCheckpoint(context: StepContext): Promise<Checkpoint | undefined> {
  const stored = await context.scratch.read(CHECKPOINT);
  if (stored === undefined || stored === '') return undefined;
  try {
    return checkpointSchema.safeParse(JSON.parse(stored)).data;
  } catch {
    return undefined;
  }
}

async function judge(context: StepContext, verdict: Verdict, comparedForMs: number): Promise<StepResult> {
  if (!verdict.equal) {
    return { kind: 'failed', error: { code: 'data_differs', message: differenceWords(verdict) } };
  }
  await context.scratch.write(MOVING_KEYS, JSON.stringify(verdict.movingKeys));
  const moving = verdict.movingKeys.length + verdict.movingKeysDropped;
  return {
    kind: 'succeeded',
    output: {
      keysCompared: verdict.keysCompared,
      differences: verdict.differences,
      movingKeys: moving,
      covered: verdict.covered,
      comparedForMs,
      summary: equalWords(verdict),
    },
  };
}

function percentOf({ progress }: Advance): number {
  return Math.min(100, Math.round((100 * progress.keysCompared) / Math.max(1, progress.keysTotalEstimate)));
}
