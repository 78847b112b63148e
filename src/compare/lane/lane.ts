import { openAllNodes } from '../cluster/open-nodes.ts';
import type { ResolvedOptions } from '../comparison-options.ts';
import { type CompareError, refusal } from '../wire/compare-error.ts';
import {
  type OpenConnection,
  openConnection,
  type RedisConnection,
  type RedisEndpoint,
} from '../wire/redis-connection.ts';
import { RedisErrorReply } from '../wire/resp-reply.ts';
import { BatchMemory } from './batch-memory.ts';
import { type Gate, GatedConnection } from './gate.ts';

/** One connection to either side, used by one batch at a time, and the database both have selected. */
export interface Lane {
  readonly source: RedisConnection;
  /** The connection to the spared side, past the gate: for what must not wait for the other lanes. */
  readonly pulse: RedisConnection;
  readonly target: RedisConnection;
  readonly memory: BatchMemory;
  /** What `bytesSinceLast` has told already. */
  bytesTold: number;
  db: number;
  /** False when that side has no such database (a cluster has only database 0): it holds no key of it. */
  sourceHasDb: boolean;
  targetHasDb: boolean;
  /** Whether the target can be asked for many members of a set by one command, as far as is known. */
  targetKnowsMany: boolean;
}

export interface Sides {
  readonly source: RedisEndpoint;
  readonly target: RedisEndpoint;
  /** How both, and all nodes of a side that is a cluster, are connected to; unset: by TCP. */
  readonly open?: OpenConnection;
}

/**
 * Opens both connections of a lane, to all nodes of a cluster each; leaves none open when one fails. All lanes that share the gate
 * pass it on their way to the spared side.
 */
export async function openLane(sides: Sides, options: ResolvedOptions, gate?: Gate): Promise<Lane> {
  const open = sides.open ?? openConnection;
  const [source, target] = await Promise.allSettled([
    openAllNodes(open, sides.source, options),
    openAllNodes(open, sides.target, options),
  ]);
  if (source.status === 'fulfilled' && target.status === 'fulfilled') {
    return {
      ...gated({ source: source.value, target: target.value }, options.spare, gate),
      pulse: options.spare === 'source' ? source.value : target.value,
      memory: new BatchMemory(),
      bytesTold: 0,
      db: 0,
      sourceHasDb: true,
      targetHasDb: true,
      targetKnowsMany: false,
    };
  }
  for (const side of [source, target]) if (side.status === 'fulfilled') side.value.close();
  throw source.status === 'rejected' ? source.reason : (target as PromiseRejectedResult).reason;
}

type Connections = Pick<Lane, 'source' | 'target'>;

function gated(open: Connections, spare: 'source' | 'target', gate: Gate | undefined): Connections {
  return gate === undefined ? open : { ...open, [spare]: new GatedConnection(open[spare], gate) };
}

export function closeLane(lane: Lane): void {
  lane.source.close();
  lane.target.close();
}

/** Bytes that came in from both sides since this was asked last; 0 where a connection does not count them. */
export function bytesSinceLast(lane: Lane): number {
  const bytes = (lane.source.bytesRead ?? 0) + (lane.target.bytesRead ?? 0);
  const fresh = bytes - lane.bytesTold;
  lane.bytesTold = bytes;
  return fresh;
}

/** Makes the lane speak of this database on both sides. */
export async function selectDatabase(lane: Lane, db: number): Promise<void> {
  if (lane.db === db) return;
  const [source, target] = await Promise.all([selectOn(lane.source, db), selectOn(lane.target, db)]);
  lane.sourceHasDb = source;
  lane.targetHasDb = target;
  lane.db = db;
}

async function selectOn(connection: RedisConnection, db: number): Promise<boolean> {
  const reply = await connection.command('SELECT', String(db));
  if (!(reply instanceof RedisErrorReply)) return true;
  const error: CompareError = refusal(reply, `selecting database ${db}`);
  // "ERR SELECT is not allowed in cluster mode", "ERR DB index is out of range": this side has no such database.
  if (error.code === 'COMPARE_REFUSED' && db !== 0) return false;
  throw error;
}
