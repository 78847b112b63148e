import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createJournal, type Journal } from '../../../src/engine/journal.ts';
import { createLeases, type Lease } from '../../../src/engine/lease.ts';
import { createStoreKeys } from '../../../src/engine/store-keys.ts';
import type { EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import {
  approvalRequested,
  eventAt,
  journal as eventsOf,
  REQUESTED,
  SOURCE,
  TARGET,
} from '../../unit/upgrade/samples.ts';
import { startStore, type TestStore } from './test-store.ts';

const ID = 'up-aaaa1111';
const STARTED: EventBody = { type: 'step_started', step: 'assess' };
const ENDED: EventBody = { type: 'ended', outcome: 'rolled_back' };
const keys = createStoreKeys();
let store: TestStore;
let journal: Journal;

beforeAll(async () => {
  store = await startStore();
  journal = createJournal(store.redis, keys);
});
afterAll(() => store.stop());
beforeEach(() => store.redis.flushall());

type Requested = Extract<JournalEvent, { type: 'requested' }>;
function request(upgradeId = ID, source = SOURCE.id, target = TARGET.id): Requested {
  return { ...eventAt(0, REQUESTED), upgradeId, source, target } as Requested;
}
let tokens = 0;
async function lease(name = ID): Promise<Lease> {
  const newToken = () => `token-${++tokens}`;
  const acquired = await createLeases({ redis: store.redis, keys, leaseMs: 60_000, newToken }).acquire(name);
  if ('busyMs' in acquired) throw new Error('busy');
  return acquired;
}

describe('the journal', () => {
  it('gives back what was appended, oldest first', async () => {
    expect(await journal.create(request())).toBe('created');
    expect(await journal.append(ID, eventAt(1, STARTED), undefined)).toBe('appended');
    expect(await journal.read(ID)).toEqual(eventsOf([REQUESTED, STARTED]));
    expect(await journal.length(ID)).toBe(2);
  });

  it('is empty for an upgrade that there is not', async () => {
    expect(await journal.read('up-none')).toEqual([]);
    expect(await journal.length('up-none')).toBe(0);
  });

  it('appends only at the end it was told: neither over an event nor after a gap', async () => {
    await journal.create(request());
    expect(await journal.append(ID, eventAt(0, STARTED), undefined)).toBe('conflict');
    expect(await journal.append(ID, eventAt(2, STARTED), undefined)).toBe('conflict');
    expect(await journal.length(ID)).toBe(1);
  });

  it('lets exactly one of many writers at the same instant append', async () => {
    await journal.create(request());
    const writers = Array.from({ length: 20 }, () => createJournal(store.connect(), keys));
    const said = await Promise.all(
      writers.map((writer) => writer.append(ID, eventAt(1, STARTED), undefined)),
    );
    expect(said.filter((answer) => answer === 'appended')).toHaveLength(1);
    expect(said.filter((answer) => answer === 'conflict')).toHaveLength(19);
    expect(await journal.length(ID)).toBe(2);
  });

  it('fences off whoever lost the lease, be it to somebody else or to nobody', async () => {
    await journal.create(request());
    const stale = await lease();
    await store.redis.del(keys.lease(ID));
    expect(await journal.append(ID, eventAt(1, STARTED), stale.token)).toBe('fenced');
    const fresh = await lease();
    expect(await journal.append(ID, eventAt(1, STARTED), stale.token)).toBe('fenced');
    expect(await journal.append(ID, eventAt(1, STARTED), fresh.token)).toBe('appended');
    await Promise.all([stale.release(), fresh.release()]);
  });

  it('fences off the holder of before also when the store lost what came after', async () => {
    await journal.create(request());
    const before = await lease();
    await store.redis.flushall();
    await journal.create(request());
    const after = await lease();
    expect(await journal.append(ID, eventAt(1, STARTED), before.token)).toBe('fenced');
    await Promise.all([before.release(), after.release()]);
  });

  it('rejects on a line that it cannot read, rather than take it for an empty journal', async () => {
    await journal.create(request());
    await store.redis.rpush(keys.journal(ID), '{"v":1,"type":"exploded"}');
    await expect(journal.read(ID)).rejects.toThrow();
    await store.redis.rpush(keys.journal('up-broken'), 'no json');
    await expect(journal.read('up-broken')).rejects.toThrow();
  });

  it('refuses to write a line that it could not read back', async () => {
    await journal.create(request());
    const notANumber = eventAt(1, { type: 'verification_stale', ageMs: Number.NaN });
    await expect(journal.append(ID, notANumber, undefined)).rejects.toThrow();
    expect(await journal.length(ID)).toBe(1);
  });
});

describe('the instances of an upgrade', () => {
  it.each([
    ['its source as source', 'crs-source', 'crs-free', 'crs-source'],
    ['its source as target', 'crs-free', 'crs-source', 'crs-source'],
    ['its target as source', 'crs-target', 'crs-free', 'crs-target'],
    ['its target as target', 'crs-free', 'crs-target', 'crs-target'],
  ])('are held while it lasts: refuses %s, and says by whom', async (...[, source, target, instance]) => {
    await journal.create(request());
    const second = await journal.create(request('up-bbbb2222', source, target));
    expect(second).toEqual({ heldBy: ID, instance });
    expect(await journal.read('up-bbbb2222')).toEqual([]);
    expect(await journal.unfinished()).toEqual([ID]);
    expect(await journal.holderOf('crs-free')).toBeUndefined();
  });

  it('go to exactly one of two requests at the same instant', async () => {
    const others = [store.connect(), store.connect()].map((redis) => createJournal(redis, keys));
    const said = await Promise.all(others.map((other, index) => other.create(request(`up-${index}`))));
    expect(said.filter((answer) => answer === 'created')).toHaveLength(1);
    expect(await journal.unfinished()).toHaveLength(1);
  });

  it('are free again once it has ended, and it is no longer unfinished', async () => {
    await journal.create(request());
    await journal.append(ID, eventAt(1, ENDED), undefined);
    expect(await journal.unfinished()).toEqual([]);
    expect(await journal.holderOf(SOURCE.id)).toBeUndefined();
    expect(await journal.holderOf(TARGET.id)).toBeUndefined();
    expect(await journal.newest(10)).toEqual([ID]);
  });

  it('stay with whoever has them now when an older upgrade ends late', async () => {
    await journal.create(request());
    await store.redis.set(keys.instance(SOURCE.id), 'up-bbbb2222');
    await journal.append(ID, eventAt(1, ENDED), undefined);
    expect(await journal.holderOf(SOURCE.id)).toBe('up-bbbb2222');
    expect(await journal.holderOf(TARGET.id)).toBeUndefined();
  });

  it('are not released by an end that was not appended', async () => {
    await journal.create(request());
    expect(await journal.append(ID, eventAt(7, ENDED), undefined)).toBe('conflict');
    expect(await journal.holderOf(SOURCE.id)).toBe(ID);
    expect(await journal.unfinished()).toEqual([ID]);
  });

  it('refuses a second upgrade of the same id as a defect', async () => {
    await journal.create(request());
    await expect(journal.create(request(ID, 'crs-a', 'crs-b'))).rejects.toThrow('exists already');
  });
});

describe('what is looked up', () => {
  it('lists unfinished upgrades oldest first and all of them newest first, as many as asked for', async () => {
    for (const number of [1, 2, 3]) {
      await journal.create({ ...request(`up-${number}`, `crs-s${number}`, `crs-t${number}`), atMs: number });
    }
    expect(await journal.unfinished()).toEqual(['up-1', 'up-2', 'up-3']);
    expect(await journal.newest(2)).toEqual(['up-3', 'up-2']);
    expect(await journal.newest(0)).toEqual([]);
  });

  it('finds the upgrade that an approval was requested for', async () => {
    await journal.create(request());
    await journal.append(ID, eventAt(1, approvalRequested('ap-1')), undefined);
    expect(await journal.upgradeOfApproval('ap-1')).toBe(ID);
    expect(await journal.upgradeOfApproval('ap-2')).toBeUndefined();
    expect(await journal.upgradeOfApproval('')).toBeUndefined();
  });
});
