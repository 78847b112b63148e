import type { RedisConnection } from '../compare/wire/redis-connection.ts';
import type { StepState, UpgradeState } from '../upgrade/state.ts';
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
  /** False: `count` is the most it can have been, as some of them may have been the bot's own. */
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
  const own = ownWrites(state);
  return { count: Math.max(0, executed - own.atLeast), exact: own.exact };
}

/** The bot's own writes among them: of the probe, and of looks at the target's gate while it was open. */
function ownWrites({ steps, rollbackCalledOff }: UpgradeState): { atLeast: number; exact: boolean } {
  const { probe } = steps;
  const passes = Number(probe.note['passes'] ?? 0);
  const isProbed = probe.status === 'succeeded';
  // The last look at the gate found it closed; each one before it may have written, as may those of an earlier rollback.
  const quiet = Number(steps['fence-target'].note['looks'] ?? 0) <= 1 && rollbackCalledOff === undefined;
  const settled = looksAreSettled(steps.drain) && looksAreSettled(steps['complete-sync']);
  return {
    atLeast: isProbed ? WRITES_OF_A_PROBE : 0,
    exact: quiet && settled && passes === (isProbed ? 1 : 0),
  };
}

/**
 * True when every look at the target's gate but the one that found it open is known to be over. A process that was frozen before its
 * own may look, and so write, at any time.
 */
function looksAreSettled(step: Pick<StepState, 'note'>): boolean {
  const { looks, looksOver } = looksOf(step);
  return looks - looksOver <= 1;
}

/** Looks at the target's gate that a step began, and those that are over and found it closed. */
export function looksOf({ note }: Pick<StepState, 'note'>): { looks: number; looksOver: number } {
  return { looks: Number(note['looks'] ?? 0), looksOver: Number(note['looksOver'] ?? 0) };
}
