import type { PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import {
  type ClientConnection,
  endOrdinaryConnections,
  ordinaryConnections,
  type Unknown,
} from './connections.ts';
import { countWrites, probeWrites, type WriteGate } from './fence-probe.ts';
import type { StepDeps } from './step-deps.ts';

/** One look at the source after the cutover. */
export interface SourceLook {
  /** Undefined when it was not tried: a try that is let through counts as a write. */
  gate: WriteGate | undefined;
  /** Write commands executed since the server started, a try of the gate that was let through included. */
  writes: number;
  /** Connections of clients that were on it. */
  found: ClientConnection[] | Unknown;
  /** How many of them are on it still. */
  left: number | Unknown;
}

export interface LookOptions {
  tryGate: boolean;
  /** Ends the connections of clients, so that none is left on an instance that serves nobody. */
  endConnections: boolean;
}

/** Why it cannot be looked at, where it cannot: nobody depends on it any more, so that is worth a word and no failure. */
export async function lookAtSource(
  deps: StepDeps,
  source: { id: string; address: PrivateAddress },
  options: LookOptions,
): Promise<SourceLook | { unreachable: string }> {
  try {
    return await deps.access.use(source, async (connection) => {
      const gate = options.tryGate ? await probeWrites(connection) : undefined;
      const writes = await countWrites(connection);
      if (!options.endConnections) {
        const found = await ordinaryConnections(connection);
        return { gate, writes, found, left: found === 'unknown' ? found : found.length };
      }
      const outcome = await endOrdinaryConnections(connection);
      if (outcome === 'unknown') return { gate, writes, found: outcome, left: outcome };
      const { ended, left } = outcome;
      return { gate, writes, found: [...ended, ...left], left: left.length };
    });
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return { unreachable: error.message };
  }
}
