import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { targetParkingAddress } from './rollback-plan.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';
import { takeAddressBack } from './take-address-back.ts';

/** Moves the target off the old address, which is released at once. */
export function createDetachTargetAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'detach-target-address',
    title: 'Detach the old address from the target',
    describe: (plan) =>
      plan === undefined
        ? 'moves the target to another address'
        : `moves ${plan.target.id} off ${formatAddress(plan.oldAddress)}`,
    describeUndo: 'the target takes the old address back',
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const plan = requirePlan(context.state);
      const parking = targetParkingAddress(context.state, plan);
      const moved = await moveAddress(deps, context, {
        instance: plan.target,
        from: plan.oldAddress,
        to: parking,
        whenTaken: 'Free it in the console, then ask for the rollback again.',
      });
      if (moved.kind !== 'there') return moved;
      return {
        kind: 'succeeded',
        output: { summary: `${plan.target.id} is at ${formatAddress(parking)}` },
      };
    },
    async undo(context) {
      const plan = requirePlan(context.state);
      const moved = await moveAddress(deps, context, {
        instance: plan.target,
        from: targetParkingAddress(context.state, plan),
        to: plan.oldAddress,
        releasedBy: plan.source.id,
        whenTaken: 'Free it in the console, then go on with /redis-upgrade resume.',
      });
      return moved.kind === 'there' ? { kind: 'undone' } : moved;
    },
  };
}

/** Gives the old address back to the source. From here nobody can call the rollback off; clients write to the source once it is open. */
export function createAttachSourceAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'attach-source-address',
    title: 'Attach the old address to the source',
    describe: (plan) =>
      plan === undefined
        ? 'the source takes the old address back'
        : `${plan.source.id} takes ${formatAddress(plan.oldAddress)} back: from here nobody can call the rollback off`,
    describeUndo: 'moves the source off the old address again, only while it refuses writes',
    patienceMs: deps.settings.handOverDeadlineMs,
    run: (context) => attach(deps, context),
    undo: (context) => takeAddressBack(deps, context),
  };
}

async function attach(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const moved = await moveAddress(deps, context, {
    instance: plan.source,
    from: parkingAddressOf(context.state, plan),
    to: plan.oldAddress,
    deadlineMs: deps.settings.handOverDeadlineMs,
    releasedBy: plan.target.id,
    whenTaken: 'The target takes the old address back; ask for the rollback again when it is free.',
  });
  if (moved.kind !== 'there') return moved;
  const summary = `${plan.source.id} holds ${formatAddress(plan.oldAddress)}`;
  return { kind: 'succeeded', output: { summary } };
}
