import { setTimeout as delay } from 'node:timers/promises';
import type { Reply } from '../resp/decode-reply.ts';
import type { CommandArgument } from '../resp/encode-command.ts';
import type { RedisLink } from '../resp/redis-link.ts';
import { keysByDatabase, parseInfo } from '../server-info.ts';
import { CopyFailure } from './error-log.ts';

const scanCount = 256;
/** Keys read and written in one go; their values are in memory together. */
const maxBatchKeys = 64;

export interface SnapshotCopyOptions {
  /** A server that has loaded the snapshot and that nobody else uses. */
  from: RedisLink;
  to: RedisLink;
  keysPerSecond: number | undefined;
  onTotal(keys: number): void;
  onCopied(keys: number): void;
}

interface DumpedKey {
  key: Buffer;
  payload: Buffer;
  /** 0: never. */
  expiresAtMs: number;
}

/** Copies every key of every database by DUMP and RESTORE; a key that is there is overwritten. */
export async function copySnapshot(options: SnapshotCopyOptions): Promise<void> {
  const databases = keysByDatabase(parseInfo(await options.from.call('INFO', 'keyspace')));
  options.onTotal([...databases.values()].reduce((total, keys) => total + keys, 0));
  const pace = new Pace(options.keysPerSecond);
  for (const database of databases.keys()) {
    await options.from.call('SELECT', database);
    await applied(options.to, [['SELECT', database]]);
    let restoring: Promise<void> = Promise.resolve();
    for await (const keys of scanBatches(options.from)) {
      const dumped = await dump(options.from, keys);
      await restoring;
      restoring = restore(options, dumped, keys.length);
      // Its failure is seen at the next turn; until then it must not count as unhandled.
      restoring.catch(() => undefined);
      await pace.spend(keys.length);
    }
    await restoring;
  }
  await applied(options.to, [['SELECT', 0]]).catch(() => undefined);
}

async function* scanBatches(link: RedisLink): AsyncGenerator<Buffer[]> {
  let cursor = '0';
  do {
    const reply = await link.call('SCAN', cursor, 'COUNT', scanCount);
    const [next, found] = Array.isArray(reply) ? reply : [];
    if (!Buffer.isBuffer(next) || !Array.isArray(found))
      throw new Error('SCAN was answered in an unknown form');
    const keys = found.filter((key) => Buffer.isBuffer(key));
    for (let i = 0; i < keys.length; i += maxBatchKeys) yield keys.slice(i, i + maxBatchKeys);
    cursor = next.toString();
  } while (cursor !== '0');
}

async function dump(link: RedisLink, keys: readonly Buffer[]): Promise<DumpedKey[]> {
  const nowMs = Date.now();
  const replies = await link.pipeline(
    keys.flatMap((key) => [
      ['PTTL', key],
      ['DUMP', key],
    ]),
  );
  return keys.flatMap((key, i) => {
    const remaining = replies[2 * i];
    const payload = replies[2 * i + 1];
    // Expired since SCAN saw it; the source expires it as well and says so in its stream.
    if (!Buffer.isBuffer(payload) || typeof remaining !== 'number' || remaining < -1) return [];
    return [{ key, payload, expiresAtMs: remaining < 0 ? 0 : nowMs + remaining }];
  });
}

async function restore(
  options: SnapshotCopyOptions,
  keys: readonly DumpedKey[],
  scanned: number,
): Promise<void> {
  const nowMs = Date.now();
  const commands = keys.map(({ key, payload, expiresAtMs }) => {
    const ttlMs = expiresAtMs === 0 ? 0 : Math.max(1, expiresAtMs - nowMs);
    return ['RESTORE', key, ttlMs, payload, 'REPLACE'];
  });
  await applied(options.to, commands);
  options.onCopied(scanned);
}

async function applied(link: RedisLink, commands: readonly (readonly CommandArgument[])[]): Promise<void> {
  const replies: Reply[] = await link.pipeline(commands);
  for (const [i, reply] of replies.entries()) {
    if (reply instanceof Error) throw new CopyFailure(`${reply.message} ${String(commands[i]?.[0])}`);
  }
}

/** Spreads the copying over time: never ahead of its rate. */
class Pace {
  readonly #keysPerSecond: number | undefined;
  readonly #startedAt = performance.now();
  #keys = 0;

  constructor(keysPerSecond: number | undefined) {
    this.#keysPerSecond = keysPerSecond;
  }

  async spend(keys: number): Promise<void> {
    if (this.#keysPerSecond === undefined) return;
    this.#keys += keys;
    const dueMs = (this.#keys / this.#keysPerSecond) * 1000;
    const ahead = dueMs - (performance.now() - this.#startedAt);
    if (ahead > 0) await delay(ahead);
  }
}
