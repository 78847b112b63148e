import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRedisServer } from '../../../../src/sandbox/redis-server/find-redis-server.ts';
import { launchRedisServer } from '../../../../src/sandbox/redis-server/launch-redis-server.ts';
import { startTraffic, type TrafficOptions } from '../../../../src/sandbox/traffic/start-traffic.ts';
import { startForwarder } from './forwarder.ts';

let directory: string;
let cleanUps: (() => Promise<unknown> | unknown)[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'traffic-'));
  cleanUps = [];
});

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  await rm(directory, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function startRedis(name: string) {
  const binary = await findRedisServer({ env: process.env });
  const port = await freePort();
  const server = await launchRedisServer({ binary, directory: join(directory, name), listen: { port } });
  cleanUps.push(() => server.stop());
  const redis = new Redis(port, '127.0.0.1');
  cleanUps.push(() => redis.disconnect());
  return { port, redis };
}

async function startPair() {
  const source = await startRedis('source');
  const target = await startRedis('target');
  const forwarder = await startForwarder(source.port);
  cleanUps.push(() => forwarder.close());
  return { source, target, forwarder, host: '127.0.0.1' };
}

async function begin(port: number, options: Partial<TrafficOptions> = {}) {
  const endpoint = { host: '127.0.0.1', port };
  const traffic = await startTraffic({ endpoint, clusterSafe: true, retryDelayMs: 5, ...options });
  cleanUps.push(() => traffic.close());
  return traffic;
}

async function replicate(source: { port: number }, target: { redis: Redis }) {
  await target.redis.replicaof('127.0.0.1', String(source.port));
  await expect
    .poll(async () => await target.redis.info('replication'), { timeout: 10_000 })
    .toContain('master_link_status:up');
}

test('a thousand writes a second are acknowledged, and each is found', async () => {
  const { redis, port } = await startRedis('only');
  const traffic = await begin(port, { clusterSafe: false });
  const seen = await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 3_000, 15_000);
  expect(seen.writesPerSecond).toBeGreaterThan(1_000);
  expect(seen.reads).toBeGreaterThan(100);
  const figures = await traffic.stop();
  const kinds = new Set<string>();
  for (const key of await redis.keys('traffic*')) kinds.add(await redis.type(key));
  expect([...kinds].sort()).toEqual(['hash', 'list', 'set', 'string', 'zset']);
  const audit = await traffic.audit({ host: '127.0.0.1', port });
  expect(audit).toMatchObject({ lostWrites: 0, lostExamples: [] });
  expect(audit.figures).toMatchObject({
    acknowledgedWrites: figures.acknowledgedWrites,
    refusedWrites: 0,
    unknownWrites: 0,
  });
  expect(audit.keysCompared).toBeGreaterThan(500);
});

test('a target that was promoted too early loses writes, and the audit tells', async () => {
  const { source, target, forwarder, host } = await startPair();
  await replicate(source, target);
  const traffic = await begin(forwarder.port);
  const before = await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 800, 10_000);
  await target.redis.replicaof('NO', 'ONE');
  // Written to the source alone: all of it is lost by the move.
  await traffic.until((now) => now.acknowledgedWrites > before.acknowledgedWrites + 500, 10_000);
  forwarder.moveTo(target.port);
  const moved = await traffic.until(({ writeGap }) => writeGap.ms > 0, 10_000);
  await traffic.until((now) => now.acknowledgedWrites > moved.acknowledgedWrites + 500, 10_000);
  await traffic.stop();
  const audit = await traffic.audit({ host, port: target.port });
  expect(audit.lostWrites).toBeGreaterThan(300);
  expect(audit.lostExamples.length).toBeGreaterThan(5);
});

test('a move that drains first loses nothing, and its gap is measured', async () => {
  const { source, target, forwarder, host } = await startPair();
  await replicate(source, target);
  const traffic = await begin(forwarder.port);
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 800, 10_000);
  forwarder.moveTo(undefined);
  const closedAt = Date.now();
  await expect
    .poll(async () => {
      const at = (text: string, name: string) => new RegExp(`${name}:(\\d+)`).exec(text)?.[1];
      const [ours, theirs] = [await source.redis.info('replication'), await target.redis.info('replication')];
      return at(ours, 'master_repl_offset') === at(theirs, 'slave_repl_offset');
    })
    .toBe(true);
  await target.redis.replicaof('NO', 'ONE');
  forwarder.moveTo(target.port);
  const shortestGapMs = Date.now() - closedAt - 1;
  const { acknowledgedWrites: moved } = await traffic.until(({ writeGap }) => writeGap.ms > 5, 10_000);
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > moved + 500, 10_000);
  const figures = await traffic.stop();
  expect(figures.writeGap.ms).toBeGreaterThanOrEqual(shortestGapMs);
  expect(figures.clientWriteGapMs).toBeGreaterThanOrEqual(figures.writeGap.ms);
  expect(figures.readGap.ms).toBeGreaterThanOrEqual(shortestGapMs);
  expect(await traffic.audit({ host, port: target.port })).toMatchObject({ lostWrites: 0, lostExamples: [] });
});

