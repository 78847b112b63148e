import { formatAddress, type Instance } from '../upgrade/instance.ts';
import type { Cause } from '../upgrade/state.ts';
import { endOrdinaryConnections } from './connections.ts';
import type { StepDeps } from './step-deps.ts';

const SHOWN_ADDRESSES = 5;

/**
 * Ends the connections of clients to an instance that takes writes while another one serves: a client left on it would be told
 * that its writes are kept, and they would not be. Answers why the instance must not stay open; undefined when nobody is left.
 */
export async function keepClientsOff(deps: StepDeps, instance: Instance): Promise<Cause | undefined> {
  const seen = await deps.access.use(instance, endOrdinaryConnections);
  if (seen === 'unknown') {
    const message = `${instance.id} does not let its connections be seen, so it cannot be proved that no client writes to it. Only a fast rollback is possible.`;
    return { code: 'connections_unknown', message };
  }
  if (seen.left.length === 0) return undefined;
  const ips = [...new Set(seen.left.map(({ ip }) => ip))].slice(0, SHOWN_ADDRESSES).join(', ');
  const message = `${seen.left.length} clients keep coming back to ${instance.id} at ${formatAddress(instance.address)} (from ${ips}). Stop them, then ask for the rollback again; or choose a fast one.`;
  return { code: 'clients_on_source', message };
}
