import type { RepairEvidence } from '../upgrade/events.ts';
import { changedFacts, digestOf, type Plan, type RepairFacts } from '../upgrade/plan.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { factsOf } from './assessment.ts';
import { readLag } from './lag.ts';
import { keysByDatabase, readInfo } from './redis-access.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

/** While it waits it is looked at this often, to notice the expiry; a click rings at once. */
const LOOK_MS = 60_000;

/** Says which instance is changed and what differs, and waits for the button. */
export function createAwaitRepairApproval(deps: StepDeps): StepDefinition {
  return {
    name: 'await-repair-approval',
    title: 'Wait for approval of the repair',
    describe: () => 'says what differs and which instance is changed, and waits for an approver',
    describeUndo: 'nothing to undo',
    undo: { none: 'asking changes nothing' },
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const approval = context.state.repair?.approval;
  if (approval?.status === 'waiting') {
    const leftMs = Math.max(0, approval.expiresAtMs - context.nowMs);
    return { kind: 'again', afterMs: Math.min(LOOK_MS, leftMs) };
  }
  const plan = requirePlan(context.state);
  const facts = await readRepairFacts(deps, context.state, plan);
  if (approval?.status === 'given') {
    if (digestOf(facts) === approval.digest)
      return { kind: 'succeeded', output: { approvalId: approval.id, summary: 'approved' } };
    const changes = changedFacts(approval.facts, facts);
    return { kind: 'decided', event: { type: 'approval_voided', approvalId: approval.id, changes } };
  }
  const lag = await readLag(deps, context.state, plan);
  const broken = brokenSyncJob(lag.job);
  if (broken !== undefined) return { kind: 'failed', error: broken };
  return {
    kind: 'decided',
    event: {
      type: 'repair_approval_requested',
      approvalId: deps.newApprovalId(),
      digest: digestOf(facts),
      facts,
      evidence: await readEvidence(deps, context, { plan, lagBytes: lag.lagBytes }),
      expiresAtMs: context.nowMs + deps.settings.approvalTtlMs,
    },
  };
}

/** The facts as they stand now, read afresh: shown, digested and approved, and read again before the repair begins. */
async function readRepairFacts(deps: StepDeps, state: UpgradeState, plan: Plan): Promise<RepairFacts> {
  const { repair } = state;
  if (repair === undefined) throw new Error(`Upgrade ${state.id} has no repair`);
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  return {
    purpose: 'repair',
    upgradeId: state.id,
    source: await factsOf(deps.cloud, source),
    target: await factsOf(deps.cloud, target),
    syncJobId: requireSyncJob(state, plan).id,
    finding: repair.finding,
  };
}

async function readEvidence(
  deps: StepDeps,
  { state }: StepContext,
  seen: { plan: Plan; lagBytes: number | undefined },
): Promise<RepairEvidence> {
  const target = await deps.cloud.readInstance(seen.plan.target);
  const keys = await deps.access.use(target, async (connection) => {
    const counts = keysByDatabase(await readInfo(connection, 'keyspace'));
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  });
  return {
    verifiedAtMs: state.differences?.foundAtMs ?? state.steps['verify-data'].endedAtMs ?? state.changedAtMs,
    keys,
    ...(seen.lagBytes === undefined ? {} : { lagBytes: seen.lagBytes }),
    warnings: state.repair?.finding.complete === false ? [INCOMPLETE] : [],
  };
}

const INCOMPLETE =
  'The comparison ended early, since too many keys differ: how many there are in all is not known. Consider to abort and to start the upgrade anew.';
