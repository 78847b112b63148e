import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisDataPlane } from '../../../../src/sandbox/cloud/data-plane/redis-data-plane.ts';
import { instantDurations } from '../../../../src/sandbox/cloud/durations.ts';
import { type SandboxCloud, startSandboxCloud } from '../../../../src/sandbox/cloud/sandbox-cloud.ts';
import type { Instance } from '../../../../src/sandbox/cloud/world/instances.ts';
import { findRedisServer } from '../../../../src/sandbox/redis-server/find-redis-server.ts';
import { type Clients, emptyRegions, eventually, sdkClients, secrets } from './cloud-under-test.ts';

// The same calls an upgrade makes, against real servers and under a client that never stops writing.

let directory: string;
let cloud: SandboxCloud;
let clients: Clients;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'whole-upgrade-'));
  cloud = await startSandboxCloud({
    dataPlane: createRedisDataPlane({
      binaryFor: (version) => findRedisServer({ version, env: process.env }),
    }),
    directory,
    regions: emptyRegions,
    secrets,
    random: Math.random,
    durations: { ...instantDurations, networkTaskMs: 30, readOnlyTaskMs: 30, taskPreparingMs: 10 },
  });
  clients = sdkClients(cloud.endpoint, 'ap-guangzhou');
});
afterAll(async () => {
  await cloud.close();
  await rm(directory, { recursive: true, force: true });
});

const password = 'Secret-of-28';

async function instances(
  architecture: 'standard' | 'cluster',
): Promise<{ source: Instance; target: Instance }> {
  const base = { region: 'ap-guangzhou', subnet: 'a', password } as const;
  const [source, target] = await Promise.all([
    cloud.createInstance({ ...base, name: 'source', version: '2.8', architecture: 'standard' }),
    cloud.createInstance({ ...base, name: 'target', version: '4.0', architecture, memoryMb: 2048 }),
  ]);
  return { source, target };
}

async function copyUntilReady(source: Instance, target: Instance): Promise<string> {
  const { dts } = clients;
  const { JobIds } = await dts.CreateMigrationService({
    SrcDatabaseType: 'redis',
    DstDatabaseType: 'redis',
    SrcRegion: 'ap-guangzhou',
    DstRegion: 'ap-guangzhou',
    InstanceClass: 'medium',
  });
  const JobId = JobIds?.[0] ?? '';
  const side = { Region: 'ap-guangzhou', AccessType: 'cdb', DatabaseType: 'redis' };
  await dts.ModifyMigrationJob({
    JobId,
    RunMode: 'immediate',
    MigrateOption: {
      DatabaseTable: { ObjectMode: 'all' },
      MigrateType: 'fullAndIncrement',
      ExtraAttr: [
        { Key: 'DstWriteMode', Value: 'normal' },
        { Key: 'IsDstReadOnly', Value: 'true' },
      ],
    },
    SrcInfo: { ...side, NodeType: 'simple', Info: [{ InstanceId: source.id, Password: password }] },
    DstInfo: {
      ...side,
      NodeType: target.architecture === 'cluster' ? 'cluster-proxy' : 'simple',
      Info: [{ InstanceId: target.id, Password: password }],
    },
  });
  await dts.CreateMigrateCheckJob({ JobId });
  expect(await dts.DescribeMigrationCheckJob({ JobId })).toMatchObject({
    CheckFlag: 'checkPass',
    BriefMsg: '',
  });
  await dts.StartMigrateJob({ JobId });
  await jobIs(JobId, 'readyComplete');
  return JobId;
}

/** Polls slowly enough for the API's limit of 20 calls a second. */
async function jobIs(JobId: string, wanted: string): Promise<string> {
  return await eventually(async () => {
    await new Promise((resolve) => setTimeout(resolve, 80));
    const { Status, BriefMsg } = await clients.dts.DescribeMigrationDetail({ JobId });
    if (Status === 'failed' && wanted !== 'failed') throw new Error(`the job failed: ${BriefMsg}`);
    return Status === wanted ? (BriefMsg ?? '') : undefined;
  }, 20_000);
}

async function succeeds(call: Promise<{ TaskId?: number }>): Promise<void> {
  const { TaskId = 0 } = await call;
  await eventually(async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { Status, TaskMessage } = await clients.redis.DescribeTaskInfo({ TaskId });
    if (Status === 'failed') throw new Error(TaskMessage);
    return Status === 'succeed' ? true : undefined;
  });
}

