import { formatAddress, type PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { countWrites, probeWrites } from './fence-probe.ts';
import { infoNumber, readInfo } from './redis-access.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/** Watches both sides for a while: writes and connections left on the source, the target still answering at the address. */
export function createSoak(deps: StepDeps): StepDefinition {
  return {
    name: 'soak',
    title: 'Watch',
    describe: () =>
      `watches both sides for ${Math.round(deps.settings.soakMs / 1000)} s, or until somebody finishes`,
    describeUndo: 'none: after the point of no return it is only forward',
    undo: { none: 'after the point of no return it is only forward' },
    patienceMs: deps.settings.undoPatienceMs,
    async run(context) {
      const plan = requirePlan(context.state);
      const target = await deps.cloud.readInstance(plan.target);
      if (formatAddress(target.address) !== formatAddress(plan.oldAddress)) {
        const message = `${plan.target.id} is at ${formatAddress(target.address)} and no longer at ${formatAddress(plan.oldAddress)}: somebody moved it.`;
        return { kind: 'failed', error: { code: 'address_moved', message } };
      }
      const source = await lookAtSource(deps, plan, parkingAddressOf(context.state, plan));
      context.progress(source.text);
      const over = context.elapsedMs >= deps.settings.soakMs || context.state.finishRequested;
      if (over) return { kind: 'succeeded', output: { ...source.figures, summary: source.text } };
      const leftMs = deps.settings.soakMs - context.elapsedMs;
      return { kind: 'again', afterMs: Math.max(1, Math.min(deps.settings.soakPollMs, leftMs)) };
    },
  };
}

/** The source at its parking address. Not reaching it is worth a word, not a failure: nobody depends on it any more. */
async function lookAtSource(
  deps: StepDeps,
  plan: Plan,
  parking: PrivateAddress,
): Promise<{ text: string; figures: Record<string, unknown> }> {
  try {
    const seen = await deps.access.use({ id: plan.source.id, address: parking }, async (connection) => ({
      // Our own connection is one of them.
      connections: infoNumber(await readInfo(connection, 'clients'), 'connected_clients') - 1,
      writes: await countWrites(connection),
      gate: await probeWrites(connection),
    }));
    const state = seen.gate === 'closed' ? 'read-only' : 'NOT read-only';
    return {
      text: `the source at ${formatAddress(parking)} is ${state}, ${describeConnections(seen.connections)} on it`,
      figures: { sourceConnections: seen.connections, sourceWrites: seen.writes, sourceGate: seen.gate },
    };
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return { text: `the source cannot be looked at: ${error.message}`, figures: {} };
  }
}

function describeConnections(count: number): string {
  return count === 1 ? '1 connection' : `${Math.max(0, count)} connections`;
}
