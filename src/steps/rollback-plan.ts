import { formatAddress, type PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { Fence, Plan, RollbackFacts } from '../upgrade/plan.ts';
import { fenceOf, type UpgradeState } from '../upgrade/state.ts';
import { factsOf } from './assessment.ts';
import { chooseParkingAddress } from './parking-address.ts';
import type { StepDeps } from './step-deps.ts';

/** The facts of a rollback as they stand now, read afresh: shown, digested and approved, and read again before it begins. */
export async function readRollbackFacts(
  deps: StepDeps,
  state: UpgradeState,
  plan: Plan,
): Promise<RollbackFacts> {
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  return {
    purpose: 'rollback',
    upgradeId: state.id,
    mode: state.rollback?.mode ?? 'lossless',
    source: await factsOf(deps.cloud, source),
    target: await factsOf(deps.cloud, target),
    switch: plan.switch,
    oldAddress: plan.oldAddress,
    parkingAddress: await freeAddressForTarget(deps, state, plan),
    fence: fenceOfBoth(state),
  };
}

/** What the cloud refuses for the source it may take for the target; but it was not rehearsed there, so it is not relied on. */
export function fenceOfBoth(state: UpgradeState): Fence {
  return fenceOf(state) ?? 'read-only';
}

/** Where the target goes: as approved; before that, where it was before the cutover. */
export function targetParkingAddress(state: UpgradeState, plan: Plan): PrivateAddress {
  return (
    state.rollback?.approval?.facts.parkingAddress ??
    state.approval?.facts.target.address ??
    plan.target.address
  );
}

/** Where the target was before the cutover while nobody took it, else another address of the subnet. */
async function freeAddressForTarget(
  deps: StepDeps,
  state: UpgradeState,
  plan: Plan,
): Promise<PrivateAddress> {
  const wanted = targetParkingAddress(state, plan);
  const { region, vpcId, subnetId } = plan.source;
  const place = { region, vpcId, subnetId };
  if (formatAddress(wanted) !== formatAddress(plan.oldAddress)) {
    const user = await deps.cloud.addressUser(place, wanted.ip);
    if (user === undefined) return wanted;
  }
  const ip = await chooseParkingAddress(deps, await deps.cloud.readSubnet(place));
  if (ip !== undefined) return { ip, port: wanted.port };
  throw new OperatingError(
    'NO_PARKING_ADDRESS',
    `looking for a free address in ${subnetId} to put the target at: none found`,
    { retryable: true },
  );
}
