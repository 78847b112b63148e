import { afterEach, describe, expect, it } from 'vitest';
import { findUnrepairable } from '../../../src/compare/find-unrepairable.ts';
import { temporaryKey } from '../../../src/compare/names/temporary-key.ts';
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
const CAME_AFTER_2_8 = [
  ...[
    'UNLINK',
    'TOUCH',
    'MEMORY',
    'HELLO',
    'COPY',
    'GETDEL',
    'GETEX',
    'EXPIRETIME',
    'PEXPIRETIME',
    'LPOS',
    'LMOVE',
  ],
  ...[
    'XADD',
    'XLEN',
    'XRANGE',
    'XREVRANGE',
    'XINFO',
    'XGROUP',
    'XTRIM',
    'XCLAIM',
    'XPENDING',
    'XSETID',
    'XDEL',
  ],
  ...['SMISMEMBER', 'ZMSCORE', 'ZPOPMIN', 'SWAPDB', 'LOLWUT'],
];
const BLOCKING = [
  'KEYS',
  'SMEMBERS',
  'HGETALL',
  'HKEYS',
  'HVALS',
  'SORT',
  'EVAL',
  'FLUSHALL',
  'FLUSHDB',
  'DUMP',
  'RESTORE',
];
const IN_2_8 = new Set([
  ...[
    'auth',
    'ping',
    'info',
    'select',
    'scan',
    'type',
    'pttl',
    'exists',
    'time',
    'multi',
    'exec',
    'rename',
    'del',
  ],
  ...['set', 'append', 'getrange', 'strlen', 'pexpireat', 'persist', 'rpush', 'lrange', 'llen', 'ltrim'],
  ...['sadd', 'srem', 'sscan', 'scard', 'sismember', 'hmset', 'hdel', 'hscan', 'hlen', 'hmget', 'hexists'],
  ...['zadd', 'zrem', 'zscan', 'zrange', 'zcard', 'zscore', 'zremrangebyrank'],
]);

describe('a repair with a server as old as 2.8', () => {
  it.each(['source', 'target'] as const)(
    'sends it only commands that it has, copying from the %s',
    async (from) => {
      // KEYS is for the test itself.
      const away = [...CAME_AFTER_2_8, ...BLOCKING.filter((name) => name !== 'KEYS')];
      const old = await start(...away.flatMap((name) => ['--rename-command', name, '']));
      const young = await start();
      for (const server of [old, young]) await run(server, oldTypes());
      await run(young, BREAKS);
      await old.client.command('CONFIG', 'RESETSTAT');
      const sides = { source: old.endpoint, target: young.endpoint };
      const outcome = await runRepair({ ...sides, from, options: SMALL_PAGES });
      expect(outcome).toMatchObject({ equal: true, unrepairableCount: 0 });
      const used = [...(await commandsOf(old)).keys()].filter((name) => !name.startsWith('config'));
      expect(used.filter((name) => !IN_2_8.has(name))).toEqual([]);
      await expectEqual(old, young);
    },
  );

  it('names the streams that have no form there, finds them beforehand, and copies everything else', async () => {
    const old = await start(...CAME_AFTER_2_8.flatMap((name) => ['--rename-command', name, '']));
    const young = await start();
    await run(young, [...oldTypes(), ['XADD', 'events', '1-1', 'f', 'v'], ['XADD', 'jobs', '1-1', 'f', 'v']]);
    const parts = {
      source: old.endpoint,
      target: young.endpoint,
      from: 'target',
      options: SMALL_PAGES,
    } as const;
    const found = await findUnrepairable({ ...parts, clock }, { budgetMs: 10_000 });
    expect(found).toMatchObject({ complete: true, count: 2 });
    const why = 'the source has no values of type stream';
    expect(found.examples.map((one) => one.key).sort()).toEqual(['events', 'jobs']);
    expect(found.examples[0]).toMatchObject({ db: 0, type: 'stream', why });
    const outcome = await runRepair(parts);
    expect(outcome).toMatchObject({ equal: false, stillDifferent: 0, unrepairableCount: 2 });
    expect(outcome.unrepairable.map((one) => one.key).sort()).toEqual(['events', 'jobs']);
    expect(await old.client.command('EXISTS', 'events')).toBe(0);
    await run(young, [['DEL', 'events', 'jobs']]);
    await expectEqual(old, young);
  });

  it('finds keys without a form in slices, and those of a database that is not there', async () => {
    const few = await start('--databases', '2');
    const many = await start();
    await run(many, [
      ...oldTypes(),
      ['SELECT', '3'],
      ['MSET', ...range(50).flatMap((n) => [`k${n}`, 'x'])],
      ['SELECT', '0'],
    ]);
    const parts = {
      source: few.endpoint,
      target: many.endpoint,
      clock,
      from: 'target',
      options: SMALL_PAGES,
    } as const;
    let report = await findUnrepairable(parts, { budgetMs: 0 });
    let slices = 1;
    for (; !report.complete; slices += 1)
      report = await findUnrepairable(parts, { budgetMs: 0 }, JSON.parse(JSON.stringify(report.checkpoint)));
    expect(slices).toBeGreaterThan(2);
    expect(report.count).toBe(50);
    expect(report.examples[0]).toMatchObject({ db: 3, why: 'the source has no such database' });
  });
});

describe('a repair of a cluster', () => {
  it('keeps its temporary keys in the slot of the key, whatever braces that has', async () => {
    const source = await start();
    const cluster = await start('--cluster-enabled', 'yes');
    await cluster.client.command('CLUSTER', 'ADDSLOTS', ...range(16_384).map(String));
    await until(
      async () => String(await cluster.client.command('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      'cluster',
    );
    const names = ['plain', '{tag}rest', 'a}b', '{}x', '{', '}', 'a{b', 'x{y}z{w}', '{{q}}', '\r\n', ' '];
    for (const name of names) {
      const slots = await Promise.all(
        [
          Buffer.from(name),
          temporaryKey('new', Buffer.from(name)),
          temporaryKey('old', Buffer.from(name)),
        ].map((key) => cluster.client.command('CLUSTER', 'KEYSLOT', key)),
      );
      expect(new Set(slots).size, name).toBe(1);
    }
    await run(
      source,
      names.map((name) => ['RPUSH', name, ...range(500).map(String)]),
    );
    await run(
      cluster,
      names.map((name) => ['SADD', name, ...range(500).map(String)]),
    );
    const sides = { source: source.endpoint, target: cluster.endpoint };
    expect(await runRepair({ ...sides, from: 'source', options: SMALL_PAGES })).toMatchObject({
      equal: true,
      keysRepaired: names.length,
    });
    await expectEqual(source, cluster);
  });

  it('names the keys of databases that a cluster does not have', async () => {
    const source = await start();
    const cluster = await start('--cluster-enabled', 'yes');
    await cluster.client.command('CLUSTER', 'ADDSLOTS', ...range(16_384).map(String));
    await until(
      async () => String(await cluster.client.command('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      'cluster',
    );
    await run(source, [
      ['SET', 'here', 'x'],
      ['SELECT', '2'],
      ['SET', 'there', 'x'],
    ]);
    const sides = { source: source.endpoint, target: cluster.endpoint };
    const outcome = await runRepair({ ...sides, from: 'source', options: SMALL_PAGES });
    expect(outcome).toMatchObject({ equal: false, keysRepaired: 1, unrepairableCount: 1 });
    expect(outcome.unrepairable[0]).toMatchObject({
      db: 2,
      key: 'there',
      why: 'the target has no such database',
    });
  });
});
