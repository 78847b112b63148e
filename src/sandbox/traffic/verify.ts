import type { ChainableCommander, Redis } from 'ioredis';
import { lostOf, readCommand, type TrackedKey } from './tracked-key.ts';

/**
 * Reads these keys in one pipeline; for each, the acknowledged writes that are missing. Rejects when a read fails: an
 * unreadable key is neither whole nor lost.
 */
export async function findLost(
  redis: Redis,
  keys: readonly TrackedKey[],
): Promise<Map<TrackedKey, string[]>> {
  const pipeline = redis.pipeline();
  for (const key of keys) {
    pipeline.call(...readCommand(key));
    if (key.expires) pipeline.pttl(key.name);
  }
  const replies = await repliesOf(pipeline);
  const lost = new Map<TrackedKey, string[]>();
  let at = 0;
  for (const key of keys) {
    const reply = replies[at++];
    const ttlMs = key.expires ? Number(replies[at++]) : undefined;
    const missing = lostOf(key, reply, ttlMs);
    if (missing.length > 0) lost.set(key, missing);
  }
  return lost;
}

async function repliesOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}
