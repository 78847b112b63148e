import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { pollDelay } from './settings.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';
import { stillFenced } from './still-fenced.ts';

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
  if (context.step.intents.length === 0) {
    const fenced = await stillFenced(deps, context);
    if (fenced.kind !== 'there') return fenced;
  }
  const moved = await moveAddress(deps, context, {
    instance: plan.target,
    to: plan.oldAddress,
    from: undefined,
    deadlineMs: deps.settings.handOverDeadlineMs,
    releasedBy: plan.source.id,
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
  const message = `${plan.target.id} holds ${formatAddress(plan.oldAddress)} after all and may have taken writes, so nothing is taken from it. To keep those writes, leave it there: ${plan.target.id} serves the clients, and ${plan.source.id} stays read-only. To go back, with or without them: /redis-upgrade rollback ${context.upgradeId} --lossless or --fast.`;
  return { kind: 'failed', error: { code: 'target_holds_address', message } };
}

const GOES_BACK = 'The source takes the old address back; start again when it is free.';
