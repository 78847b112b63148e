import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRedis } from '../../../../src/sandbox/cloud/redis-session.ts';
import type { Instance } from '../../../../src/sandbox/cloud/world/instances.ts';
import { seedPasswords, worldSeed } from '../../../../src/sandbox/cloud/world/seeds.ts';
import { type CloudUnderTest, codeOf, eventually, startCloudUnderTest } from './cloud-under-test.ts';
import { fake, holdNode } from './fake-data-plane.ts';

let under: CloudUnderTest;
beforeAll(async () => {
  under = await startCloudUnderTest({ regions: worldSeed });
});
afterAll(async () => {
  await under.close();
});

function seeded(id: string): Instance {
  const instance = under.cloud.instances.get(id);
  if (instance === undefined) throw new Error(`no ${id}`);
  return instance;
}

describe('the seeded world', () => {
  it('answers on the addresses of what runs, and nowhere else', async () => {
    const { ip, port } = seeded('crs-orders28').address;
    expect(ip).toMatch(/^127\.\d+\.1\.10$/);
    const ping = [['PING']];
    expect(
      await askRedis(ping, { place: { host: ip, port }, password: seedPasswords.orders, timeoutMs: 1_000 }),
    ).toEqual(['PONG']);
    const isolated = seeded('crs-isolated').address;
    await expect(
      askRedis(ping, { place: { host: isolated.ip, port }, password: undefined, timeoutMs: 1_000 }),
    ).rejects.toThrow('ECONNREFUSED');
  });

  it('starts a lazy instance when something first needs it', async () => {
    const { redis } = under.clients('ap-singapore');
    expect(seeded('crs-seacrt28').node).toBeUndefined();
    await redis.DescribeInstanceShards({ InstanceId: 'crs-seacrt28' });
    expect(under.cloud.addressHolder(seeded('crs-seacrt28').address.ip, 6379)).toBe('crs-seacrt28');
  });

  it('gives every VPC a network of its own', () => {
    const cidrs = under.cloud.vpcs.map(({ cidr }) => cidr);
    expect(cidrs).toHaveLength(2);
    expect(new Set(cidrs).size).toBe(2);
  });
});

