import { CompareError, refusal } from './compare-error.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisErrorReply } from './resp-reply.ts';

/** How many keys a database holds, by the server's own count: keys that have expired but are not yet removed are in it. */
export interface DatabaseSize {
  readonly keys: number;
  /** Keys with an expiry among them. */
  readonly expires: number;
}

/** What INFO says about a server that matters here. */
export interface ServerKeyspace {
  /** Changes when the process is restarted, and then scanning cursors mean nothing any more. Undefined behind some proxies. */
  readonly runId: string | undefined;
  readonly databases: ReadonlyMap<number, DatabaseSize>;
  /** As `versionIn` gives it. */
  readonly version: number | undefined;
}

/** Reads the sizes of all databases, in one command. */
export async function readKeyspace(connection: RedisConnection): Promise<ServerKeyspace> {
  const reply = await connection.command('INFO');
  if (reply instanceof RedisErrorReply) throw refusal(reply, 'reading INFO');
  if (!Buffer.isBuffer(reply)) throw new CompareError('COMPARE_PROTOCOL', 'reading INFO: no text came back');
  return parseKeyspace(reply.toString('latin1'));
}

/** Reads the run id and the keyspace section from the text of INFO. */
export function parseKeyspace(info: string): ServerKeyspace {
  const databases = new Map<number, DatabaseSize>();
  for (const match of info.matchAll(/^db(\d+):keys=(\d+),expires=(\d+)/gm)) {
    databases.set(Number(match[1]), { keys: Number(match[2]), expires: Number(match[3]) });
  }
  return { runId: /^run_id:(\w+)/m.exec(info)?.[1], databases, version: versionIn(info) };
}

/** `redis_version` in the text of INFO as one number, 7.0.15 as 7,000,015; undefined behind a proxy that does not say. */
export function versionIn(info: string): number | undefined {
  const match = /^redis_version:(\d+)\.(\d+)(?:\.(\d+))?/m.exec(info);
  if (match === null) return undefined;
  return Number(match[1]) * 1_000_000 + Number(match[2]) * 1_000 + Number(match[3] ?? 0);
}

/** All keys of all databases. */
export function totalKeys(keyspace: ServerKeyspace): number {
  let total = 0;
  for (const { keys } of keyspace.databases.values()) total += keys;
  return total;
}

/** The databases that hold something on either side, in order. Always at least database 0. */
export function databasesOf(source: ServerKeyspace, target: ServerKeyspace): number[] {
  return [...new Set([0, ...source.databases.keys(), ...target.databases.keys()])].sort((a, b) => a - b);
}
