import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findRedisServer } from '../../../src/sandbox/redis-server/find-redis-server.ts';
import {
  launchRedisServer,
  type RunningRedisServer,
} from '../../../src/sandbox/redis-server/launch-redis-server.ts';
import { newThreadRecord } from '../../../src/slack/thread-record.ts';
import { createThreadStore } from '../../../src/slack/thread-store.ts';

let directory: string;
let server: RunningRedisServer;
let redis: Redis;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'thread-store-'));
  const path = join(directory, 'redis.sock');
  const binary = await findRedisServer({ env: process.env });
  server = await launchRedisServer({ binary, directory, listen: { unixSocket: path } });
  redis = new Redis({ path });
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

it('gives back what was written, each upgrade and each prefix apart', async () => {
  const store = createThreadStore({ redis, keyPrefix: 'a:' });
  const full = {
    ...newThreadRecord('C1'),
    pending: { key: 'root', sinceMs: 7 },
    root: { ts: '1.2', hash: 'h', editedAtMs: 9 },
    publishedThrough: 4,
    approvals: { 'ap-1': { ts: '1.3', shown: 'waiting' } },
  };
  await store.write('up-1', full);
  await store.write('up-2', newThreadRecord('C2'));
  expect(await store.read('up-1')).toEqual(full);
  expect(await store.read('up-2')).toEqual(newThreadRecord('C2'));
  expect(await store.read('up-3')).toBeUndefined();
  expect(await createThreadStore({ redis, keyPrefix: 'b:' }).read('up-1')).toBeUndefined();
});

it('takes a record it cannot read for an error, never for none', async () => {
  const store = createThreadStore({ redis, keyPrefix: 'c:' });
  await redis.set('c:thread:up-1', '{"v":1,"channel":"C1"');
  await expect(store.read('up-1')).rejects.toThrow();
  await redis.set('c:thread:up-1', '{"v":2}');
  await expect(store.read('up-1')).rejects.toThrow();
});
