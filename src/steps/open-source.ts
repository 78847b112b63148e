import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { fence, openGate, type Subject } from './fence.ts';
import { keepClientsOff } from './keep-clients-off.ts';
import { fenceOfBoth } from './rollback-plan.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/**
 * Makes the source writable for the way back, after ending the connections that were left on it: what a client wrote there would be
 * lost, while the target still takes writes or if the rollback is called off. Who comes by the old address of a code switch may stay.
 */
export function createOpenSource(deps: StepDeps): StepDefinition {
  return {
    name: 'open-source',
    title: 'Open the source',
    describe: (plan) =>
      plan === undefined
        ? 'ends what is left of connections to the source, then makes it writable'
        : `ends what is left of connections to ${plan.source.id}, then makes it writable`,
    describeUndo: 'makes the source read-only again',
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
    undo: (context) => closeSource(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  if (plan.switch === 'address') {
    const source = await deps.cloud.readInstance(plan.source);
    const serves = formatAddress(source.address) === formatAddress(plan.oldAddress);
    const kept = serves ? undefined : await keepClientsOff(deps, source);
    // In a fast one the target is fenced: who cannot be sent away writes to the instance that is about to serve.
    if (kept !== undefined && context.state.rollback?.mode === 'lossless')
      return { kind: 'failed', error: kept };
  }
  const open = await openGate(deps, context, plan.source);
  if (open.kind !== 'there') return open;
  return { kind: 'succeeded', output: { summary: `${plan.source.id} takes writes` } };
}

/** A source whose fence was its address stays as it was: nobody has its address, and the switch is not to be had. */
export async function closeSource(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  if (fenceOfBoth(context.state) === 'detach') return { kind: 'undone' };
  const parking = parkingAddressOf(context.state, plan);
  const subject: Subject = {
    instance: plan.source,
    kind: 'read-only',
    home: parking,
    parking,
    whenTaken: '',
  };
  const fenced = await fence(deps, context, subject);
  if (fenced.kind === 'succeeded') return { kind: 'undone' };
  if (fenced.kind === 'decided') throw new Error('A fence decides nothing');
  return fenced;
}
