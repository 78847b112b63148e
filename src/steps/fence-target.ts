import type { StepContext, StepDefinition } from '../upgrade/step-definition.ts';
import { fence, type Subject } from './fence.ts';
import { giveTargetBack } from './give-target-back.ts';
import { fenceOfBoth, targetParkingAddress } from './rollback-plan.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Keeps the target from taking writes on the way back, and proves it. */
export function createFenceTarget(deps: StepDeps): StepDefinition {
  return {
    name: 'fence-target',
    title: 'Fence the target',
    describe: (plan) =>
      plan === undefined
        ? 'makes the target read-only and proves it'
        : `makes ${plan.target.id} read-only and proves it; writes are refused from here`,
    describeUndo: 'makes the target writable again',
    patienceMs: deps.settings.patienceMs,
    run: (context) => fence(deps, context, subjectOf(context)),
    undo: (context) => giveTargetBack(deps, context),
  };
}

function subjectOf({ state }: StepContext): Subject {
  const plan = requirePlan(state);
  // Clients of a code switch have the target's own address, which does not move.
  const kind = plan.switch === 'code' ? 'read-only' : fenceOfBoth(state);
  return {
    instance: plan.target,
    kind,
    home: plan.oldAddress,
    parking: targetParkingAddress(state, plan),
    whenTaken: 'Free it in the console, then ask for the rollback again.',
    notesLooks: true,
  };
}
