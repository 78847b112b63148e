import { formatAddress, type Instance } from '../upgrade/instance.ts';
import type { StepContext, UndoResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { probeWrites } from './fence-probe.ts';
import { pollDelay } from './settings.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/**
 * Moves the source off the old address again. Only while it still refuses every write: then no client was told there that a
 * write is kept. One that takes writes keeps the address, and a person has to decide.
 */
export async function takeAddressBack(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const source = await deps.cloud.readInstance(plan.source);
  const old = formatAddress(plan.oldAddress);
  if (source.status === 'in-flow' && context.elapsedMs < deps.settings.handOverDeadlineMs)
    return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
  if (source.status === 'in-flow') {
    const message = `${source.id} has had a task for ${Math.round(context.elapsedMs / 1000)} s: whether it takes ${old} is not known. Wait for it in the console, then go on with /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'source_in_flow', message } };
  }
  if (formatAddress(source.address) !== old) return { kind: 'undone' };
  if ((await deps.access.use(source, probeWrites)) !== 'closed') return sourceServes(context, source);
  const moved = await moveAddress(deps, context, {
    instance: plan.source,
    from: plan.oldAddress,
    to: parkingAddressOf(context.state, plan),
    whenTaken: 'Free it in the console, then go on with /redis-upgrade resume.',
  });
  return moved.kind === 'there' ? { kind: 'undone' } : moved;
}

/** Why nothing is taken from a source that holds the old address and takes writes. */
export function sourceServes({ state }: StepContext, source: Instance): UndoResult {
  const plan = requirePlan(state);
  const old = formatAddress(plan.oldAddress);
  const message = `${source.id} holds ${old} after all, takes writes and serves the clients; ${plan.target.id} stays read-only. Leave it there and tell your clients: the data is safe on ${source.id}. To give ${old} back to ${plan.target.id}, move ${source.id} to ${formatAddress(parkingAddressOf(state, plan))} in the console, then /redis-upgrade resume.`;
  return { kind: 'failed', error: { code: 'source_holds_address', message } };
}