/** Writes one key after the other through one address and remembers which were acknowledged. */
function keepWriting(address: { ip: string; port: number }) {
  const client = new Redis({
    host: address.ip,
    port: address.port,
    password,
    maxRetriesPerRequest: null,
    retryStrategy: () => 5,
  });
  client.on('error', () => undefined);
  const acknowledged: string[] = [];
  let refused = 0;
  let stopping = false;
  const done = (async () => {
    for (let i = 0; !stopping; i++) {
      const key = `written:${i}`;
      try {
        await client.set(key, String(i));
        acknowledged.push(key);
      } catch {
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    client.disconnect();
  })();
  return {
    acknowledged,
    refused: () => refused,
    stop: async () => {
      stopping = true;
      await done;
    },
  };
}

describe('an upgrade by hand', () => {
  it('moves a 2.8 to a 4.0 under live writes, loses nothing, and leaves the address with the target', async () => {
    const { source, target } = await instances('standard');
    const old = { ...source.address };
    const inner = new Redis({ host: old.ip, port: old.port, password });
    await inner.mset(...Array.from({ length: 500 }, (_, i) => [`seed:${i}`, `value ${i}`]).flat());
    await inner.sadd('a-set', 'x', 'y');
    inner.disconnect();
    const writer = keepWriting(old);
    const { redis, vpc } = clients;

    const JobId = await copyUntilReady(source, target);
    await eventually(() => (writer.acknowledged.length > 200 ? true : undefined));
    await succeeds(redis.ModifyInstanceReadOnly({ InstanceId: source.id, InputMode: '1' }));
    await eventually(() => (writer.refused() > 0 ? true : undefined));
    const writtenAtFence = writer.acknowledged.length;
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      const { Offset } = await redis.DescribeInstanceDTSInfo({ InstanceId: source.id });
      return Offset === 0 ? true : undefined;
    });
    await clients.dts.CompleteMigrateJob({ JobId });
    await jobIs(JobId, 'success');
    const parking = await vpc.DescribeUsedIpAddress({
      VpcId: source.subnet.vpc.id,
      IpAddresses: [`${source.subnet.prefix}250`],
    });
    expect(parking.TotalCount).toBe(0);
    const move = (InstanceId: string, Vip: string) =>
      succeeds(
        redis.ModifyNetworkConfig({ InstanceId, Operation: 'changeVip', Vip, VPort: 6379, Recycle: 0 }),
      );
    await move(source.id, `${source.subnet.prefix}250`);
    expect(cloud.addressHolder(old.ip, old.port)).toBeUndefined();
    await move(target.id, old.ip);
    expect(cloud.addressHolder(old.ip, old.port)).toBe(target.id);
    await eventually(() => (writer.acknowledged.length > writtenAtFence + 50 ? true : undefined));
    await writer.stop();

    const through = new Redis({ host: old.ip, port: old.port, password });
    try {
      expect(await through.info('server')).toContain('redis_version:4.0');
      const values = await through.mget(...writer.acknowledged);
      const lost = writer.acknowledged.filter((key, index) => values[index] !== key.replace('written:', ''));
      expect(lost).toEqual([]);
      expect(await through.get('seed:499')).toBe('value 499');
      expect(await through.scard('a-set')).toBe(2);
    } finally {
      through.disconnect();
    }
  });

  it('fails the job in the incremental phase when a write crosses slots of a cluster target', async () => {
    const { source, target } = await instances('cluster');
    const client = new Redis({ host: source.address.ip, port: source.address.port, password });
    try {
      await client.set('foo', '1');
      const JobId = await copyUntilReady(source, target);
      await client.rename('foo', 'bar');
      expect(await jobIs(JobId, 'failed')).toContain('CROSSSLOT');
    } finally {
      client.disconnect();
    }
  });

  it('shows the writes of real clients in the metrics, and a backup that is really there', async () => {
    const { source } = await instances('standard');
    const client = new Redis({ host: source.address.ip, port: source.address.port, password });
    try {
      const value = await eventually(async () => {
        for (let i = 0; i < 50; i++) await client.set(`k:${i}`, 'v');
        await new Promise((resolve) => setTimeout(resolve, 60));
        const { DataPoints } = await clients.monitor.GetMonitorData({
          Namespace: 'QCE/REDIS_MEM',
          MetricName: 'CmdWrite',
          Period: 5,
          Instances: [{ Dimensions: [{ Name: 'instanceid', Value: source.id }] }],
          StartTime: new Date(Date.now() - 30_000).toISOString(),
        });
        return DataPoints?.[0]?.Values?.find((rate) => rate > 0);
      });
      expect(value).toBeGreaterThan(50);
      await succeeds(clients.redis.ManualBackupInstance({ InstanceId: source.id }));
      const { BackupSet } = await clients.redis.DescribeInstanceBackups({ InstanceId: source.id });
      expect(BackupSet?.[0]?.BackupSize).toBeGreaterThan(100);
      const { Data } = await clients.redis.DescribeInstanceMonitorTopNCmd({
        InstanceId: source.id,
        SpanType: 1,
      });
      expect(Data?.find(({ Cmd }) => Cmd === 'set')?.Count).toBeGreaterThanOrEqual(50);
    } finally {
      client.disconnect();
    }
  });
});
