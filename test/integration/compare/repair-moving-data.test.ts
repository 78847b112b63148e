import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { expectEqual, range } from './repair-data.ts';
import { runRepair } from './run-repair.ts';
import { whileWriting } from './while-writing.ts';

let source: TestServer;
let target: TestServer;

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  for (const { client } of [source, target]) {
    await client.pipeline(encodeCommands(range(4_000).map((n) => ['SET', `key-${n}`, `value-${n}`])));
    await client.command('SADD', 'big-set', ...range(3_000).map((n) => `member-${n}`));
    await client.command('HSET', 'big-hash', ...range(3_000).flatMap((n) => [`field-${n}`, '0']));
    await client.command('RPUSH', 'queue', ...range(3_000).map((n) => `element-${n}`));
    await client.command('ZADD', 'board', ...range(3_000).flatMap((n) => [String(n), `member-${n}`]));
  }
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

/** Ten writes to small and large keys, old and new ones. */
function writesOf(turn: number): string[][] {
  const n = String(turn);
  const near = String(turn % 50);
  return [
    ['INCR', 'hot-counter'],
    ['SET', `new-${turn}`, n],
    ['DEL', `key-${turn % 4_000}`],
    ['SET', `lock-${near}`, 'same', 'PX', '60'],
    ['LPUSH', 'queue', n],
    ['RPOP', 'queue'],
    ['SADD', 'big-set', `moving-${turn}`],
    ['SREM', 'big-set', `moving-${turn - 25}`],
    ['HINCRBY', 'big-hash', `field-${turn % 3_000}`, '1'],
    ['ZINCRBY', 'board', '0.1', `member-${turn % 3_000}`],
  ];
}

const OPTIONS = { roundDelayMs: 50, pageElements: 500, pageBytes: 16_384, maxRounds: 6, rounds: 3 };

describe('a copy back to the source', () => {
  it('follows a target that is written to, and becomes equal once that is fenced', async () => {
    const parts = { source: source.endpoint, target: target.endpoint, from: 'target' } as const;
    const live = await whileWriting(target.client, writesOf, () => runRepair({ ...parts, options: OPTIONS }));
    expect(live.writes).toBeGreaterThan(200);
    expect(live.result).toMatchObject({
      equal: false,
      complete: true,
      stillDifferent: 0,
      unrepairableCount: 0,
    });
    expect(live.result.unsettledKeys).toBeGreaterThan(0);
    expect(live.result.keysRepaired).toBeGreaterThan(20);
    // Nobody writes any more.
    const rest = await runRepair({ ...parts, options: { ...OPTIONS, roundDelayMs: 0 } });
    expect(rest).toMatchObject({ equal: true, complete: true, stillDifferent: 0, unsettledKeys: 0 });
    expect(await source.client.command('GET', 'hot-counter')).toEqual(
      await target.client.command('GET', 'hot-counter'),
    );
    await expectEqual(source, target);
    // A third pass finds nothing to do.
    const again = await runRepair({ ...parts, options: { ...OPTIONS, roundDelayMs: 0 } });
    expect(again).toMatchObject({ equal: true, keysRepaired: 0, keysDeleted: 0 });
  });
});
