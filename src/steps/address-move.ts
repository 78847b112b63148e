import { formatAddress, type Instance, type PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { InstanceFacts, Plan } from '../upgrade/plan.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import { lookAt, type Settled, settle } from './settle.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** An instance that is to have another address. */
export interface AddressMove {
  instance: InstanceFacts;
  to: PrivateAddress;
  /** Where it has to be now; undefined: anywhere. */
  from: PrivateAddress | undefined;
  deadlineMs?: number;
  /** Who has just given the address up: the list of used addresses may still name it. */
  releasedBy?: string;
  /** What a person is told to do when somebody else holds the address. */
  whenTaken: string;
}

/** Moves an instance to an address, unless it is there, is not where it should be, or somebody else holds the address. */
export async function moveAddress(deps: StepDeps, context: StepContext, move: AddressMove): Promise<Settled> {
  const now = await deps.cloud.readInstance(move.instance);
  const there = formatAddress(now.address) === formatAddress(move.to);
  if (!there && now.status === 'running') {
    const obstacle = await findObstacle(deps, requirePlan(context.state), { ...move, now });
    if (obstacle !== undefined) return { kind: 'failed', error: obstacle };
  }
  return settle(context, deps, {
    action: `move-${move.instance.id}-to-${formatAddress(move.to)}`,
    what: `Moving ${move.instance.id} to ${formatAddress(move.to)}`,
    detail: { instance: move.instance.id, from: formatAddress(now.address), to: formatAddress(move.to) },
    ...(move.deadlineMs === undefined ? {} : { deadlineMs: move.deadlineMs }),
    look: async () => lookAt(now, there),
    act: () => deps.cloud.changeAddress(move.instance, move.to),
  });
}

/** What speaks against the move: the instance is not where it should be, or somebody else holds the address. */
async function findObstacle(deps: StepDeps, plan: Plan, move: AddressMove & { now: Instance }) {
  if (move.from !== undefined && formatAddress(move.now.address) !== formatAddress(move.from)) {
    const message = `${move.instance.id} is at ${formatAddress(move.now.address)}, neither at ${formatAddress(move.from)} nor at ${formatAddress(move.to)}: somebody moved it.`;
    return { code: 'address_moved', message };
  }
  const { region, vpcId, subnetId } = plan.source;
  const user = await deps.cloud.addressUser({ region, vpcId, subnetId }, move.to.ip);
  if (user === undefined || user.resourceId === move.instance.id) return undefined;
  if (user.resourceId === move.releasedBy) {
    // It was seen at another address before this move: the list lags behind.
    throw new OperatingError(
      'ADDRESS_NOT_RELEASED',
      `${move.to.ip} is not released by ${user.resourceId} yet`,
      {
        retryable: true,
      },
    );
  }
  const message = `${move.to.ip} is held by ${user.resourceType} ${user.resourceId}. ${move.whenTaken}`;
  return { code: 'address_taken', message };
}
