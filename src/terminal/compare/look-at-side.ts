import { openAllNodes } from '../../compare/cluster/open-nodes.ts';
import { CompareError, refusal } from '../../compare/wire/compare-error.ts';
import { parseKeyspace, totalKeys } from '../../compare/wire/keyspace.ts';
import type { OpenConnection, RedisConnection } from '../../compare/wire/redis-connection.ts';
import { RedisErrorReply, type Reply } from '../../compare/wire/resp-reply.ts';
import type { Address } from './address.ts';

/** What a side is, before anything is compared. */
export interface SideLook {
  /** Undefined behind a proxy that does not say. */
  readonly version: string | undefined;
  /** Two addresses with the same are one server. Undefined behind some proxies. */
  readonly runId: string | undefined;
  /** By its own count, keys that expired but are not yet removed included. */
  readonly keys: number;
  readonly databases: readonly number[];
}

const LIMITS = { connectTimeoutMs: 5_000, commandTimeoutMs: 10_000 };
const NOBODYS_KEY = 'redis-upgrade:no-such-key';

/**
 * Connects to one side, all nodes of it, and asks, without changing anything, for what the comparison cannot do without: so that a wrong password or
 * a missing permission is said at once, and of both sides. Throws a `CompareError`.
 */
export async function lookAtSide(open: OpenConnection, address: Address): Promise<SideLook> {
  const connection = await openAllNodes(open, address.endpoint, LIMITS);
  try {
    const info = await ask(connection, 'INFO');
    if (!Buffer.isBuffer(info)) throw new CompareError('COMPARE_PROTOCOL', 'asking INFO: no text came back');
    await ask(connection, 'SCAN', '0', 'COUNT', '1');
    for (const name of ['TYPE', 'PTTL', 'EXISTS']) await ask(connection, name, NOBODYS_KEY);
    const text = info.toString('latin1');
    const keyspace = parseKeyspace(text);
    return {
      version: /^redis_version:(\S+)/m.exec(text)?.[1],
      runId: keyspace.runId,
      keys: totalKeys(keyspace),
      databases: [...keyspace.databases.keys()].sort((a, b) => a - b),
    };
  } finally {
    connection.close();
  }
}

async function ask(connection: RedisConnection, ...command: [string, ...string[]]): Promise<Reply> {
  const reply = await connection.command(...command);
  if (!(reply instanceof RedisErrorReply)) return reply;
  throw refusal(reply, `asking ${command[0]}`);
}
