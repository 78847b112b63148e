import { describe, expect, it } from 'vitest';
import { REGION, rejection, SOURCE, TARGET, useWorld } from './setup.ts';

const world = useWorld();

/** As DescribeInstances prints an instance, its odd fields included. */
const printed = (over: Record<string, unknown> = {}) => ({
  InstanceId: SOURCE.id,
  InstanceName: 'orders',
  Appid: 1250000000,
  RegionId: 1,
  ZoneId: 100003,
  Status: 2,
  SubStatus: 0,
  Type: 2,
  WanIp: '10.0.0.7',
  WanAddress: '',
  Port: 6379,
  VpcId: 42,
  SubnetId: 43,
  UniqVpcId: 'vpc-main',
  UniqSubnetId: 'subnet-a',
  Size: 4096,
  SizeUsed: 12,
  RedisShardNum: 1,
  RedisReplicasNum: 1,
  NoAuth: false,
  CloseTime: '0000-00-00 00:00:00',
  NodeSet: null,
  CurrentProxyVersion: '5.8.1',
  UpgradeProxyVersion: '5.8.4',
  ...over,
});
const answered = (...instances: Record<string, unknown>[]) => ({
  TotalCount: instances.length,
  InstanceSet: instances,
});

describe('finding an instance', () => {
  it('puts Tencent’s description into the product’s words', async () => {
    world.tencent.answer('DescribeInstances', answered(printed()));
    expect(await world.cloud().findInstance(SOURCE.id)).toEqual({
      id: SOURCE.id,
      region: REGION,
      name: 'orders',
      version: '2.8',
      edition: 'standard',
      engine: 'redis',
      status: 'running',
      address: { ip: '10.0.0.7', port: 6379 },
      vpcId: 'vpc-main',
      subnetId: 'subnet-a',
      zoneId: 100003,
      memoryMb: 4096,
      shardCount: 1,
      replicaCount: 1,
      passwordFree: false,
      proxyVersion: { current: '5.8.1', latest: '5.8.4' },
    });
    expect(world.tencent.received[0]?.body).toEqual({ InstanceIds: [SOURCE.id], Limit: 1, Offset: 0 });
  });

  it('looks in every region and takes the region of the one that answered', async () => {
    world.tencent.answer('DescribeInstances', ({ region }) =>
      region === 'ap-shanghai' ? answered(printed({ Region: 'ap-nowhere' })) : answered(),
    );
    const cloud = world.cloud({ regions: ['ap-guangzhou', 'ap-shanghai'] });
    expect((await cloud.findInstance(SOURCE.id))?.region).toBe('ap-shanghai');
    expect(world.tencent.received.map(({ region }) => region).sort()).toEqual([
      'ap-guangzhou',
      'ap-shanghai',
    ]);
  });

  it.each(['', 'cdb-12345678', 'crs-', 'crs-UPPER', 'crs-abc def', '10.0.0.7', 'xcrs-abc'])(
    'does not ask Tencent for %j, which cannot be an instance',
    async (id) => {
      expect(await world.cloud().findInstance(id)).toBeUndefined();
      expect(world.tencent.received).toEqual([]);
    },
  );

  it.each([
    ['an empty list', answered()],
    ['a null list', { TotalCount: 0, InstanceSet: null }],
    ['an error that says so', { error: 'ResourceNotFound.InstanceNotExists' }],
    ['somebody else’s instance', answered(printed({ InstanceId: 'crs-stranger' }))],
  ])('knows no instance after %s', async (_name, reply) => {
    world.tencent.answer('DescribeInstances', reply);
    expect(await world.cloud().findInstance(SOURCE.id)).toBeUndefined();
  });

  it('does not say "not there" when a region could not be asked', async () => {
    world.tencent.answer('DescribeInstances', ({ region }) =>
      region === 'ap-shanghai' ? { error: 'UnauthorizedOperation' } : answered(),
    );
    const cloud = world.cloud({ regions: ['ap-guangzhou', 'ap-shanghai'] });
    expect((await rejection(cloud.findInstance(SOURCE.id))).cloudCode).toBe('CLOUD_FORBIDDEN');
  });

  it('finds an instance although another region fails', async () => {
    world.tencent.answer('DescribeInstances', ({ region }) =>
      region === 'ap-shanghai' ? { error: 'UnauthorizedOperation' } : answered(printed()),
    );
    const cloud = world.cloud({ regions: ['ap-shanghai', 'ap-guangzhou'] });
    expect((await cloud.findInstance(SOURCE.id))?.region).toBe('ap-guangzhou');
  });
});

