import { formatAddress } from '../upgrade/instance.ts';
import { fenceOf } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, UndoResult } from '../upgrade/step-definition.ts';
import { fence, liftFence, type Subject } from './fence.ts';
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
    undo: (context) => undo(deps, context),
  };
}

async function undo(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const target = await deps.cloud.readInstance(plan.target);
  if (formatAddress(target.address) === formatAddress(plan.oldAddress)) {
    const message = `${plan.target.id} holds ${formatAddress(plan.oldAddress)}: the source stays read-only, or two instances would take writes. Move ${plan.target.id} to another address in the console, then /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'target_holds_address', message } };
  }
  return liftFence(deps, context, subjectOf(context));
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
