import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { fence, openGate, type Subject } from './fence.ts';
import { probeWrites } from './fence-probe.ts';
import { keepClientsOff } from './keep-clients-off.ts';
import { fenceOfBoth } from './rollback-plan.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';
import { sourceServes } from './take-address-back.ts';

/**
 * Makes the source writable for the way back. Before it serves only after every connection that was left on it was ended: what a
 * client wrote there while the target takes writes, or before the rollback is called off, would be lost.
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
    if (kept !== undefined) return { kind: 'failed', error: kept };
  }
  const open = await openGate(deps, context, plan.source);
  if (open.kind !== 'there') return open;
  return { kind: 'succeeded', output: { summary: `${plan.source.id} takes writes` } };
}

/**
 * A source whose fence was its address stays as it was: nobody has its address, and the switch is not to be had. One that serves
 * clients by now is left alone.
 */
export async function closeSource(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const source = await deps.cloud.readInstance(plan.source);
  if (plan.switch === 'address' && formatAddress(source.address) === formatAddress(plan.oldAddress)) {
    const closed = (await deps.access.use(source, probeWrites)) === 'closed';
    return closed ? { kind: 'undone' } : sourceServes(context, source);
  }
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
