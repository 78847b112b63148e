import type { RedisConnection } from '../compare/redis-connection.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import { countWrites } from './fence-probe.ts';
import { readInfo } from './redis-access.ts';

/** Writes that the bot's own probe makes when the gate is open: a plain one and a scripted one. */
const WRITES_OF_A_PROBE = 2;

/** Where the count of the target's write commands stood when the copy had ended and no client had reached it yet. */
export interface WriteBaseline {
  targetRunId: string;
  targetWrites: number;
}

export async function readBaseline(connection: RedisConnection): Promise<WriteBaseline> {
  const [server, writes] = await Promise.all([readInfo(connection, 'server'), countWrites(connection)]);
  return { targetRunId: server.get('run_id') ?? '', targetWrites: writes };
}

/** Write commands of clients since the cutover. */
export interface ClientWrites {
  count: number;
  /** False: `count` is the most it can have been, as some of them may have been the bot's own probes. */
  exact: boolean;
}

/**
 * By the server's own count of executed commands, those of scripts included. Undefined when it cannot be told: the server was
 * restarted or its statistics were reset since the cutover.
 */
export async function countClientWrites(
  connection: RedisConnection,
  state: UpgradeState,
): Promise<ClientWrites | undefined> {
  const { targetRunId, targetWrites } = state.steps['complete-sync'].output ?? {};
  if (typeof targetRunId !== 'string' || typeof targetWrites !== 'number') return undefined;
  const now = await readBaseline(connection);
  const executed = now.targetWrites - targetWrites;
  if (now.targetRunId !== targetRunId || executed < 0) return undefined;
  const probes = Number(state.steps.probe.note['passes'] ?? 1);
  return { count: Math.max(0, executed - WRITES_OF_A_PROBE), exact: probes <= 1 };
}
