import { afterEach, describe, expect, it } from 'vitest';
import type { RepairExample } from '../../../src/compare/repair/repair-checkpoint.ts';
import { createRepair } from '../../../src/compare/repair.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { RedisErrorReply } from '../../../src/compare/wire/resp-reply.ts';
import { startRedis, type TestServer, until } from './redis-servers.ts';
import { BREAKS, commandsOf, expectEqual, oldTypes, range, run, SMALL_PAGES } from './repair-data.ts';
import { clock } from './run-comparison.ts';
import { runRepair } from './run-repair.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
async function start(...settings: string[]): Promise<TestServer> {
  const server = await startRedis(...settings);
  servers.push(server);
  return server;
}
async function pair(): Promise<[TestServer, TestServer]> {
  return Promise.all([start(), start()]);
}

describe('a repair', () => {
  it('changes nothing in a dry run, and lists what it would do', async () => {
    const [source, target] = await pair();
    for (const server of [source, target]) await run(server, oldTypes());
    await run(target, BREAKS);
    for (const server of [source, target]) await server.client.command('CONFIG', 'RESETSTAT');
    const sides = { source: source.endpoint, target: target.endpoint };
    const told: RepairExample[] = [];
    const outcome = await runRepair({
      ...sides,
      from: 'source',
      options: { ...SMALL_PAGES, dryRun: true, maxExamples: 5 },
      onRepair: (repair) => told.push(repair),
    });
    expect(outcome).toMatchObject({ equal: false, keysRepaired: 11, keysDeleted: 2, stillDifferent: 13 });
    // The outcome holds a few, the list is told as it is made.
    expect(outcome.examples).toEqual(told.slice(0, 5));
    expect(told).toHaveLength(13);
    const actions = new Map(told.map((one) => [one.key, one.action]));
    expect(actions.get('extra')).toBe('delete');
    expect(actions.get('extra-500')).toBe('delete');
    expect(actions.get('key-5')).toBe('copy');
    expect(actions.get('expiring')).toBe('expiry');
    for (const server of [source, target]) {
      const writes = [
        'set',
        'del',
        'multi',
        'rename',
        'pexpireat',
        'persist',
        'rpush',
        'sadd',
        'hmset',
        'zadd',
        'append',
      ];
      const used = await commandsOf(server);
      expect(writes.filter((name) => used.has(name))).toEqual([]);
      expect(String(await server.client.command('INFO', 'replication'))).toContain('master_repl_offset:0');
    }
  });

  it('copies keys whose expiry was renewed between snapshot and replay and that are missing on the target', async () => {
    const [source, target] = await pair();
    // As a full and incremental copy does it: the snapshot carries a short expiry, which runs out on the
    // target before the replay gets to the renewal; EXPIRE on a missing key does nothing.
    for (const server of [source, target])
      await run(
        server,
        range(20).map((n) => ['SET', `session-${n}`, `user-${n}`, 'PX', '300']),
      );
    await run(
      source,
      range(20).map((n) => ['PEXPIRE', `session-${n}`, '3600000']),
    );
    await until(async () => (await target.client.command('EXISTS', 'session-19')) === 0, 'expiry');
    await run(
      target,
      range(20).map((n) => ['PEXPIRE', `session-${n}`, '3600000']),
    );
    const sides = { source: source.endpoint, target: target.endpoint };
    const outcome = await runRepair({ ...sides, from: 'source', options: SMALL_PAGES });
    expect(outcome).toMatchObject({ equal: true, keysRepaired: 20, keysDeleted: 0 });
    expect(outcome.byKind).toMatchObject({ missing: 20 });
    await expectEqual(source, target);
  });

  it('copies the moment of expiry, not the time left', async () => {
    const [source, target] = await pair();
    await run(source, [
      ['SET', 'string', 'x', 'PX', '3600000'],
      ['RPUSH', 'list', ...range(500).map(String)],
      ['PEXPIRE', 'list', '3600000'],
      ['SADD', 'set', ...range(500).map(String)],
      ['PEXPIRE', 'set', '3600000'],
      ['SET', 'only', 'x', 'PX', '3600000'],
    ]);
    await run(target, [
      ['SADD', 'set', 'other'],
      ['SET', 'only', 'x'],
    ]);
    const sides = { source: source.endpoint, target: target.endpoint };
    expect(await runRepair({ ...sides, from: 'source', options: SMALL_PAGES })).toMatchObject({
      equal: true,
    });
    for (const key of ['string', 'list', 'set', 'only']) {
      const [given, copied] = await Promise.all(
        [source, target].map((server) => server.client.command('PEXPIRETIME', key)),
      );
      // PTTL and TIME are two questions: a few milliseconds on a busy machine.
      expect(Math.abs(Number(given) - Number(copied)), key).toBeLessThanOrEqual(20);
    }
  });

  it('repairs an expiry without writing the value', async () => {
    const [source, target] = await pair();
    for (const server of [source, target])
      await run(server, [
        ['SET', 'a', 'x'],
        ['SET', 'b', 'x', 'PX', '3600000'],
      ]);
    await run(target, [
      ['PEXPIRE', 'a', '1000000'],
      ['PERSIST', 'b'],
      ['CONFIG', 'RESETSTAT'],
    ]);
    const sides = { source: source.endpoint, target: target.endpoint };
    const outcome = await runRepair({ ...sides, from: 'source', options: SMALL_PAGES });
    expect(outcome.examples.map((one) => one.action)).toEqual(['expiry', 'expiry']);
    const used = await commandsOf(target);
    expect(used.has('set')).toBe(false);
    expect(used.get('persist')).toBe(1);
    await expectEqual(source, target);
  });

  it('takes a large value away in pages, never in one go', async () => {
    const [source, target] = await pair();
    await run(target, [
      ['ZADD', 'zset', ...range(2_000).flatMap((n) => [String(n), `m${n}`])],
      ['SADD', 'set', ...range(2_000).map(String)],
      ['HMSET', 'hash', ...range(2_000).flatMap((n) => [`f${n}`, 'v'])],
      ['RPUSH', 'list', ...range(2_000).map(String)],
      ...range(500).map((n) => ['XADD', 'stream', `${n + 1}-1`, 'f', 'v']),
    ]);
    await run(source, [['SET', 'zset', 'now a string']]);
    await target.client.command('CONFIG', 'RESETSTAT');
    const sides = { source: source.endpoint, target: target.endpoint };
    const outcome = await runRepair({ ...sides, from: 'source', options: SMALL_PAGES });
    expect(outcome).toMatchObject({ equal: true, keysRepaired: 1, keysDeleted: 4 });
    const used = await commandsOf(target);
    for (const name of ['zremrangebyrank', 'srem', 'hdel', 'ltrim'])
      expect(used.get(name), name).toBeGreaterThanOrEqual(35);
    expect(used.get('xtrim')).toBe(9);
    await expectEqual(source, target);
  });

  it('says which side takes no writes and what to do, and does not try again by itself', async () => {
    const [source, target] = await pair();
    await run(target, oldTypes());
    const replica = await start('--replicaof', `127.0.0.1 ${source.endpoint.port}`);
    await until(
      async () => String(await replica.client.command('INFO', 'replication')).includes('link_status:up'),
      'link',
    );
    const parts = {
      source: replica.endpoint,
      target: target.endpoint,
      from: 'target',
      options: SMALL_PAGES,
    } as const;
    const repair = createRepair({ ...parts, clock });
    const failure = await repair.advance(undefined, { budgetMs: 5_000 }).catch((error: unknown) => error);
    await repair.close();
    expect(failure).toMatchObject({ code: 'COMPARE_WRITE_REFUSED', retryable: false });
    const message = failure instanceof Error ? failure.message : '';
    expect(message).toContain(`the source 127.0.0.1:${replica.endpoint.port}`);
    expect(message).toContain('READONLY');
    expect(message).toContain('make it writable');
    expect(message).not.toContain('value-');
    await run(replica, [['REPLICAOF', 'NO', 'ONE']]);
    expect(await runRepair(parts)).toMatchObject({ equal: true });
  });

  it('keeps to the rate of changes it was given', async () => {
    const [source, target] = await pair();
    await run(source, [['MSET', ...range(600).flatMap((n) => [`key-${n}`, 'x'])]]);
    const startedAt = performance.now();
    const options = { ...SMALL_PAGES, maxRepairsPerSecond: 500 };
    const outcome = await runRepair({
      source: source.endpoint,
      target: target.endpoint,
      from: 'source',
      options,
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(outcome).toMatchObject({ equal: true, keysRepaired: 600 });
    expect(outcome.keysRepaired / seconds).toBeLessThan(620);
  });

  it('copies more keys than may be suspects, without a round for each few of them', async () => {
    const [source, target] = await pair();
    await source.client.pipeline(encodeCommands(range(5_000).map((n) => ['SET', `key-${n}`, `value-${n}`])));
    await source.client.pipeline(
      encodeCommands(range(300).map((n) => ['RPUSH', `list-${n}`, ...range(60).map(String)])),
    );
    const options = { ...SMALL_PAGES, maxSuspects: 200 };
    const outcome = await runRepair({
      source: source.endpoint,
      target: target.endpoint,
      from: 'source',
      options,
    });
    expect(outcome).toMatchObject({ equal: true, complete: true, keysRepaired: 5_300, stillDifferent: 0 });
    await expectEqual(source, target);
  });

  it('carries over a large stream with its groups and what they have not acknowledged', async () => {
    const [source, target] = await pair();
    await run(source, [
      ...range(300).map((n) => ['XADD', 'stream', `${n + 1}-0`, 'f', `v${n}`, 'g', '']),
      ['XGROUP', 'CREATE', 'stream', 'group', '0'],
      ['XREADGROUP', 'GROUP', 'group', 'alice', 'COUNT', '70', 'STREAMS', 'stream', '>'],
      ['XREADGROUP', 'GROUP', 'group', 'bob', 'COUNT', '30', 'STREAMS', 'stream', '>'],
      ['XACK', 'stream', 'group', '3-0'],
      ['XDEL', 'stream', '300-0'],
      ['PEXPIRE', 'stream', '3600000'],
    ]);
    const sides = { source: source.endpoint, target: target.endpoint };
    expect(await runRepair({ ...sides, from: 'source', options: SMALL_PAGES })).toMatchObject({
      equal: true,
    });
    const of = (server: TestServer) => server.client.command('XPENDING', 'stream', 'group');
    expect(JSON.stringify(await of(target))).toBe(JSON.stringify(await of(source)));
    const last = await target.client.command('XADD', 'stream', '300-0', 'f', 'v');
    expect(last).toBeInstanceOf(RedisErrorReply);
  });

  it('waits for a difference to last before it repairs, where a sync job copies too', async () => {
    const source = await start();
    const target = await start('--replica-read-only', 'no');
    await run(source, oldTypes());
    await run(target, [['REPLICAOF', '127.0.0.1', String(source.endpoint.port)]]);
    await until(async () => (await target.client.command('EXISTS', 'hash-500')) === 1, 'link');
    await run(target, [['SET', 'key-7', 'broken']]);
    const options = { ...SMALL_PAGES, roundDelayMs: 50, looksBeforeRepair: 2 };
    const repair = createRepair({
      source: source.endpoint,
      target: target.endpoint,
      from: 'source',
      options,
      clock,
    });
    const first = await repair.advance(undefined, { budgetMs: 20 });
    expect(first.progress.keysRepaired).toBe(0);
    await repair.close();
    const outcome = await runRepair({
      source: source.endpoint,
      target: target.endpoint,
      from: 'source',
      options,
    });
    expect(outcome).toMatchObject({ equal: true, keysRepaired: 1 });
  });
});
