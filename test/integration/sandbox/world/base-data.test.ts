import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findRedisServer } from '../../../../src/sandbox/redis-server/find-redis-server.ts';
import {
  launchRedisServer,
  type RunningRedisServer,
} from '../../../../src/sandbox/redis-server/launch-redis-server.ts';
import { baseData } from '../../../../src/sandbox/world/base-data.ts';
import { compareBaseData } from '../../../../src/sandbox/world/compare-base-data.ts';
import { loadBaseData } from '../../../../src/sandbox/world/load-base-data.ts';

const data = { keys: 3_000, seed: 7 };
let directory: string;
let server: RunningRedisServer;
let redis: Redis;
let loadedAtMs: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'base-data-'));
  const path = join(directory, 'redis.sock');
  const binary = await findRedisServer({ env: process.env });
  server = await launchRedisServer({ binary, directory, listen: { unixSocket: path } });
  redis = new Redis({ path });
});

beforeEach(async () => {
  await redis.flushall();
  loadedAtMs = Date.now();
  await loadBaseData(redis, { ...data, loadedAtMs });
});

afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

const compare = async () => await compareBaseData(redis, { ...data, loadedAtMs, now: Date.now });

test('what was loaded is found again, byte by byte', async () => {
  expect(await redis.dbsize()).toBe(3_000);
  expect(await compare()).toEqual({ keysCompared: 3_000, differences: 0, examples: [] });
});

test('each kind of damage is one difference', async () => {
  const all = [...baseData(data)];
  const nameOf = (kind: string) => all.find((key) => key.kind === kind && !key.ttlSeconds)?.name ?? '';
  await redis.append(nameOf('string'), 'x');
  await redis.hset(nameOf('hash'), 'field-0', 'x');
  await redis.rpush(nameOf('list'), 'x');
  await redis.sadd(nameOf('set'), 'x');
  await redis.del(nameOf('zset'));
  await redis.persist(all.find((key) => key.ttlSeconds !== undefined)?.name ?? '');
  expect((await compare()).differences).toBe(6);
});