test('refused writes are counted as refused and never as lost', async () => {
  const { redis, port } = await startRedis('only');
  const traffic = await begin(port);
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 300, 10_000);
  await redis.config('SET', 'min-replicas-to-write', '1');
  const refused = await traffic.until(({ refusedWrites }) => refusedWrites > 100, 10_000);
  expect(refused.refusedBy['NOREPLICAS']).toBeGreaterThan(50);
  await redis.config('SET', 'min-replicas-to-write', '0');
  await traffic.until((now) => now.acknowledgedWrites > refused.acknowledgedWrites + 300, 10_000);
  await traffic.stop();
  expect((await traffic.audit({ host: '127.0.0.1', port })).lostWrites).toBe(0);
});

test('memory stays bounded: old writes are verified and deleted on the way', async () => {
  const { redis, port } = await startRedis('only');
  const traffic = await begin(port, { maxTrackedWrites: 500 });
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 4_000, 20_000);
  await traffic.stop();
  expect(await redis.dbsize()).toBeLessThan(1_000);
  expect((await traffic.audit({ host: '127.0.0.1', port })).lostWrites).toBe(0);
});

test('scripts make the part of the writes that they are asked to, and what one wrote is missed like any other write', async () => {
  const { redis, port } = await startRedis('only');
  const traffic = await begin(port, { scriptShare: 0.5 });
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 2_000, 10_000);
  const { acknowledgedWrites, scriptedWrites } = await traffic.stop();
  expect(scriptedWrites / acknowledgedWrites).toBeGreaterThan(0.4);
  expect(scriptedWrites / acknowledgedWrites).toBeLessThan(0.6);
  const [set] = await redis.keys('traffic:*:script-set:*');
  const members = await redis.scard(set ?? '');
  await redis.del(set ?? '');
  expect((await traffic.audit({ host: '127.0.0.1', port })).lostWrites).toBe(members);
});

test('where nothing is overwritten, an audit counts every lost write command, those of scripts and transactions too', async () => {
  const [served, other] = [await startRedis('served'), await startRedis('other')];
  const traffic = await begin(served.port, { kinds: 'appending', scriptShare: 0.3 });
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 2_000, 10_000);
  const { unknownWrites } = await traffic.stop();
  const stats = await served.redis.info('commandstats');
  const calls = [...stats.matchAll(/cmdstat_(set|setex|hset|rpush|sadd|zadd|incr):calls=(\d+)/g)];
  const executed = calls.reduce((sum, [, , count]) => sum + Number(count), 0);
  expect(unknownWrites).toBe(0);
  expect(new Set(calls.map(([, name]) => name)).size).toBe(7);
  const audit = await traffic.audit({ host: '127.0.0.1', port: other.port });
  expect(audit.lostWrites).toBe(executed);
});

test('a single damaged key is found', async () => {
  const { redis, port } = await startRedis('only');
  const traffic = await begin(port);
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 1_000, 10_000);
  await traffic.stop();
  const [hash] = await redis.keys('traffic:*:hash:*');
  const [field] = await redis.hkeys(hash ?? '');
  await redis.hdel(hash ?? '', field ?? '');
  const audit = await traffic.audit({ host: '127.0.0.1', port });
  expect(audit).toMatchObject({ lostWrites: 1, lostExamples: [`${hash} ${field}`] });
});

test('clients that the new server turns away lose nothing, and the traffic still ends', async () => {
  const { source, target, forwarder, host } = await startPair();
  await replicate(source, target);
  const traffic = await begin(forwarder.port, { retryDelayMs: 'default' });
  await traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 500, 10_000);
  await target.redis.config('SET', 'requirepass', 'another');
  forwarder.moveTo(target.port);
  await traffic.until(({ writesLastSecond }) => writesLastSecond === 0, 10_000);
  const figures = await traffic.stop();
  const audit = await traffic.audit({ host, port: target.port, password: 'another' });
  // Whether a write was under way when the connections were cut is chance; that all acknowledged ones are there is not.
  expect(figures.acknowledgedWrites).toBeGreaterThan(500);
  expect(audit.lostWrites).toBe(0);
});
