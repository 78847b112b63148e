import { afterEach, describe, expect, it } from 'vitest';
import { startRedis, startRedis28, type TestServer } from './redis-servers.ts';
import {
  BREAKS,
  commandsOf,
  expectEqual,
  oldTypes,
  SMALL_PAGES as REPAIR_PAGES,
  run,
} from './repair-data.ts';
import { QUICK, runComparison } from './run-comparison.ts';
import { runRepair } from './run-repair.ts';

/** Every command the comparison may send to a source with the types of 2.8, each of which 2.8.0 has. */
const IN_2_8 = new Set([
  ...['auth', 'ping', 'info', 'select', 'scan', 'type', 'pttl', 'exists'],
  ...['getrange', 'strlen', 'lrange', 'llen', 'sscan', 'scard', 'sismember'],
  ...['zrange', 'zscan', 'zcard', 'zscore', 'hscan', 'hlen', 'hmget', 'hexists'],
]);
/** Commands that came after 2.8, and those that can block a server or give an unbounded reply. */
const TAKEN_AWAY = [
  ...[
    'UNLINK',
    'TOUCH',
    'MEMORY',
    'HELLO',
    'XLEN',
    'XRANGE',
    'XINFO',
    'SMISMEMBER',
    'ZMSCORE',
    'GETDEL',
    'COPY',
    'LPOS',
  ],
  ...[
    'KEYS',
    'SMEMBERS',
    'HGETALL',
    'HKEYS',
    'HVALS',
    'DUMP',
    'DEBUG',
    'SORT',
    'MGET',
    'GET',
    'EVAL',
    'OBJECT',
  ],
];
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
async function start(...settings: string[]): Promise<TestServer> {
  const server = await startRedis(...settings);
  servers.push(server);
  return server;
}

async function fill(server: TestServer): Promise<void> {
  const { client } = server;
  await client.command('MSET', ...range(300).flatMap((n) => [`{k}key-${n}`, `value-${n}`]));
  await client.command('SET', 'string', 'x'.repeat(10_000));
  for (const size of [5, 500]) {
    await client.command('RPUSH', `list-${size}`, ...range(size).map(String));
    await client.command('SADD', `set-${size}`, ...range(size).map((n) => `m${n}`));
    await client.command('ZADD', `zset-${size}`, ...range(size).flatMap((n) => [`${n}`, `m${n}`]));
    await client.command('HSET', `hash-${size}`, ...range(size).flatMap((n) => [`f${n}`, `v${n}`]));
  }
  await client.command('EXPIRE', 'list-5', '1000');
}

/** Breaks one key in every way that makes the comparison ask a different question. */
async function breakThings(server: TestServer): Promise<number> {
  const commands = [
    ['DEL', '{k}key-5'],
    ['SET', 'extra', 'x'],
    ['LSET', 'list-500', '250', 'x'],
    ['SADD', 'set-500', 'surplus'],
    ['HSET', 'hash-500', 'surplus', 'x'],
    ['ZREM', 'zset-500', 'm250'],
    ['PERSIST', 'list-5'],
    ['HDEL', 'hash-5', 'f1'],
    ['DEL', 'set-5'],
  ];
  for (const command of commands) await server.client.command(...command);
  await server.client.command('SET', 'set-5', 'other type');
  return commands.length;
}

const SMALL_PAGES = { ...QUICK, rounds: 2, pageElements: 50, pageBytes: 2_048 };

/** A real 2.8 where `SANDBOX_REDIS_2_8` names one; else whichever server there is, which proves less. */
describe('the server that stands for 2.8', () => {
  it('is compared and repaired by commands that it has', async () => {
    const old = await startRedis28();
    servers.push(old);
    const young = await start();
    for (const server of [old, young]) await run(server, oldTypes());
    const sides = { source: old.endpoint, target: young.endpoint };
    expect(await runComparison(sides, SMALL_PAGES)).toMatchObject({ equal: true, differences: 0 });
    for (const from of ['source', 'target'] as const) {
      await run(from === 'source' ? young : old, BREAKS);
      expect(await runRepair({ ...sides, from, options: REPAIR_PAGES })).toMatchObject({ equal: true });
      await expectEqual(old, young);
    }
    // A 2.8 does not count what it does not know; errors would have shown above.
    expect([...(await commandsOf(old)).keys()]).toContain('hscan');
  });
});

