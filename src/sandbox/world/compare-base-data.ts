import type { ChainableCommander, Redis } from 'ioredis';
import { type BaseDataOptions, type BaseKey, baseData } from './base-data.ts';

export interface BaseComparison {
  keysCompared: number;
  differences: number;
  /** Names of differing keys with what differs, a few. */
  examples: string[];
}

export interface CompareOptions extends BaseDataOptions {
  /** The moment that times to live count from, and what time it is now, in milliseconds since 1970. */
  loadedAtMs: number;
  now: () => number;
}

const keysPerPipeline = 250;
const maxExamples = 20;
/** A copy may pass a time to live on as what is left of it, and the way takes time. */
const ttlToleranceMs = 3_000;

/** Reads every key of the base data from a server and compares value and time to live. Rejects when it cannot be read. */
export async function compareBaseData(redis: Redis, options: CompareOptions): Promise<BaseComparison> {
  const result: BaseComparison = { keysCompared: 0, differences: 0, examples: [] };
  let batch: BaseKey[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const elapsedMs = () => options.now() - options.loadedAtMs;
    for (const difference of await compareBatch(redis, batch, elapsedMs)) {
      result.differences++;
      if (result.examples.length < maxExamples) result.examples.push(difference);
    }
    result.keysCompared += batch.length;
    batch = [];
  };
  for (const key of baseData(options)) {
    batch.push(key);
    if (batch.length >= keysPerPipeline) await flush();
  }
  await flush();
  return result;
}

async function compareBatch(redis: Redis, keys: BaseKey[], elapsedMs: () => number): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const key of keys) {
    addRead(pipeline, key);
    pipeline.pttl(key.name);
  }
  const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
  return keys.flatMap((key, i) => {
    const difference = differenceOf(key, {
      elements: textsOf(replies[i * 2]),
      ttlMs: Number(replies[i * 2 + 1]),
      elapsedMs: elapsedMs(),
    });
    return difference === undefined ? [] : [`${key.name}: ${difference}`];
  });
}

function addRead(pipeline: ChainableCommander, key: BaseKey): void {
  switch (key.kind) {
    case 'string':
      return void pipeline.callBuffer('get', key.name);
    case 'hash':
      return void pipeline.callBuffer('hgetall', key.name);
    case 'list':
      return void pipeline.callBuffer('lrange', key.name, '0', '-1');
    case 'set':
      return void pipeline.callBuffer('smembers', key.name);
    case 'zset':
      return void pipeline.callBuffer('zrange', key.name, '0', '-1', 'WITHSCORES');
  }
}

/** A reply as latin1 texts; no reply is no elements. */
function textsOf(reply: unknown): string[] {
  if (Buffer.isBuffer(reply)) return [reply.toString('latin1')];
  if (Array.isArray(reply)) return reply.flatMap(textsOf);
  if (typeof reply === 'object' && reply !== null) {
    return Object.entries(reply).flatMap(([field, value]) => [field, ...textsOf(value)]);
  }
  return reply === null || reply === undefined ? [] : [String(reply)];
}

/** What differs, in words; undefined when nothing does. */
export function differenceOf(
  key: BaseKey,
  found: { elements: string[]; ttlMs: number; elapsedMs: number },
): string | undefined {
  if (found.elements.length === 0) return 'missing';
  if (canonical(key.kind, found.elements) !== canonical(key.kind, key.elements)) return 'another value';
  if (key.ttlSeconds === undefined) return found.ttlMs === -1 ? undefined : 'expires and should not';
  const expectedMs = key.ttlSeconds * 1000 - found.elapsedMs;
  if (found.ttlMs < 0) return 'does not expire and should';
  return Math.abs(found.ttlMs - expectedMs) <= ttlToleranceMs ? undefined : 'expires at another time';
}

/** Lists keep their order; the pairs of hashes and sorted sets stay together, the order of pairs and members does not count. */
function canonical(kind: BaseKey['kind'], elements: string[]): string {
  if (kind === 'string' || kind === 'list') return JSON.stringify(elements);
  if (kind === 'set') return JSON.stringify([...elements].sort());
  const pairs: string[] = [];
  for (let i = 0; i < elements.length; i += 2) {
    const value = elements[i + 1] ?? '';
    pairs.push(JSON.stringify([elements[i], kind === 'zset' ? Number(value) : value]));
  }
  return JSON.stringify(pairs.sort());
}
