import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../src/compare/comparison-options.ts';
import { BatchMemory } from '../../../src/compare/lane/batch-memory.ts';
import type { Lane } from '../../../src/compare/lane/lane.ts';
import { Brake } from '../../../src/compare/pace/brake.ts';
import { Pace } from '../../../src/compare/pace/pace.ts';
import { freshState } from '../../../src/compare/sweep/checkpoint.ts';
import { Listing } from '../../../src/compare/sweep/listing.ts';
import type { Work } from '../../../src/compare/sweep/mender.ts';
import type { RawReply } from '../../../src/compare/wire/raw-reply.ts';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';

/** A page of SCAN as it is on the wire. */
function page(cursor: string, names: readonly string[]): Buffer {
  const bulks = names.map((name) => `$${name.length}\r\n${name}\r\n`).join('');
  return Buffer.from(`*2\r\n$${cursor.length}\r\n${cursor}\r\n*${names.length}\r\n${bulks}`);
}

/** A side that answers SCAN with one of these after the other; an Error is a connection that breaks. */
function sideOf(replies: readonly (Buffer | Error)[]) {
  let asked = 0;
  const connection: RedisConnection = {
    command: async () => null,
    pipeline: async (): Promise<RawReply[]> => {
      const reply = replies[asked++];
      if (reply === undefined || reply instanceof Error) throw reply ?? new Error('asked too often');
      return [reply];
    },
    close: () => undefined,
  };
  return { connection, asked: () => asked };
}

function workOn(source: RedisConnection, settings: { batchKeys: number; isOver?: () => boolean }) {
  const clock = { now: () => 0 };
  const listing = new Listing();
  const work: Work = {
    state: { ...freshState(), databases: [0] },
    context: {
      options: resolveOptions({ batchKeys: settings.batchKeys, lanes: 1, batchesPerScan: 2 }),
      clock,
    },
    time: {
      clock: { now: () => (settings.isOver?.() === true ? 2 : 0) },
      deadline: 1,
      signal: undefined,
    },
    pace: new Pace({}, clock),
    brake: new Brake(0, clock),
    mender: undefined,
    onDifference: undefined,
    listing,
    onTheWay: new Map(),
    isCounting: false,
  };
  const lane: Lane = {
    source,
    target: source,
    pulse: source,
    memory: new BatchMemory(),
    bytesTold: 0,
    db: 0,
    sourceHasDb: true,
    targetHasDb: true,
    targetKnowsMany: false,
  };
  return { work, listing, lane };
}

const namesIn = (keys: { toArray(): Buffer[] } | undefined) => keys?.toArray().map(String);

describe('a listing', () => {
  it('cuts pages into batches of even size, and leaves no crumb of a few names', async () => {
    const names = Array.from({ length: 11 }, (_, n) => `key-${n}`);
    const { work, listing, lane } = workOn(sideOf([page('0', names)]).connection, { batchKeys: 5 });
    const sizes = [await listing.take(work, lane), await listing.take(work, lane)].map((keys) => keys?.count);
    expect(sizes).toEqual([6, 5]);
    expect(await listing.take(work, lane)).toBeUndefined();
    expect(work.state.cursor).toBe('end');
  });

  it('asks for the next page before the names run out, and for one at a time', async () => {
    const side = sideOf([page('7', ['a', 'b']), page('9', ['c', 'd']), page('0', ['e'])]);
    const { work, listing, lane } = workOn(side.connection, { batchKeys: 1 });
    const taken = await Promise.all([listing.take(work, lane), listing.take(work, lane)]);
    expect(taken.map(namesIn)).toEqual([['a'], ['b']]);
    await listing.settled();
    expect(side.asked()).toBe(2);
    expect(namesIn(listing.takeListed())).toEqual(['c']);
  });

  it('goes on over pages without a name, and stops there when the slice is over', async () => {
    const side = sideOf([page('3', []), page('5', []), page('0', ['a'])]);
    const { work, listing, lane } = workOn(side.connection, { batchKeys: 5 });
    expect(namesIn(await listing.take(work, lane))).toEqual(['a']);
    const late = sideOf([page('3', []), page('0', ['a'])]);
    const over = workOn(late.connection, { batchKeys: 5, isOver: () => true });
    expect(await over.listing.take(over.work, over.lane)).toBeUndefined();
    expect([late.asked(), over.work.state.cursor]).toEqual([1, '3']);
  });

  it('lists nothing ahead once the slice is over', async () => {
    const side = sideOf([page('3', ['a', 'b']), page('0', ['c'])]);
    const { work, listing, lane } = workOn(side.connection, { batchKeys: 1, isOver: () => true });
    expect(namesIn(await listing.take(work, lane))).toEqual(['a']);
    await listing.settled();
    expect(side.asked()).toBe(1);
  });

  it('says what went wrong ahead to whoever finds nothing listed', async () => {
    const side = sideOf([page('3', ['a']), new Error('lost'), new Error('lost again')]);
    const { work, listing, lane } = workOn(side.connection, { batchKeys: 5 });
    expect(namesIn(await listing.take(work, lane))).toEqual(['a']);
    await expect(listing.settled()).rejects.toThrow('lost');
    await expect(listing.take(work, lane)).rejects.toThrow('lost again');
    expect(work.state.cursor).toBe('3');
  });
});
