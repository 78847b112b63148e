import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { targetParkingAddress } from './rollback-plan.ts';
import { pollDelay } from './settings.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

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

/** Gives the old address back to the source. From here clients write to it, and the rollback cannot be called off. */
export function createAttachSourceAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'attach-source-address',
    title: 'Attach the old address to the source',
    describe: (plan) =>
      plan === undefined
        ? 'the source takes the old address back'
        : `${plan.source.id} takes ${formatAddress(plan.oldAddress)} back: from here the rollback cannot be called off`,
    describeUndo: 'only while the source does not hold the address: the target takes it back',
    patienceMs: deps.settings.handOverDeadlineMs,
    run: (context) => attach(deps, context),
    undo: (context) => undoAttach(deps, context),
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

/** Nothing is taken from the source: if it holds the address after all, writes may be on it and a person has to decide. */
async function undoAttach(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const old = formatAddress(plan.oldAddress);
  const source = await deps.cloud.readInstance(plan.source);
  if (source.status === 'in-flow' && context.elapsedMs < deps.settings.handOverDeadlineMs)
    return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
  if (source.status === 'in-flow') {
    const message = `${source.id} has had a task for ${Math.round(context.elapsedMs / 1000)} s: whether it takes ${old} is not known. Wait for it in the console, then go on with /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'source_in_flow', message } };
  }
  if (formatAddress(source.address) !== old) return { kind: 'undone' };
  const message = `${source.id} holds ${old} after all, takes writes and serves the clients; ${plan.target.id} stays read-only. Leave it there and tell your clients: the data is safe on ${source.id}. To give ${old} back to ${plan.target.id}, move ${source.id} to ${formatAddress(parkingAddressOf(context.state, plan))} in the console, then /redis-upgrade resume.`;
  return { kind: 'failed', error: { code: 'source_holds_address', message } };
}