describe('what an instance is', () => {
  it.each([
    [2, '2.8', 'standard', 'redis'],
    [3, '3.2', 'standard', 'other'],
    [4, '3.2', 'cluster', 'other'],
    [5, '2.8', 'single', 'redis'],
    [6, '4.0', 'standard', 'redis'],
    [7, '4.0', 'cluster', 'redis'],
    [8, '5.0', 'standard', 'redis'],
    [9, '5.0', 'cluster', 'redis'],
    [15, '6.2', 'standard', 'redis'],
    [16, '6.2', 'cluster', 'redis'],
    [17, '7.0', 'standard', 'redis'],
    [18, '7.0', 'cluster', 'redis'],
    [19, '8.0', 'standard', 'other'],
    [20, '8.0', 'cluster', 'other'],
    [21, 'unknown', 'standard', 'other'],
    [22, 'unknown', 'cluster', 'other'],
    [200, 'unknown', 'cluster', 'other'],
    [999, 'unknown', 'unknown', 'other'],
    [undefined, 'unknown', 'unknown', 'other'],
  ])('type %s is %s %s', async (...[Type, version, edition, engine]) => {
    world.tencent.answer('DescribeInstances', answered(printed({ Type })));
    expect(await world.cloud().findInstance(SOURCE.id)).toMatchObject({ version, edition, engine });
  });

  it.each([
    [0, 'initialising'],
    [1, 'in-flow'],
    [2, 'running'],
    [-2, 'isolated'],
    [-3, 'deleting'],
    [37, 'unknown'],
    [undefined, 'unknown'],
  ])('status %s is %s', async (Status, status) => {
    world.tencent.answer('DescribeInstances', answered(printed({ Status, SubStatus: 37 })));
    expect((await world.cloud().findInstance(SOURCE.id))?.status).toBe(status);
  });

  it.each([
    [true, true],
    [false, false],
    [null, false],
    [undefined, false],
  ])('NoAuth %s means password-free: %s', async (NoAuth, passwordFree) => {
    world.tencent.answer('DescribeInstances', answered(printed({ NoAuth })));
    expect((await world.cloud().findInstance(SOURCE.id))?.passwordFree).toBe(passwordFree);
  });

  it('takes the current proxy for the latest when none newer is named, and knows none when none is printed', async () => {
    world.tencent.answer('DescribeInstances', answered(printed({ UpgradeProxyVersion: '' })));
    expect((await world.cloud().findInstance(SOURCE.id))?.proxyVersion).toEqual({
      current: '5.8.1',
      latest: '5.8.1',
    });
    world.tencent.answer('DescribeInstances', answered(printed({ CurrentProxyVersion: null })));
    expect((await world.cloud().findInstance(SOURCE.id))?.proxyVersion).toBeUndefined();
  });

  it('survives an instance of which almost nothing is printed', async () => {
    world.tencent.answer('DescribeInstances', answered({ InstanceId: SOURCE.id }));
    expect(await world.cloud().findInstance(SOURCE.id)).toMatchObject({ status: 'unknown', memoryMb: 0 });
  });

  it('reads numbers that are printed as strings', async () => {
    world.tencent.answer('DescribeInstances', answered(printed({ Port: '6380', Size: '1024', Type: '7' })));
    expect(await world.cloud().findInstance(SOURCE.id)).toMatchObject({
      address: { port: 6380 },
      memoryMb: 1024,
      version: '4.0',
    });
  });
});

describe('reading one instance again', () => {
  it('asks only its own region', async () => {
    world.tencent.answer('DescribeInstances', answered(printed()));
    const cloud = world.cloud({ regions: ['ap-guangzhou', 'ap-shanghai'] });
    expect((await cloud.readInstance({ id: SOURCE.id, region: 'ap-shanghai' })).region).toBe('ap-shanghai');
    expect(world.tencent.received.map(({ region }) => region)).toEqual(['ap-shanghai']);
  });

  it('rejects when it is gone', async () => {
    world.tencent.answer('DescribeInstances', answered());
    const error = await rejection(world.cloud().readInstance(SOURCE));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_NOT_FOUND', retryable: false });
    expect(error.message).toContain(SOURCE.id);
  });
});

describe('listing instances', () => {
  it('reads every page of every region', async () => {
    const all = ['crs-a', 'crs-b', 'crs-c', 'crs-d', 'crs-e'].map((InstanceId) => printed({ InstanceId }));
    world.tencent.answer('DescribeInstances', ({ region, body }) => {
      const { Offset, Limit } = body as { Offset: number; Limit: number };
      const here = region === 'ap-guangzhou' ? all : [printed({ InstanceId: 'crs-far' })];
      return { TotalCount: here.length, InstanceSet: here.slice(Offset, Offset + Limit) };
    });
    const cloud = world.cloud({ regions: ['ap-guangzhou', 'ap-shanghai'], limits: { pageSize: 2 } });
    const found = await cloud.listInstances();
    expect(found.map(({ id, region }) => `${region} ${id}`)).toEqual([
      'ap-guangzhou crs-a',
      'ap-guangzhou crs-b',
      'ap-guangzhou crs-c',
      'ap-guangzhou crs-d',
      'ap-guangzhou crs-e',
      'ap-shanghai crs-far',
    ]);
    expect(world.tencent.count('DescribeInstances')).toBe(4);
  });

  it('keeps one of an instance that moved to the next page meanwhile', async () => {
    const page = (...ids: string[]) => ({
      TotalCount: 4,
      InstanceSet: ids.map((InstanceId) => printed({ InstanceId })),
    });
    world.tencent.answer('DescribeInstances', page('crs-a', 'crs-b'), page('crs-b', 'crs-c'));
    const found = await world.cloud({ limits: { pageSize: 2 } }).listInstances();
    expect(found.map(({ id }) => id)).toEqual(['crs-a', 'crs-b', 'crs-c']);
  });

  it('rejects rather than tell a part of a list that never ends', async () => {
    let number = 0;
    world.tencent.answer('DescribeInstances', () => {
      number += 1;
      return { TotalCount: 1_000_000, InstanceSet: [printed({ InstanceId: `crs-${number}` })] };
    });
    const limits = { pageSize: 1, listPages: 3 };
    expect((await rejection(world.cloud({ limits }).listInstances())).cloudCode).toBe('CLOUD_UNEXPECTED');
    expect(number).toBe(3);
  });
});

describe('the read-only switch', () => {
  it.each([
    [true, '1'],
    [false, '0'],
  ])('read-only %s is InputMode %s, a string', async (readOnly, InputMode) => {
    world.tencent.answer('ModifyInstanceReadOnly', { TaskId: 33 });
    expect(await world.cloud().setReadOnly(TARGET, readOnly)).toEqual({
      region: REGION,
      id: 33,
      requestId: 'request-1',
      instanceId: TARGET.id,
    });
    expect(world.tencent.received[0]?.body).toEqual({ InstanceId: TARGET.id, InputMode });
  });
});
