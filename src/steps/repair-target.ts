import type { RepairOutcome } from '../compare/repair.ts';
import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { describeLag, readLag } from './lag.ts';
import { describeRepair, describeUnequal, percentOfRepair, repairSlice } from './repair-slice.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';
import { openSyncTarget, shutSyncTarget } from './sync-target-gate.ts';
import { VerificationReport } from './verification-report.ts';
import { REPAIRED_KEYS, VERIFICATION_REPORT } from './verify-data.ts';

/** More are not looked at again behind the fence: it would keep clients from writing for too long. */
const MAX_REPAIRED_KEYS = 10_000;
/** What the copying came to; from there on the target only has to be shut. */
const REPAIRED = 'repaired';

/** Copies what differs from the source to the target again, while the sync job goes on; then everything is compared afresh. */
export function createRepairTarget(deps: StepDeps): StepDefinition {
  return {
    name: 'repair-target',
    title: 'Repair the target',
    describe: (plan) =>
      plan === undefined
        ? 'copies what differs from the source to the target again'
        : `copies what differs from ${plan.source.id} to ${plan.target.id} again`,
    describeUndo: 'shuts the target to all writes but those of the DTS job again; what was copied stays',
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
    undo: (context) => undo(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const lag = await readLag(deps, context.state, requirePlan(context.state));
  const broken = brokenSyncJob(lag.job);
  if (broken !== undefined) return { kind: 'failed', error: broken };
  const { catchUpLagBytes } = deps.settings;
  if (lag.job.status !== 'catching-up' || lag.lagBytes === undefined || lag.lagBytes > catchUpLagBytes) {
    // Whatever is still on its way looks different.
    context.progress(`waits for the copy: ${describeLag(lag)}`);
    return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
  }
  const repaired = context.step.note[REPAIRED];
  if (typeof repaired !== 'object' || repaired === null) return copy(deps, context);
  const shut = await shutSyncTarget(deps, context);
  return shut.kind === 'there' ? { kind: 'succeeded', output: { ...repaired } } : shut;
}

/**
 * While the copy is live a repaired key can race with it: the source's value may be copied ahead of the very command that made
 * it, which then is applied on top. Three things keep that from going unnoticed. A key is copied only after the same difference was seen
 * twice, a round apart, so one that is just on its way is left alone; it is looked at again a round later, and copied again if it
 * differs; and whatever was repaired is compared once more behind the fence, when the copy is drained (`verify-delta`).
 */
async function copy(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  // A store that lost its last second may ask again for what was done long ago: nothing may go over what clients wrote since.
  if (formatAddress(target.address) === formatAddress(plan.oldAddress)) {
    const message = `${target.id} is at ${formatAddress(plan.oldAddress)}, where clients write to it: nothing is copied over that.`;
    return { kind: 'failed', error: { code: 'target_serves', message } };
  }
  const open = await openSyncTarget(deps, context);
  if (open.kind !== 'there') return open;
  const advance = await repairSlice(deps, context, {
    source,
    target,
    from: 'source',
    fenced: false,
    copyIsLive: true,
  });
  const { outcome } = advance;
  if (outcome === undefined) {
    context.progress(describeRepair(advance), percentOfRepair(advance));
    return { kind: 'again', afterMs: advance.waitMs ?? 0 };
  }
  const cured = outcome.complete && outcome.stillDifferent === 0 && outcome.unrepairableCount === 0;
  if (!cured) {
    const message = `${target.id} could not be made equal to ${source.id}: ${describeUnequal(outcome)}`;
    return { kind: 'failed', error: { code: 'data_differs', message } };
  }
  await rememberRepaired(context, outcome);
  const { keysCompared, keysRepaired, keysDeleted } = outcome;
  const summary = `${keysCompared} keys compared, ${keysRepaired} copied again, ${keysDeleted} deleted`;
  await context.note({ [REPAIRED]: { keysCompared, keysRepaired, keysDeleted, summary } });
  return { kind: 'again', afterMs: 0 };
}

/** Names of the keys that may have raced with the copy. */
async function rememberRepaired(context: StepContext, { examples }: RepairOutcome): Promise<void> {
  const report = VerificationReport.parse(await context.scratch.read(VERIFICATION_REPORT));
  const keys = new Set([...examples.map(({ db, keyBase64 }) => `${db}:${keyBase64}`), ...report.keys()]);
  await context.scratch.write(REPAIRED_KEYS, JSON.stringify([...keys].slice(0, MAX_REPAIRED_KEYS)));
}

async function undo(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const shut = await shutSyncTarget(deps, context);
  return shut.kind === 'there' ? { kind: 'undone' } : shut;
}
