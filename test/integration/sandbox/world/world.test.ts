import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareBaseData } from '../../../../src/sandbox/world/compare-base-data.ts';
import { startWorld, type World } from '../../../../src/sandbox/world/world.ts';

let directory: string;
let world: World;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'world-'));
  world = await startWorld({
    from: '2.8',
    to: 'standard',
    keys: 1_000,
    cloudSpeed: 'instant',
    botMode: 'external',
    directory,
  });
});

afterAll(async () => {
  await world?.close();
  await rm(directory, { recursive: true, force: true });
});

test('the source holds the address and the data, the target is empty and lies elsewhere', async () => {
  expect(world.holder()?.id).toBe(world.source.id);
  expect(await world.target.node?.figures()).toMatchObject({ keys: 0 });
  expect(world.target.subnet.id).not.toBe(world.source.subnet.id);
  expect(world.target.address.port).not.toBe(world.source.address.port);
  expect(world.target.securityGroupIds).not.toEqual(world.source.securityGroupIds);
  const redis = new Redis(await world.innerEndpoint(world.source));
  try {
    const found = await compareBaseData(redis, { ...world.baseData, now: Date.now });
    expect(found).toEqual({ keysCompared: 1_000, differences: 0, examples: [] });
  } finally {
    redis.disconnect();
  }
});

test('clients write through the address, and every write is found behind it', async () => {
  const figures = await world.traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > 1_500, 20_000);
  expect(figures.refusedWrites).toBe(0);
  await world.traffic.stop();
  const audit = await world.traffic.audit(await world.innerEndpoint(world.source));
  expect(audit).toMatchObject({ lostWrites: 0, lostExamples: [] });
});

test('the bot is told everything it needs, and the passwords are in a file for it alone', async () => {
  const environment = world.botEnvironment;
  expect(environment).toMatchObject({
    HOST: '127.0.0.1',
    SLACK_API_URL: world.slack.apiUrl,
    TENCENTCLOUD_ENDPOINT: world.cloud.endpoint,
    TENCENTCLOUD_REGION: 'ap-guangzhou,ap-singapore',
    REDIS_UPGRADE_APPROVERS: 'S0APPROVERS',
  });
  const credentials: unknown = JSON.parse(
    await readFile(environment['REDIS_UPGRADE_CREDENTIALS'] ?? '', 'utf8'),
  );
  expect(credentials).toMatchObject({ [world.source.id]: { password: world.source.password } });
  expect(JSON.stringify(environment)).not.toContain(world.source.password);
  const store = new Redis(environment['REDIS_URL'] ?? '');
  try {
    expect(await store.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await store.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  } finally {
    store.disconnect();
  }
});

test.each(['gently', 'hard'] as const)(
  'the store restarted %s is another process at the same address with the same data',
  async (how) => {
    const store = new Redis(world.storeUrl);
    store.on('error', () => undefined);
    try {
      await store.rpush(`journal:${how}`, 'one', 'two');
      const before = /run_id:(\w+)/.exec(await store.info('server'))?.[1];
      await world.store.restart(how);
      expect(await store.lrange(`journal:${how}`, 0, -1)).toEqual(['one', 'two']);
      expect(/run_id:(\w+)/.exec(await store.info('server'))?.[1]).not.toBe(before);
    } finally {
      store.disconnect();
    }
  },
);

test('there are as many bots as asked for, each with an address of its own for Slack', async () => {
  const other = await startWorld({
    from: '2.8',
    to: 'standard',
    keys: 50,
    cloudSpeed: 'instant',
    botMode: 'external',
    workers: 2,
  });
  try {
    expect(new Set(other.bots.map(({ eventsUrl }) => eventsUrl)).size).toBe(2);
    expect(other.bot).toBe(other.bots[0]);
    expect(other.bots.map((bot) => bot.pid())).toEqual([undefined, undefined]);
  } finally {
    await other.close();
  }
});

test('a closed world leaves nothing behind', async () => {
  const other = await startWorld({
    from: '4.0',
    to: 'cluster',
    keys: 50,
    cloudSpeed: 'instant',
    botMode: 'external',
  });
  const [{ ip, port }, folder] = [other.address, join(other.botLogPath, '..')];
  expect(existsSync(folder)).toBe(true);
  expect(other.target.architecture).toBe('cluster');
  await other.close();
  expect(existsSync(folder)).toBe(false);
  const client = new Redis({ host: ip, port, retryStrategy: () => null, lazyConnect: true });
  client.on('error', () => undefined);
  await expect(client.connect()).rejects.toThrow();
});
