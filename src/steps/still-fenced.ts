import { fenceOf } from '../upgrade/state.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import { probeWrites } from './fence-probe.ts';
import { pollDelay } from './settings.ts';
import type { Settled } from './settle.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/**
 * A last look before the target may take writes: the source still refuses them. Whatever lifted its fence need not be in the
 * journal: a store that lost its last second does not know of an undo that it had begun, nor anybody of a click in the console.
 */
export async function stillFenced(deps: StepDeps, context: StepContext): Promise<Settled> {
  // Behind the other fence nobody has the source's address, and the switch is not to be had.
  if (fenceOf(context.state) === 'detach') return { kind: 'there' };
  const source = await deps.cloud.readInstance(requirePlan(context.state).source);
  if (source.status === 'in-flow') {
    context.progress(`${source.id} has a task: waits for its end`);
    if (context.elapsedMs < deps.settings.handOverDeadlineMs)
      return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
    const message = `${source.id} has had a task for ${Math.round(context.elapsedMs / 1000)} s: whether it goes on refusing writes is not known.`;
    return { kind: 'failed', error: { code: 'source_in_flow', message } };
  }
  const gate = await deps.access.use(source, probeWrites);
  if (gate === 'closed') return { kind: 'there' };
  const message = `${source.id} takes writes again (${gate}) although it was fenced: something lifted the fence. What was written since is not on the target, so the address stays with the source.`;
  return { kind: 'failed', error: { code: 'fence_lifted', message } };
}
