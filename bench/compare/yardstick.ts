import { isDeepStrictEqual } from 'node:util';
import { Redis } from 'ioredis';
import type { Pass, Sides } from './ours.ts';

const YARDSTICK_BATCH = 500;
const TTL_TOLERANCE_MS = 2_000;
type Question = [name: string, ...args: (string | Buffer)[]];

/** The comparison as it is usually written: ioredis pipelines, whole values, no look for keys that only the target has. */
export async function ioredisPass(sides: Sides): Promise<Pass> {
  const source = new Redis(sides.source);
  const target = new Redis(sides.target);
  const pass = { keys: 0, differences: 0 };
  try {
    let cursor = '0';
    do {
      const [next, keys] = await source.scanBuffer(cursor, 'COUNT', YARDSTICK_BATCH);
      cursor = String(next);
      pass.keys += keys.length;
      pass.differences += await unequal(source, target, keys);
    } while (cursor !== '0');
    return pass;
  } finally {
    source.disconnect();
    target.disconnect();
  }
}

async function unequal(source: Redis, target: Redis, keys: Buffer[]): Promise<number> {
  const types = await ask(
    source,
    keys.map((key) => ['type', key]),
  );
  const questions = keys.flatMap((key, index): Question[] => [
    ['pttl', key],
    readOf(String(types[index]), key),
  ]);
  const [left, right] = await Promise.all([ask(source, questions), ask(target, questions)]);
  let differences = 0;
  for (let index = 0; index < left.length; index += 2) {
    const isTtlOff = Math.abs(Number(left[index]) - Number(right[index])) > TTL_TOLERANCE_MS;
    const isValueOff = !isDeepStrictEqual(comparable(left[index + 1]), comparable(right[index + 1]));
    if (isTtlOff || isValueOff) differences += 1;
  }
  return differences;
}

async function ask(redis: Redis, questions: Question[]): Promise<unknown[]> {
  const pipeline = redis.pipeline();
  for (const [name, ...args] of questions) pipeline.callBuffer(name, ...args);
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => error ?? reply);
}

function readOf(type: string, key: Buffer): Question {
  if (type === 'list') return ['lrange', key, '0', '-1'];
  if (type === 'set') return ['smembers', key];
  if (type === 'hash') return ['hgetall', key];
  if (type === 'zset') return ['zrange', key, '0', '-1', 'WITHSCORES'];
  return ['get', key];
}

/** The order of sets and hashes says nothing. (Sorting single elements is enough for data that is expected to be equal.) */
function comparable(reply: unknown): unknown {
  return Array.isArray(reply) ? reply.map((element) => String(element)).sort() : reply;
}
