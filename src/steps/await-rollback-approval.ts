import type { RollbackEvidence } from '../upgrade/events.ts';
import { changedFacts, digestOf, type Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { pointOfNoReturn } from '../upgrade/steps.ts';
import { giveTargetBack } from './give-target-back.ts';
import { countClientWrites } from './lost-writes.ts';
import { closeSource } from './open-source.ts';
import { infoNumber, keysByDatabase, readInfo } from './redis-access.ts';
import { readRollbackFacts } from './rollback-plan.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** While it waits it is looked at this often, to notice the expiry; a click rings at once. */
const LOOK_MS = 60_000;
/** Keys a second that are compared at least while writes are refused; the promise of the gap is made from it. */
const COMPARED_PER_SECOND = 40_000;

/** Says what the rollback costs and waits for the button. */
export function createAwaitRollbackApproval(deps: StepDeps): StepDefinition {
  return {
    name: 'await-rollback-approval',
    title: 'Wait for approval of the rollback',
    describe: () => 'says what the rollback costs and waits for an approver',
    describeUndo: 'a last look: the target serves, the source takes no writes',
    undo: (context) => undo(deps, context),
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const approval = context.state.rollback?.approval;
  if (approval?.status === 'waiting') {
    const leftMs = Math.max(0, approval.expiresAtMs - context.nowMs);
    return { kind: 'again', afterMs: Math.min(LOOK_MS, leftMs) };
  }
  const plan = requirePlan(context.state);
  const facts = await readRollbackFacts(deps, context.state, plan);
  if (approval?.status === 'given') {
    if (digestOf(facts) === approval.digest)
      return { kind: 'succeeded', output: { approvalId: approval.id, summary: 'approved' } };
    const changes = changedFacts(approval.facts, facts);
    return { kind: 'decided', event: { type: 'approval_voided', approvalId: approval.id, changes } };
  }
  return {
    kind: 'decided',
    event: {
      type: 'rollback_approval_requested',
      approvalId: deps.newApprovalId(),
      digest: digestOf(facts),
      facts,
      evidence: await readEvidence(deps, context, plan),
      expiresAtMs: context.nowMs + deps.settings.approvalTtlMs,
    },
  };
}

/** What came after it may have been done although the journal does not know: a store can lose its last second. */
async function undo(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  if (context.state.rollback?.approval === undefined) return { kind: 'undone' };
  const served = await giveTargetBack(deps, context);
  return served.kind === 'undone' ? closeSource(deps, context) : served;
}

/** The price, as it stands when the request is posted. */
async function readEvidence(deps: StepDeps, context: StepContext, plan: Plan): Promise<RollbackEvidence> {
  const { state } = context;
  const target = await deps.cloud.readInstance(plan.target);
  const seen = await deps.access.use(target, async (connection) => {
    const info = await readInfo(connection);
    const keys = [...keysByDatabase(info).values()].reduce((sum, count) => sum + count, 0);
    return {
      keys,
      connections: infoNumber(info, 'connected_clients'),
      writes: await countClientWrites(connection, state),
    };
  });
  const lossless = state.rollback?.mode === 'lossless';
  return {
    ...(seen.writes === undefined ? {} : { writesSinceCutover: seen.writes.count }),
    keys: seen.keys,
    ...(lossless ? { expectedGapMs: Math.ceil((seen.keys / COMPARED_PER_SECOND) * 1000) } : {}),
    cutoverAtMs: state.steps[pointOfNoReturn(state.switch)].endedAtMs ?? state.changedAtMs,
    warnings: lossless || seen.writes !== undefined ? [] : [UNCOUNTED],
  };
}

const UNCOUNTED =
  'How many writes would be lost cannot be told: the target was restarted or its statistics were reset since the cutover.';
