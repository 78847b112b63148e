import type { RedisConnection } from '../../src/compare/wire/redis-connection.ts';
import { type Command, encodeCommands } from '../../src/compare/wire/resp-commands.ts';

const BATCH = 500;
const ELEMENTS = 20;
const BIG_ELEMENTS = 100_000;
/** Shares of the kinds of keys, in percent; the rest are strings of 100 bytes. */
const HASHES = 10;
const LISTS = 8;
const SETS = 6;
const SORTED_SETS = 6;
const WITH_EXPIRY = 20;

/**
 * Fills an empty server: 70 % strings of 100 bytes, 10 % hashes of 10 fields, 8 % lists, 6 % sets (a third of them integers) and 6 %
 * sorted sets of 20 elements, a fifth of all with an expiry, and one key of 100,000 elements for every 50,000 keys. The same for the same number.
 * With `present`, a server that was filled with so many keys is filled up.
 */
export async function fillDataSet(connection: RedisConnection, keys: number, present = 0): Promise<void> {
  for (let from = present; from < keys; from += BATCH) {
    const commands: Command[] = [];
    for (let n = from; n < Math.min(keys, from + BATCH); n += 1) commands.push(...commandsFor(n));
    await connection.pipeline(encodeCommands(commands));
  }
  const bigKeys = Math.floor(keys / 50_000);
  for (let n = Math.floor(present / 50_000); n < bigKeys; n += 1) await fillBigKey(connection, n);
}

function commandsFor(n: number): Command[] {
  const key = `key:${n}`;
  const fill = commandFor(key, n);
  // 7 and 100 have no common factor: the expiry falls on every kind of key alike.
  return (n * 7) % 100 < WITH_EXPIRY ? [fill, ['EXPIRE', key, '86400']] : [fill];
}

function commandFor(key: string, n: number): Command {
  const kind = (n * 31) % 100;
  if (kind < HASHES) return ['HMSET', key, ...elements(10, (i) => [`field:${i}`, `value:${n}:${i}`])];
  if (kind < HASHES + LISTS) return ['RPUSH', key, ...elements(ELEMENTS, (i) => [`element:${n}:${i}`])];
  if (kind < HASHES + LISTS + SETS) {
    return ['SADD', key, ...elements(ELEMENTS, (i) => [n % 3 === 0 ? `${n + i * 7}` : `member:${n}:${i}`])];
  }
  if (kind < HASHES + LISTS + SETS + SORTED_SETS) {
    return ['ZADD', key, ...elements(ELEMENTS, (i) => [`${(n * i) / 7}`, `member:${i}`])];
  }
  return ['SET', key, `value:${n}:`.padEnd(100, 'abcdefghijklmnopqrstuvwxyz')];
}

function elements(count: number, element: (index: number) => string[]): string[] {
  return Array.from({ length: count }, (_, index) => element(index)).flat();
}

const BIG: readonly ((key: string, from: number) => Command)[] = [
  (key, from) => ['RPUSH', key, ...elements(BATCH, (i) => [`element:${from + i}`])],
  (key, from) => ['SADD', key, ...elements(BATCH, (i) => [`member:${from + i}`])],
  (key, from) => ['HMSET', key, ...elements(BATCH, (i) => [`field:${from + i}`, `value:${from + i}`])],
  (key, from) => ['ZADD', key, ...elements(BATCH, (i) => [`${from + i}`, `member:${from + i}`])],
];

async function fillBigKey(connection: RedisConnection, n: number): Promise<void> {
  const command = BIG[n % BIG.length];
  if (command === undefined) return;
  const commands: Command[] = [];
  for (let from = 0; from < BIG_ELEMENTS; from += BATCH) commands.push(command(`big:${n}`, from));
  await connection.pipeline(encodeCommands(commands));
}
