import { fenceOf } from '../upgrade/state.ts';
import type { StepContext, StepDefinition } from '../upgrade/step-definition.ts';
import { fence, type Subject } from './fence.ts';
import { giveSourceBack } from './give-source-back.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/** Keeps the source from taking writes, and proves it without touching data. */
export function createFenceSource(deps: StepDeps): StepDefinition {
  return {
    name: 'fence-source',
    title: 'Fence the source',
    describe: (plan) =>
      plan === undefined
        ? 'makes the source read-only and proves it'
        : `makes ${plan.source.id} read-only and proves it; writes are refused from here`,
    describeUndo: 'makes the source writable again',
    patienceMs: deps.settings.patienceMs,
    run: (context) => fence(deps, context, subjectOf(context)),
    undo: (context) => giveSourceBack(deps, context),
  };
}

function subjectOf({ state }: StepContext): Subject {
  const plan = requirePlan(state);
  return {
    instance: plan.source,
    kind: fenceOf(state) ?? 'read-only',
    home: plan.oldAddress,
    parking: parkingAddressOf(state, plan),
    whenTaken: 'Free it in the console, then go on with /redis-upgrade resume.',
  };
}