describe('a source as old as 2.8', () => {
  it('is sent only commands that 2.8 has and that cannot block it', async () => {
    const renamed = TAKEN_AWAY.flatMap((name) => ['--rename-command', name, '']);
    const [source, target] = await Promise.all([start(...renamed), start()]);
    await Promise.all([fill(source), fill(target)]);
    await source.client.command('SELECT', '2');
    await source.client.command('SET', 'in-two', 'x');
    const differences = (await breakThings(target)) + 1;
    await source.client.command('CONFIG', 'RESETSTAT');
    const verdict = await runComparison({ source: source.endpoint, target: target.endpoint }, SMALL_PAGES);
    expect(verdict.differences).toBe(differences);
    const stats = String(await source.client.command('INFO', 'commandstats'));
    const used = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map((match) => match[1] ?? '');
    expect(used).toContain('hscan');
    expect(used.filter((name) => !IN_2_8.has(name) && !name.startsWith('config'))).toEqual([]);
  });

  it('is never asked for more than a page, however big its keys are', async () => {
    const [source, target] = await Promise.all([start(), start()]);
    await Promise.all([fill(source), fill(target)]);
    // Big on the source only: what the target knows must not decide how much is asked of the source.
    await source.client.command('RPUSH', 'list-5', ...range(50_000).map((n) => `element-${n}`));
    await source.client.command('SADD', 'set-5', ...range(50_000).map((n) => `member-${n}`));
    await source.client.command('CONFIG', 'RESETSTAT');
    const verdict = await runComparison({ source: source.endpoint, target: target.endpoint }, SMALL_PAGES);
    expect(verdict).toMatchObject({ equal: false, differences: 2 });
    const sent = Number(
      /total_net_output_bytes:(\d+)/.exec(String(await source.client.command('INFO', 'stats')))?.[1],
    );
    expect(sent).toBeLessThan(600_000);
  });
});

describe('a target in cluster mode', () => {
  async function startCluster(): Promise<TestServer> {
    const cluster = await start('--cluster-enabled', 'yes');
    await cluster.client.command('CLUSTER', 'ADDSLOTS', ...range(16_384).map(String));
    const deadline = Date.now() + 10_000;
    while (!String(await cluster.client.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      if (Date.now() > deadline) throw new Error('the cluster did not come up');
    }
    return cluster;
  }

  it('is compared without commands over several slots', async () => {
    const [source, target] = await Promise.all([start(), startCluster()]);
    await fill(source);
    await fill(target);
    const sides = { source: source.endpoint, target: target.endpoint };
    expect(await runComparison(sides, SMALL_PAGES)).toMatchObject({ equal: true, differences: 0 });
    const differences = await breakThings(target);
    expect((await runComparison(sides, SMALL_PAGES)).differences).toBe(differences);
  });

  it('lacks every key of another database', async () => {
    const [source, target] = await Promise.all([start(), startCluster()]);
    await source.client.command('SELECT', '1');
    await source.client.command('MSET', ...range(10).flatMap((n) => [`key-${n}`, 'x']));
    await source.client.command('RPUSH', 'list', ...range(500).map(String));
    const verdict = await runComparison({ source: source.endpoint, target: target.endpoint }, SMALL_PAGES);
    expect(verdict.byKind.missing).toBe(11);
    expect(verdict.byType).toEqual({ string: 10, list: 1 });
    // The other way round the same keys are too many.
    const reverse = await runComparison({ source: target.endpoint, target: source.endpoint }, SMALL_PAGES);
    expect(reverse.byKind.extra).toBe(11);
  });

  it('is refused in plain words when it holds only a part of the slots', async () => {
    const [source, target] = await Promise.all([start(), start('--cluster-enabled', 'yes')]);
    await target.client.command('CLUSTER', 'ADDSLOTS', ...range(16_384).slice(0, 8_000).map(String));
    await fill(source);
    await expect(
      runComparison({ source: source.endpoint, target: target.endpoint }, SMALL_PAGES),
    ).rejects.toMatchObject({ name: 'CompareError' });
  });
});
