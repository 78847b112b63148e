import type { Redis } from 'ioredis';
import { refusalOf } from './connection.ts';
import type { Ledger } from './ledger.ts';
import type { TrackedKey } from './tracked-key.ts';
import { findLost } from './verify.ts';
import { removeKey } from './workload.ts';

const keysPerRound = 200;

/**
 * One round of keeping memory bounded, through the address like any client: verifies the oldest keys and deletes them,
 * looks whether keys deleted long ago are still gone, and forgets those. A round that fails is repeated by the next.
 */
export async function tidyRound(ledger: Ledger, redis: Redis): Promise<void> {
  const retiring = ledger.toRetire(keysPerRound);
  if (retiring.length > 0) {
    await enterLost(ledger, redis, retiring);
    await Promise.all(retiring.map((key) => remove(ledger, redis, key)));
  }
  const forgetting = ledger.toForget(keysPerRound);
  if (forgetting.length > 0) {
    await enterLost(ledger, redis, forgetting);
    for (const key of forgetting) ledger.forget(key);
  }
}

async function enterLost(ledger: Ledger, redis: Redis, keys: TrackedKey[]): Promise<void> {
  for (const [key, what] of await findLost(redis, keys)) {
    ledger.lose(key, what);
    // Counted once: what is missing is no longer expected.
    for (const token of what) key.tokens.delete(token);
  }
}

async function remove(ledger: Ledger, redis: Redis, key: TrackedKey): Promise<void> {
  try {
    await removeKey(ledger, key, redis.del(key.name));
    ledger.end([], '', 'acknowledged');
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) ledger.refusedWith(refusal);
    ledger.end([], '', refusal === undefined ? 'unknown' : 'refused');
  }
}