describe('DescribeInstances', () => {
  it('describes an instance in full', async () => {
    const { InstanceSet } = await under.clients().redis.DescribeInstances({ InstanceId: 'crs-ordersc4' });
    expect(InstanceSet?.[0]).toMatchObject({
      InstanceName: 'orders-4.0-cluster',
      Type: 7,
      ProductType: 'cluster',
      Status: 2,
      Region: 'ap-guangzhou',
      RegionId: 1,
      ZoneId: 100_003,
      Size: 6_144,
      RedisShardNum: 3,
      RedisShardSize: 2_048,
      NoAuth: false,
      ReadOnly: 0,
      BillingMode: 0,
      CloseTime: '0000-00-00 00:00:00',
      MonitorVersion: '5s',
      InstanceTags: [{ TagKey: 'team', TagValue: 'orders' }],
    });
    expect(InstanceSet?.[0]?.Createtime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it('filters, orders and pages', async () => {
    const { redis } = under.clients();
    const ids = async (request: Parameters<typeof redis.DescribeInstances>[0]) =>
      (await redis.DescribeInstances(request)).InstanceSet?.map(({ InstanceId }) => InstanceId);
    const address = seeded('crs-sessio40').address.ip;
    expect(await ids({ SearchKeys: [address] })).toEqual(['crs-sessio40']);
    expect(await ids({ SearchKeys: [address.slice(0, -1)] })).toEqual([]);
    expect(await ids({ SearchKey: 'orders', OrderBy: 'instancename', OrderType: 0 })).toEqual([
      'crs-orders28',
      'crs-orders40',
      'crs-ordersc4',
    ]);
    expect(await ids({ Status: [-2] })).toEqual(['crs-isolated']);
    expect(await ids({ Status: [0] })).toEqual(['crs-newborn1']);
    expect(await ids({ Type: 7 })).toEqual(['crs-ordersc4']);
    expect(await ids({ InstanceTags: [{ TagKey: 'team', TagValue: 'web' }] })).toEqual(['crs-sessio40']);
    expect(await ids({ BillingMode: 'prepaid' })).toEqual([]);
    expect(
      await ids({ InstanceIds: ['crs-orders28', 'crs-orders40'], Limit: 1, Offset: 1, OrderBy: 'type' }),
    ).toEqual(['crs-orders28']);
    expect((await redis.DescribeInstances({ Limit: 1 })).TotalCount).toBe(8);
  });
});

describe('what an instance is made of', () => {
  it('shows accounts, nodes, shards, parameters and the maintenance window', async () => {
    const { redis } = under.clients();
    const InstanceId = 'crs-ordersc4';
    const { data } = fake(seeded(InstanceId).node);
    for (let i = 0; i < 7; i++) data.set(`key-${i}`, 'x');
    const { InstanceShards = [] } = await redis.DescribeInstanceShards({ InstanceId, FilterSlave: true });
    expect(InstanceShards.reduce((sum, { Keys = 0 }) => sum + Keys, 0)).toBe(7);
    expect(InstanceShards.map(({ Slots }) => Slots)).toEqual(['0-5461', '5462-10922', '10923-16383']);
    expect((await redis.DescribeInstanceShards({ InstanceId })).TotalCount).toBe(6);
    expect(await redis.DescribeInstanceNodeInfo({ InstanceId })).toMatchObject({
      ProxyCount: 2,
      RedisCount: 6,
    });
    const accounts = await redis.DescribeInstanceAccount({ InstanceId, Limit: 10, Offset: 0 });
    expect(accounts.Accounts).toMatchObject([{ AccountName: 'root', Privilege: 'rw', Status: 2 }]);
    expect(await redis.DescribeMaintenanceWindow({ InstanceId })).toMatchObject({
      StartTime: '03:00',
      EndTime: '04:00',
    });
    const { InstanceEnumParam } = await redis.DescribeInstanceParams({ InstanceId });
    expect(InstanceEnumParam?.[0]).toMatchObject({
      ParamName: 'maxmemory-policy',
      CurrentValue: 'noeviction',
    });
    const unpaged = redis.request('DescribeInstanceAccount', { InstanceId });
    expect(await codeOf(unpaged)).toBe('MissingParameter');
  });

  it('counts commands', async () => {
    const instance = seeded('crs-orders28');
    const place = { host: instance.address.ip, port: 6379 };
    await askRedis(
      [
        ['SET', 'a', '1'],
        ['SET', 'b', '1'],
        ['GET', 'a'],
      ],
      {
        place,
        password: instance.password,
        timeoutMs: 1_000,
      },
    );
    const { Data } = await under.clients().redis.DescribeInstanceMonitorTopNCmd({
      InstanceId: instance.id,
      SpanType: 1,
    });
    expect(Data).toEqual([
      { Cmd: 'set', Count: 2 },
      { Cmd: 'get', Count: 1 },
    ]);
  });

  it('says what is for sale where', async () => {
    const { RegionSet } = await under.clients().redis.DescribeProductInfo();
    expect(RegionSet?.map(({ RegionId }) => RegionId)).toEqual(['ap-guangzhou', 'ap-singapore']);
    const zones = RegionSet?.[0]?.ZoneSet ?? [];
    expect(zones.map(({ ZoneId, OldZoneId }) => [ZoneId, OldZoneId])).toEqual([
      ['ap-guangzhou-3', 100_003],
      ['ap-guangzhou-4', 100_004],
    ]);
    expect(zones[0]?.ProductSet?.map(({ Type }) => Type)).toEqual([2, 6, 7, 8, 9, 15, 16, 17, 18]);
  });
});

describe('backups', () => {
  it('are in flow, then usable, and listed by default only then', async () => {
    const { redis } = under.clients();
    const InstanceId = 'crs-orders28';
    const release = holdNode(fake(seeded(InstanceId).node));
    under.cloud.durations.taskPreparingMs = 1;
    const { TaskId = 0 } = await redis.ManualBackupInstance({ InstanceId, Remark: 'before upgrade' });
    under.cloud.durations.taskPreparingMs = 0;
    expect((await redis.DescribeInstanceBackups({ InstanceId })).TotalCount).toBe(0);
    expect((await redis.DescribeInstanceBackups({ InstanceId, Status: [1, 2] })).BackupSet?.[0]?.Status).toBe(
      1,
    );
    release();
    await eventually(async () =>
      (await redis.DescribeTaskInfo({ TaskId })).Status === 'succeed' ? true : undefined,
    );
    const { BackupSet } = await redis.DescribeInstanceBackups({ InstanceId });
    expect(BackupSet).toMatchObject([
      { Status: 2, BackupType: '0', Remark: 'before upgrade', BackupSize: 4_711, InstanceId },
    ]);
    const longAgo = { InstanceId, BeginTime: '2020-01-01 00:00:00', EndTime: '2020-01-02 00:00:00' };
    expect((await redis.DescribeInstanceBackups(longAgo)).TotalCount).toBe(0);
    const tooLong = redis.DescribeInstanceBackups({ ...longAgo, EndTime: '2020-03-01 00:00:00' });
    expect(await codeOf(tooLong)).toBe('InvalidParameterValue');
  });
});

describe('security groups', () => {
  it('are associated, disassociated and replaced', async () => {
    const { redis } = under.clients();
    const [source, target] = ['crs-orders28', 'crs-orders40'];
    const groups = async (InstanceId: string) => {
      const { InstanceSecurityGroupsDetail } = await redis.DescribeInstanceSecurityGroup({
        InstanceIds: [InstanceId],
      });
      return InstanceSecurityGroupsDetail?.[0]?.SecurityGroupDetails?.map(
        ({ SecurityGroupId }) => SecurityGroupId,
      );
    };
    expect(await groups(source)).toEqual(['sg-redisapp']);
    const bind = { Product: 'redis', SecurityGroupId: 'sg-redisapp', InstanceIds: [target] };
    await redis.AssociateSecurityGroups(bind);
    await redis.AssociateSecurityGroups(bind);
    expect(await groups(target)).toEqual(['sg-default1', 'sg-redisapp']);
    await redis.DisassociateSecurityGroups({ ...bind, SecurityGroupId: 'sg-default1' });
    expect(await groups(target)).toEqual(['sg-redisapp']);
    await redis.ModifyDBInstanceSecurityGroups({
      Product: 'redis',
      SecurityGroupIds: ['sg-default1'],
      InstanceId: target,
    });
    const db = await redis.DescribeDBSecurityGroups({ Product: 'redis', InstanceId: target });
    expect(db.Groups?.map(({ SecurityGroupId }) => SecurityGroupId)).toEqual(['sg-default1']);
    expect(db.VIP).toBe(seeded(target).address.ip);
    const unknown = redis.AssociateSecurityGroups({ ...bind, SecurityGroupId: 'sg-nobody00' });
    expect(await codeOf(unknown)).toBe('InvalidParameter');
  });
});

describe('the network', () => {
  it('tells who holds an address and that nobody holds a free one', async () => {
    const { vpc } = under.clients();
    const { id, vpc: network, prefix } = seeded('crs-orders28').subnet;
    const used = await vpc.DescribeUsedIpAddress({
      VpcId: network.id,
      SubnetId: id,
      IpAddresses: [`${prefix}10`, `${prefix}20`, `${prefix}99`],
    });
    expect(used.IpAddressStates?.map(({ ResourceType, ResourceId }) => [ResourceType, ResourceId])).toEqual([
      ['REDIS', 'crs-orders28'],
      ['CVM', 'ins-orders01'],
    ]);
    const byResource = await vpc.DescribeUsedIpAddress({
      VpcId: network.id,
      Filters: [{ Name: 'resource-id', Values: ['lb-frontend'] }],
    });
    expect(byResource.IpAddressStates?.map(({ ResourceType }) => ResourceType)).toEqual(['CLB']);
    expect(await codeOf(vpc.DescribeUsedIpAddress({ VpcId: 'vpc-nobody00' }))).toBe('ResourceNotFound');
  });

  it('lists subnets and VPCs of the region', async () => {
    const { vpc } = under.clients();
    const { SubnetSet = [] } = await vpc.DescribeSubnets({
      Filters: [{ Name: 'zone', Values: ['ap-guangzhou-3'] }],
    });
    expect(SubnetSet.map(({ SubnetName, Zone }) => [SubnetName, Zone])).toEqual([
      ['production-a', 'ap-guangzhou-3'],
      ['production-b', 'ap-guangzhou-3'],
    ]);
    expect(SubnetSet[1]).toMatchObject({ TotalIpAddressCount: 253, AvailableIpAddressCount: 250 });
    expect((await vpc.DescribeSubnets({ SubnetIds: [SubnetSet[0]?.SubnetId ?? ''] })).TotalCount).toBe(1);
    expect((await vpc.DescribeSubnets({ Limit: '1', Offset: '2' })).SubnetSet?.[0]?.SubnetName).toBe(
      'production-c',
    );
    const unknown = vpc.DescribeSubnets({ Filters: [{ Name: 'colour', Values: ['red'] }] });
    expect(await codeOf(unknown)).toBe('InvalidParameter.FilterInvalidKey');
    expect((await vpc.DescribeVpcs({})).VpcSet?.map(({ VpcName }) => VpcName)).toEqual(['production']);
  });
});

describe('who may be migrated', () => {
  it('says why an instance may not', async () => {
    const { Instances } = await under.clients().dts.DescribeMigrateDBInstances({
      DatabaseType: 'redis',
      MigrateRole: 'dst',
      Limit: 100,
    });
    const usable = new Map(Instances?.map(({ InstanceId, Usable, Hint }) => [InstanceId, { Usable, Hint }]));
    expect(usable.get('crs-orders40')).toEqual({ Usable: 1, Hint: '' });
    expect(usable.get('crs-isolated')).toEqual({ Usable: 0, Hint: 'The instance is in status -2.' });
  });
});
