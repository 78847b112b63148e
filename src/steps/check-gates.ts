import { formatAddress } from '../upgrade/instance.ts';
import { type ApprovalFacts, changedFacts, digestOf, type Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { readApprovalFacts } from './approval-facts.ts';
import { noteBeforeCutover } from './before-cutover.ts';
import { probeWrites } from './fence-probe.ts';
import { describeLag, readLag } from './lag.ts';
import { readInfo } from './redis-access.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

/** The last look before writes are fenced: is everything still as it was approved? Notes what the watch will measure by. */
export function createCheckGates(deps: StepDeps): StepDefinition {
  return {
    name: 'check-gates',
    title: 'Check the gates',
    describe: () =>
      'lag, age of the verification, approved facts, both instances idle, address where the plan says',
    describeUndo: 'nothing to undo: it only reads',
    undo: { none: 'it only reads' },
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const { approval } = context.state;
  if (approval?.status !== 'given') {
    return {
      kind: 'failed',
      error: { code: 'no_approval', message: 'There is no live approval for the cutover.' },
    };
  }
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  if (formatAddress(source.address) !== formatAddress(plan.oldAddress)) {
    const message = `The source is at ${formatAddress(source.address)}, not at ${formatAddress(plan.oldAddress)}: somebody moved it.`;
    return { kind: 'failed', error: { code: 'address_moved', message } };
  }
  const facts = await readApprovalFacts(deps, context.state, plan);
  if (digestOf(facts) !== approval.digest) {
    return {
      kind: 'decided',
      event: {
        type: 'approval_voided',
        approvalId: approval.id,
        changes: changedFacts(approval.facts, facts),
      },
    };
  }
  await noteBeforeCutover(deps, context, plan);
  const wait = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  if (source.status !== 'running' || target.status !== 'running') {
    context.progress('waits until both instances have no other task');
    return wait;
  }
  const lag = await readLag(deps, context.state, plan);
  const broken = brokenSyncJob(lag.job);
  if (broken !== undefined) return { kind: 'failed', error: broken };
  if (
    lag.job.status !== 'catching-up' ||
    lag.lagBytes === undefined ||
    lag.lagBytes > deps.settings.catchUpLagBytes
  ) {
    context.progress(`waits for the copy: ${describeLag(lag)}`);
    return wait;
  }
  const ageMs = context.nowMs - (context.state.steps['verify-data'].endedAtMs ?? 0);
  if (ageMs > deps.settings.verificationMaxAgeMs)
    return { kind: 'decided', event: { type: 'verification_stale', ageMs } };
  return openGates(deps, plan, facts);
}

/** Writes must be accepted now, or the proof of the fence would prove nothing; and whom the probe must find is noted. */
async function openGates(deps: StepDeps, plan: Plan, facts: ApprovalFacts): Promise<StepResult> {
  const source = { id: plan.source.id, address: plan.oldAddress };
  const before = await deps.access.use(source, async (connection) => ({
    writes: await probeWrites(connection),
    runId: (await readInfo(connection, 'server')).get('run_id') ?? '',
  }));
  if (before.writes !== 'open') {
    const message = `The source ${plan.source.id} refuses writes before it was fenced (${before.writes}). Make it writable and start again.`;
    return { kind: 'failed', error: { code: 'source_not_writable', message } };
  }
  const targetRunId = await deps.access.use(
    facts.target,
    async (connection) => (await readInfo(connection, 'server')).get('run_id') ?? '',
  );
  return {
    kind: 'succeeded',
    output: {
      targetAddress: facts.target.address,
      targetRunId,
      sourceRunId: before.runId,
      summary: 'everything is as approved',
    },
  };
}
