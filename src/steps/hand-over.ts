import { formatAddress, type Instance, type PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { InstanceFacts, Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { pollDelay } from './settings.ts';
import { lookAt, type Settled, settle } from './settle.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/** Moves the source off the old address, which is released at once. */
export function createDetachSourceAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'detach-source-address',
    title: 'Detach the old address',
    describe: (plan) =>
      plan === undefined
        ? 'moves the source to a parking address'
        : `moves ${plan.source.id} off ${formatAddress(plan.oldAddress)} to a free address of its subnet`,
    describeUndo: 'the source takes the old address back',
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const plan = requirePlan(context.state);
      const parking = parkingAddressOf(context.state, plan);
      const move = { instance: plan.source, to: parking, from: plan.oldAddress, whenTaken: GOES_BACK };
      const moved = await moveAddress(deps, context, move);
      if (moved.kind !== 'there') return moved;
      return {
        kind: 'succeeded',
        output: { summary: `${plan.source.id} is parked at ${formatAddress(parking)}` },
      };
    },
    async undo(context) {
      const plan = requirePlan(context.state);
      const move = {
        instance: plan.source,
        to: plan.oldAddress,
        from: parkingAddressOf(context.state, plan),
        whenTaken: 'Free it in the console, then go on with /redis-upgrade resume.',
      };
      const moved = await moveAddress(deps, context, move);
      return moved.kind === 'there' ? { kind: 'undone' } : moved;
    },
  };
}

/** Gives the old address to the target. The point of no return: from here the target may accept writes. */
export function createAttachTargetAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'attach-target-address',
    title: 'Attach the old address',
    describe: (plan) =>
      plan === undefined
        ? 'the target takes the old address'
        : `${plan.target.id} takes ${formatAddress(plan.oldAddress)}: point of no return`,
    describeUndo: 'only while the target does not hold the address: the source takes it back',
    patienceMs: deps.settings.handOverDeadlineMs,
    run: (context) => attach(deps, context),
    undo: (context) => undoAttach(deps, context),
  };
}

async function attach(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const moved = await moveAddress(deps, context, {
    instance: plan.target,
    to: plan.oldAddress,
    from: undefined,
    deadlineMs: deps.settings.handOverDeadlineMs,
    whenTaken: GOES_BACK,
  });
  if (moved.kind !== 'there') return moved;
  return {
    kind: 'succeeded',
    output: { summary: `${plan.target.id} holds ${formatAddress(plan.oldAddress)}` },
  };
}

/** Nothing is taken from the target: if it holds the address after all, writes may be on it and a person has to decide. */
async function undoAttach(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const target = await deps.cloud.readInstance(plan.target);
  if (target.status === 'in-flow' && context.elapsedMs < deps.settings.handOverDeadlineMs) {
    return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
  }
  if (target.status === 'in-flow') {
    const message = `${plan.target.id} has had a task for ${Math.round(context.elapsedMs / 1000)} s: whether it takes ${formatAddress(plan.oldAddress)} is not known. Wait for it in the console, then go on with /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'target_in_flow', message } };
  }
  if (formatAddress(target.address) !== formatAddress(plan.oldAddress)) return { kind: 'undone' };
  const message = `${plan.target.id} holds ${formatAddress(plan.oldAddress)} after all and may have taken writes, so nothing is taken from it. To keep those writes, leave it there: ${plan.target.id} serves the clients, and ${plan.source.id} stays read-only. To go back without them, move ${plan.target.id} to another address in the console, then /redis-upgrade resume.`;
  return { kind: 'failed', error: { code: 'target_holds_address', message } };
}

interface AddressMove {
  instance: InstanceFacts;
  to: PrivateAddress;
  /** Where it has to be now; undefined: anywhere. */
  from: PrivateAddress | undefined;
  deadlineMs?: number;
  /** What a person is told to do when somebody else holds the address. */
  whenTaken: string;
}

const GOES_BACK = 'The source takes the old address back; start again when it is free.';

async function moveAddress(deps: StepDeps, context: StepContext, move: AddressMove): Promise<Settled> {
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
  if (move.instance.id === plan.target.id && user.resourceId === plan.source.id) {
    // The source was seen at its parking address before this step: the list of used addresses lags behind.
    throw new OperatingError(
      'ADDRESS_NOT_RELEASED',
      `${move.to.ip} is not released by ${plan.source.id} yet`,
      {
        retryable: true,
      },
    );
  }
  const message = `${move.to.ip} is held by ${user.resourceType} ${user.resourceId}. ${move.whenTaken}`;
  return { code: 'address_taken', message };
}
