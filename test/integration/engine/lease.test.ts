import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLeases, type Lease, type Leases } from '../../../src/engine/lease.ts';
import { createStoreKeys } from '../../../src/engine/store-keys.ts';
import { startStore, type TestStore, until } from './test-store.ts';

const keys = createStoreKeys();
const KEY = keys.lease('up-1');
let store: TestStore;

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());
beforeEach(() => store.redis.flushall());

function leases(leaseMs: number, redis = store.redis): Leases {
  return createLeases({ redis, keys, leaseMs, newToken: randomUUID });
}
async function hold(leaseMs: number, redis = store.redis): Promise<Lease> {
  const lease = await leases(leaseMs, redis).acquire('up-1');
  if ('busyMs' in lease) throw new Error('busy');
  return lease;
}

describe('the lease', () => {
  it('is had by one at a time, and tells the others how long at most', async () => {
    const lease = await hold(60_000);
    const second = await leases(60_000).acquire('up-1');
    expect(second).toEqual({ busyMs: expect.any(Number) });
    if ('busyMs' in second) expect(second.busyMs).toBeGreaterThan(50_000);
    await lease.release();
  });

  it('goes to exactly one of many who ask at the same instant', async () => {
    const askers = Array.from({ length: 20 }, () => leases(60_000, store.connect()));
    const said = await Promise.all(askers.map((asker) => asker.acquire('up-1')));
    const held = said.filter((answer): answer is Lease => 'token' in answer);
    expect(held).toHaveLength(1);
    await held[0]?.release();
  });

  it('is free at once when it is released', async () => {
    await (await hold(60_000)).release();
    expect(await store.redis.exists(KEY)).toBe(0);
    await (await hold(60_000)).release();
  });

  it('is of one upgrade only', async () => {
    const lease = await hold(60_000);
    const other = await leases(60_000).acquire('up-2');
    expect('token' in other).toBe(true);
    await lease.release();
    if ('token' in other) await other.release();
  });

  it('has a token that was never used before, also after the store lost its data', async () => {
    const tokens = new Set<string>();
    for (let round = 0; round < 50; round += 1) {
      const lease = await hold(60_000);
      tokens.add(lease.token);
      if (round % 2 === 0) await store.redis.flushall();
      await lease.release();
    }
    expect(tokens.size).toBe(50);
  });

  it('is renewed for as long as it is held', async () => {
    const lease = await hold(300);
    const heldUntil = performance.now() + 900;
    await until('three lease times have passed', async () => {
      expect(await store.redis.get(KEY)).toBe(lease.token);
      return performance.now() > heldUntil;
    });
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  it('runs out by itself when its holder is gone', async () => {
    const redis = store.connect();
    const lease = await hold(300, redis);
    redis.disconnect();
    await until('the lease ran out', async () => (await store.redis.exists(KEY)) === 0);
    await until('its holder knows', () => lease.signal.aborted);
    await (await hold(300)).release();
  });

  it('tells its holder when somebody else has it', async () => {
    const lease = await hold(300);
    await store.redis.set(KEY, 'somebody else');
    await until('the loss is known', () => lease.signal.aborted);
    expect(lease.signal.reason).toMatchObject({
      message: 'The lease of up-1 was lost: the store no longer has it',
    });
    await lease.release();
    expect(await store.redis.get(KEY)).toBe('somebody else');
  });

  it('tells its holder when it is gone from the store', async () => {
    const lease = await hold(300);
    await store.redis.del(KEY);
    await until('the loss is known', () => lease.signal.aborted);
    await lease.release();
  });

  it('counts as lost when the store does not answer for as long as it was good', async () => {
    const redis = store.connect();
    const lease = await hold(300, redis);
    await redis.client('PAUSE', 2_000, 'ALL');
    await until('the loss is known', () => lease.signal.aborted);
    expect(lease.signal.reason).toMatchObject({
      message: 'The lease of up-1 was lost: the store did not answer within 300 ms',
    });
    await lease.release();
  });

  it('counts as lost right after its process stood still for too long, before any timer could say so', async () => {
    const lease = await hold(300);
    lease.assertHeld();
    const wakesUpAt = performance.now() + 350;
    while (performance.now() < wakesUpAt);
    expect(() => lease.assertHeld()).toThrow('did not answer within 300 ms');
    expect(lease.signal.aborted).toBe(true);
    await lease.release();
  });

  it('is not taken from its new holder by the release of the old one', async () => {
    const old = await hold(60_000);
    await store.redis.set(KEY, 'new holder');
    await old.release();
    expect(await store.redis.get(KEY)).toBe('new holder');
  });
});
