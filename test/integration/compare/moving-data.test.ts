import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { startRedis, type TestServer, until } from './redis-servers.ts';
import { runComparison } from './run-comparison.ts';
import { hardWrites, whileWriting } from './while-writing.ts';

let source: TestServer;
let target: TestServer;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis('--replica-read-only', 'no')]);
  const writes = range(4_000).map((n) => ['SET', `key-${n}`, `value-${n}`]);
  await source.client.pipeline(encodeCommands(writes));
  await source.client.command('SADD', 'big-set', ...range(3_000).map((n) => `member-${n}`));
  await source.client.command('HSET', 'big-hash', ...range(3_000).flatMap((n) => [`field-${n}`, '0']));
  await source.client.command('RPUSH', 'big-list', ...range(3_000).map((n) => `element-${n}`));
  await target.client.command('REPLICAOF', '127.0.0.1', String(source.endpoint.port));
  await until(
    async () => String(await target.client.command('INFO', 'replication')).includes('link_status:up'),
    'link',
  );
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

/** The replica of a busy machine may lag by tenths of a second; rounds have to be further apart than that. */
const OPTIONS = { roundDelayMs: 300, lookDelayMs: 5, pageElements: 500, pageBytes: 16_384 };
const compare = (more = {}) =>
  runComparison({ source: source.endpoint, target: target.endpoint }, { ...OPTIONS, ...more });
/** At full speed the comparison would be over before much was written. */
const LONG_ENOUGH = { maxKeysPerSecond: 10_000 };
/** On a busy machine the replica lags, and a key that moves differs in another way at many looks before it does in the same way. */
const PATIENT = { maxRounds: 50 };

describe('a comparison of data that moves', () => {
  it.each(range(5))('reports no difference between a busy source and its replica (run %i)', async () => {
    const { result, writes } = await whileWriting(source.client, hardWrites, () => compare(LONG_ENOUGH));
    expect(writes).toBeGreaterThan(50);
    expect(result.examples).toEqual([]);
    expect(result).toMatchObject({ equal: true, complete: true, differences: 0 });
  });

  it('finds what really differs among it', async () => {
    await target.client.command('SET', 'key-1234', 'other');
    await target.client.command('DEL', 'key-2345');
    await target.client.command('SET', 'only-here', 'x');
    await target.client.command('LSET', 'big-list', '1500', 'other');
    await target.client.command('SREM', 'big-set', 'member-2999');
    const { result } = await whileWriting(source.client, hardWrites, () => compare(PATIENT));
    expect(result.examples.map(({ key, kind }) => `${key} ${kind}`).sort()).toEqual([
      'big-list value',
      'big-set element_missing',
      'key-1234 value',
      'key-2345 missing',
      'only-here extra',
    ]);
    expect(result.differences).toBe(5);
  });

  it('names the keys that moved, for the check with fenced writes', async () => {
    const frozen = await startRedis();
    try {
      // A target that gets no writes at all: whatever is written to all the time never differs in the same way twice.
      const { result } = await whileWriting(source.client, hardWrites, () =>
        runComparison(
          { source: source.endpoint, target: frozen.endpoint },
          { ...OPTIONS, maxSuspects: 100_000 },
        ),
      );
      expect(result.movingKeys).toContain(`0:${Buffer.from('hot-counter').toString('base64')}`);
      expect(result.unsettledKeys).toBeGreaterThan(0);
      expect(result.byKind.missing).toBeGreaterThanOrEqual(4_000);
    } finally {
      await frozen.stop();
    }
  });
});
