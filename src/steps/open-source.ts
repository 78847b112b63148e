import { formatAddress } from '../upgrade/instance.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { endOrdinaryConnections } from './connections.ts';
import { fence, openGate, type Subject } from './fence.ts';
import { fenceOfBoth } from './rollback-plan.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/**
 * Makes the source writable for the way back. While the target still takes writes this is done only after every ordinary
 * connection to the source was ended: a client left on it would be told that its writes are kept, and they would not be.
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
    undo: (context) => undo(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  if (context.state.rollback?.mode === 'lossless') {
    const kept = await endConnections(deps, plan);
    if (kept !== undefined) return kept;
  }
  const open = await openGate(deps, context, plan.source);
  if (open.kind !== 'there') return open;
  return { kind: 'succeeded', output: { summary: `${plan.source.id} takes writes, and no client is on it` } };
}

/** Why the source may not be opened; undefined once nobody is left on it. */
async function endConnections(deps: StepDeps, plan: Plan): Promise<StepResult | undefined> {
  const source = await deps.cloud.readInstance(plan.source);
  const seen = await deps.access.use(source, endOrdinaryConnections);
  if (seen === 'unknown') {
    const message = `${source.id} does not let its connections be seen, so it cannot be proved that no client would write to it. Only a fast rollback is possible.`;
    return { kind: 'failed', error: { code: 'connections_unknown', message } };
  }
  if (seen.left.length === 0) return undefined;
  const ips = [...new Set(seen.left.map(({ ip }) => ip))].slice(0, 5).join(', ');
  const message = `${seen.left.length} clients keep coming back to ${source.id} at ${formatAddress(source.address)} (from ${ips}). Stop them, then ask for the rollback again; or choose a fast one.`;
  return { kind: 'failed', error: { code: 'clients_on_source', message } };
}

/** A source whose fence was its address stays as it was: nobody has its address, and the switch is not to be had. */
async function undo(deps: StepDeps, context: StepContext): Promise<UndoResult> {
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
