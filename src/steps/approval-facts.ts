import type { Evidence } from '../upgrade/events.ts';
import type { PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { ApprovalFacts, Plan } from '../upgrade/plan.ts';
import { fenceOf, type UpgradeState } from '../upgrade/state.ts';
import { factsOf } from './assessment.ts';
import { readLag } from './lag.ts';
import { chooseParkingAddress } from './parking-address.ts';
import { parkingAddressOf, requireSyncJob, type StepDeps } from './step-deps.ts';

/** How far back a metric counts as current. */
const METRIC_WINDOW_MS = 5 * 60_000;

/** The facts as they stand now, read afresh: what is shown, digested and approved, and read again before the cutover. */
export async function readApprovalFacts(
  deps: StepDeps,
  state: UpgradeState,
  plan: Plan,
): Promise<ApprovalFacts> {
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  const { differences, covered } = state.steps['verify-data'].output ?? {};
  if (typeof differences !== 'number') throw new Error(`Upgrade ${state.id} has no verification yet`);
  return {
    purpose: 'cutover',
    upgradeId: state.id,
    source: await factsOf(deps.cloud, source),
    target: await factsOf(deps.cloud, target),
    switch: plan.switch,
    oldAddress: plan.oldAddress,
    parkingAddress: await freeParkingAddress(deps, state, plan),
    fence: fenceOf(state) ?? 'read-only',
    syncJobId: requireSyncJob(state, plan).id,
    differences,
    ...(covered === 'sample' ? { covered } : {}),
  };
}

/** The address chosen before while nobody took it (the target may have been given it), else another one of the subnet. */
async function freeParkingAddress(deps: StepDeps, state: UpgradeState, plan: Plan): Promise<PrivateAddress> {
  const chosen = parkingAddressOf(state, plan);
  const { region, vpcId, subnetId } = plan.source;
  const place = { region, vpcId, subnetId };
  if ((await deps.cloud.addressUser(place, chosen.ip)) === undefined) return chosen;
  const ip = await chooseParkingAddress(deps, await deps.cloud.readSubnet(place));
  if (ip !== undefined) return { ip, port: chosen.port };
  throw new OperatingError(
    'NO_PARKING_ADDRESS',
    `looking for a free address in ${subnetId} to park the source at: none found`,
    {
      retryable: true,
    },
  );
}

/** What the approver sees besides: figures that move from second to second and so are not under the digest. */
export async function readEvidence(deps: StepDeps, state: UpgradeState, plan: Plan): Promise<Evidence> {
  const verified = state.steps['verify-data'];
  const { keysCompared, differences, comparedForMs, movingKeys } = verified.output ?? {};
  const lag = await readLag(deps, state, plan);
  const metrics = await deps.cloud.readMetrics(
    plan.source,
    ['CmdWrite', 'Connections'],
    deps.clock.now() - METRIC_WINDOW_MS,
  );
  const backupId = state.steps['back-up-source'].output?.['backupId'];
  return {
    keysCompared: Number(keysCompared ?? 0),
    differences: Number(differences ?? 0),
    verifiedAtMs: verified.endedAtMs ?? 0,
    ...(typeof comparedForMs === 'number' ? { comparedForMs } : {}),
    ...(typeof movingKeys === 'number' ? { movingKeys } : {}),
    ...(lag.lagBytes === undefined ? {} : { lagBytes: lag.lagBytes }),
    ...(metrics.CmdWrite === undefined ? {} : { writesPerSecond: metrics.CmdWrite.value }),
    ...(metrics.Connections === undefined ? {} : { connections: metrics.Connections.value }),
    ...(typeof backupId === 'string' ? { backupId } : {}),
    ...(plan.warnings.length === 0 ? {} : { warnings: plan.warnings }),
  };
}
