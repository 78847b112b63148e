import { z } from 'zod';
import { type Advance, createComparison, type Verdict } from '../compare/comparison.ts';
import { type Checkpoint, checkpointSchema } from '../compare/sweep/checkpoint.ts';
import { describeFinding, type Finding } from '../upgrade/finding.ts';
import type { Instance } from '../upgrade/instance.ts';
import type { Differences } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { equalWords, progressWords } from './comparison-words.ts';
import { readLag } from './lag.ts';
import { isRenewalGap } from './renewal-gap.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';
import { VerificationReport } from './verification-report.ts';

const CHECKPOINT = 'verification';
/** Keys that moved while they were compared; `verify-delta` looks at these first. */
export const MOVING_KEYS = 'moving-keys';
/** Keys that a repair wrote to the target beside the sync job: behind the fence they are looked at with the moving ones. */
export const REPAIRED_KEYS = 'repaired-keys';
/** Every difference that the latest comparison proved, as JSON lines (`db`, `key`, `keyBase64`, `type`, `kind`, `where`); empty when none. */
export const VERIFICATION_REPORT = 'verification-report';
const SHOWN_EXAMPLES = 5;
/** Keys seen to change that are remembered for the look with writes fenced. */
const MAX_MOVING_KEYS = 50_000;
/** Keys found to differ before the comparison ends early. */
const MAX_DIFFERENCES = 10_000;
/** While people are waited for it is looked at this often, to notice the expiry; a word of theirs rings at once. */
const LOOK_MS = 60_000;

/** Compares all data of both sides, a slice per pass, resumable after a crash. What differs waits for a word of people. */
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
  const { differences } = context.state;
  if (differences !== undefined) return waitForPeople(context, differences);
  const plan = requirePlan(context.state);
  const broken = brokenSyncJob((await readLag(deps, context.state, plan)).job);
  if (broken !== undefined) return { kind: 'failed', error: broken };
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  const { advance, report } = await compareSlice(deps, context, { source, target });
  if (advance.verdict === undefined) {
    context.progress(progressWords(advance), percentOf(advance));
    return { kind: 'again', afterMs: advance.waitMs ?? 0 };
  }
  const { verdict, checkpoint } = advance;
  return judge(deps, context, { verdict, report, source, comparedForMs: checkpoint.activeMs });
}

async function compareSlice(
  deps: StepDeps,
  context: StepContext,
  sides: { source: Instance; target: Instance },
): Promise<{ advance: Advance; report: VerificationReport }> {
  const { settings, access } = deps;
  const checkpoint = await readCheckpoint(context);
  const stored = await context.scratch.read(VERIFICATION_REPORT);
  // A comparison that begins knows of no difference yet.
  const report = VerificationReport.parse(checkpoint === undefined ? undefined : stored);
  const comparison = createComparison({
    source: access.endpoint(sides.source.id, sides.source.address),
    target: access.endpoint(sides.target.id, sides.target.address),
    options: {
      roundDelayMs: settings.verifyRoundMs,
      maxMovingKeys: MAX_MOVING_KEYS,
      maxDifferences: MAX_DIFFERENCES,
      commandTimeoutMs: settings.redisCommandTimeoutMs,
      connectTimeoutMs: settings.redisConnectTimeoutMs,
      ...(settings.verifyKeysPerSecond === undefined
        ? {}
        : { maxKeysPerSecond: settings.verifyKeysPerSecond }),
    },
    clock: deps.clock,
    open: access.open,
    onDifference: (difference) => report.add(difference),
  });
  try {
    const slice = { budgetMs: settings.verifySliceMs, signal: context.signal };
    const advance = await comparison.advance(checkpoint, slice);
    // The report first: told twice after a crash is told once, and not at all would be lost.
    if (report.isChanged || (checkpoint === undefined && stored !== undefined && stored !== ''))
      await context.scratch.write(VERIFICATION_REPORT, report.toString());
    const { startedAtMs } = context.step;
    await context.scratch.write(CHECKPOINT, JSON.stringify({ startedAtMs, checkpoint: advance.checkpoint }));
    return { advance, report };
  } finally {
    await comparison.close();
  }
}

const storedSchema = z.object({ startedAtMs: z.number(), checkpoint: checkpointSchema });

/**
 * A checkpoint that cannot be read is no loss: the comparison begins again. So it does with one of an earlier start of the step: what
 * was seen then counts no more once something was repaired.
 */
async function readCheckpoint(context: StepContext): Promise<Checkpoint | undefined> {
  const stored = await context.scratch.read(CHECKPOINT);
  if (stored === undefined || stored === '') return undefined;
  try {
    const read = storedSchema.safeParse(JSON.parse(stored)).data;
    return read?.startedAtMs === context.step.startedAtMs ? read?.checkpoint : undefined;
  } catch {
    return undefined;
  }
}

interface Compared {
  verdict: Verdict;
  report: VerificationReport;
  source: Instance;
  comparedForMs: number;
}

async function judge(deps: StepDeps, context: StepContext, compared: Compared): Promise<StepResult> {
  const { verdict, comparedForMs } = compared;
  if (!verdict.equal) return differs(deps, context, compared);
  const repaired = await readKeys(context, REPAIRED_KEYS);
  const looked = [...new Set([...repaired, ...verdict.movingKeys])];
  await context.scratch.write(MOVING_KEYS, JSON.stringify(looked));
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

/** Keys that the copy should have brought are copied by the bot itself, a few times; about anything else people decide. */
async function differs(
  deps: StepDeps,
  context: StepContext,
  { verdict, report, source }: Compared,
): Promise<StepResult> {
  const { maxAutomaticRepairs, approvalTtlMs } = deps.settings;
  const finding = findingOf(verdict);
  const mayRepair = context.state.automaticRepairs < maxAutomaticRepairs;
  if (mayRepair && (await isRenewalGap(deps, source, { verdict, report })))
    return { kind: 'decided', event: { type: 'repair_requested', automatic: true, finding } };
  const expiresAtMs = context.nowMs + approvalTtlMs;
  return { kind: 'decided', event: { type: 'differences_found', finding, expiresAtMs } };
}

function waitForPeople(context: StepContext, { finding, expiresAtMs }: Differences): StepResult {
  const leftMs = expiresAtMs - context.nowMs;
  if (leftMs > 0) return { kind: 'again', afterMs: Math.min(LOOK_MS, leftMs) };
  const message = `${describeFinding(finding)} Nobody said in time what is to be done about it.`;
  return { kind: 'failed', error: { code: 'data_differs', message } };
}

async function readKeys(context: StepContext, name: string): Promise<string[]> {
  const stored = await context.scratch.read(name);
  return stored === undefined || stored === '' ? [] : keysSchema.parse(JSON.parse(stored));
}

const keysSchema = z.array(z.string());

function findingOf(verdict: Verdict): Finding {
  const { keysCompared, differences, complete } = verdict;
  const byKind = Object.fromEntries(Object.entries(verdict.byKind).filter(([, count]) => count > 0));
  const examples = verdict.examples
    .slice(0, SHOWN_EXAMPLES)
    .map(({ key, db, type, kind }) => ({ key, db, type, kind }));
  return { keysCompared, differences, complete, byKind, examples };
}

function percentOf({ progress }: Advance): number {
  return Math.min(100, Math.round((100 * progress.keysCompared) / Math.max(1, progress.keysTotalEstimate)));
}
