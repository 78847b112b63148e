import type { Address } from '../data-plane.ts';
import type { Instance } from './instances.ts';
import type { Network, Subnet } from './network.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface Move {
  to: Address;
  subnet: Subnet;
  /** Days the address left stays reserved; 0 frees it at once. */
  recycleDays: number;
  nowMs: number;
}

/**
 * Moves an instance to another address for real: every connection on the old one is cut, and from then on the new one
 * answers. The new address must be reserved for the instance already. When it cannot be listened on, the instance is
 * back on its old one, the reservation is gone, and the promise rejects.
 */
export async function moveInstance(network: Network, instance: Instance, move: Move): Promise<void> {
  const from = instance.address;
  const changesIp = from.ip !== move.to.ip;
  try {
    const node = await instance.start();
    await node.unlisten();
    try {
      await node.listen(move.to);
    } catch (error) {
      await node.listen(from);
      throw error;
    }
  } catch (error) {
    if (changesIp) network.release(move.to.ip);
    throw error;
  }
  instance.address = move.to;
  instance.subnet = move.subnet;
  if (!changesIp) return;
  if (move.recycleDays === 0) network.release(from.ip);
  else network.retain(from.ip, move.nowMs + move.recycleDays * dayMs);
}
