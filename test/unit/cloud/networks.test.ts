import { describe, expect, it } from 'vitest';
import { REGION, rejection, SOURCE, useWorld } from './setup.ts';

const world = useWorld();
const place = { region: REGION, vpcId: 'vpc-main', subnetId: 'subnet-a' };

describe('moving an address', () => {
  const moved = { Status: true, TaskId: 27, Vip: '10.0.0.9', VpcId: 'vpc-main', SubnetId: 'subnet-a' };
  const task = { region: REGION, id: 27, requestId: 'request-1', instanceId: SOURCE.id };

  it('gives an instance another address and port, and releases the old one at once', async () => {
    world.tencent.answer('ModifyNetworkConfig', moved);
    expect(await world.cloud().changeAddress(SOURCE, { ip: '10.0.0.9', port: 6379 })).toEqual(task);
    expect(world.tencent.received[0]?.body).toEqual({
      InstanceId: SOURCE.id,
      Operation: 'changeVip',
      Vip: '10.0.0.9',
      VPort: 6379,
      Recycle: 0,
    });
  });

  it.each([
    [undefined, {}],
    ['10.0.1.9', { Vip: '10.0.1.9' }],
  ])('moves an instance into a subnet, there at %s', async (ip, extra) => {
    world.tencent.answer('ModifyNetworkConfig', moved);
    const to = { vpcId: 'vpc-main', subnetId: 'subnet-b', ...(ip === undefined ? {} : { ip }) };
    expect(await world.cloud().moveToSubnet(SOURCE, to)).toEqual(task);
    expect(world.tencent.received[0]?.body).toEqual({
      InstanceId: SOURCE.id,
      Operation: 'changeVpc',
      VpcId: 'vpc-main',
      SubnetId: 'subnet-b',
      Recycle: 0,
      ...extra,
    });
  });

  it('changes the port alone', async () => {
    world.tencent.answer('ModifyNetworkConfig', moved);
    expect(await world.cloud().changePort(SOURCE, 6380)).toEqual(task);
    expect(world.tencent.received[0]?.body).toEqual({
      InstanceId: SOURCE.id,
      Operation: 'changeVPort',
      VPort: 6380,
    });
  });
});

describe('security groups', () => {
  it('lists those of the instance asked for', async () => {
    const group = (SecurityGroupId: string) => ({ SecurityGroupId, InboundRule: [{ Action: 'ACCEPT' }] });
    world.tencent.answer('DescribeInstanceSecurityGroup', {
      InstanceSecurityGroupsDetail: [
        { InstanceId: 'crs-other', SecurityGroupDetails: [group('sg-other')] },
        { InstanceId: SOURCE.id, SecurityGroupDetails: [group('sg-one'), group('sg-two')] },
      ],
    });
    expect(await world.cloud().securityGroups(SOURCE)).toEqual(['sg-one', 'sg-two']);
    expect(world.tencent.received[0]?.body).toEqual({ InstanceIds: [SOURCE.id] });
  });

  it.each([
    [{ InstanceSecurityGroupsDetail: null }],
    [{ InstanceSecurityGroupsDetail: [{ InstanceId: SOURCE.id, SecurityGroupDetails: null }] }],
  ])('finds none in %j', async (reply) => {
    world.tencent.answer('DescribeInstanceSecurityGroup', reply);
    expect(await world.cloud().securityGroups(SOURCE)).toEqual([]);
  });

  it.each([
    ['AssociateSecurityGroups', 'attachSecurityGroup'],
    ['DisassociateSecurityGroups', 'detachSecurityGroup'],
  ] as const)('%s is %s', async (action, method) => {
    world.tencent.answer(action, {});
    await world.cloud()[method](SOURCE, 'sg-one');
    expect(world.tencent.received[0]?.body).toEqual({
      Product: 'redis',
      SecurityGroupId: 'sg-one',
      InstanceIds: [SOURCE.id],
    });
  });
});

describe('subnets', () => {
  it('names who holds an address', async () => {
    world.tencent.answer('DescribeUsedIpAddress', {
      TotalCount: 1,
      IpAddressStates: [
        {
          VpcId: 'vpc-main',
          SubnetId: 'subnet-a',
          IpAddress: '10.0.0.7',
          ResourceType: 'CRS',
          ResourceId: 'crs-x',
        },
      ],
    });
    expect(await world.cloud().addressUser(place, '10.0.0.7')).toEqual({
      resourceType: 'CRS',
      resourceId: 'crs-x',
    });
    expect(world.tencent.received[0]?.body).toEqual({
      VpcId: 'vpc-main',
      SubnetId: 'subnet-a',
      IpAddresses: ['10.0.0.7'],
    });
  });

  it.each([
    [{ IpAddressStates: [] }],
    [{ IpAddressStates: null }],
    [{ IpAddressStates: [{ IpAddress: '10.0.0.77', ResourceType: 'CVM', ResourceId: 'ins-1' }] }],
  ])('finds an address free after %j', async (reply) => {
    world.tencent.answer('DescribeUsedIpAddress', reply);
    expect(await world.cloud().addressUser(place, '10.0.0.7')).toBeUndefined();
  });

  it('does not take an answer without the list for a free address', async () => {
    world.tencent.answer('DescribeUsedIpAddress', { TotalCount: 0 });
    expect((await rejection(world.cloud().addressUser(place, '10.0.0.7'))).cloudCode).toBe(
      'CLOUD_UNEXPECTED',
    );
  });

  it('reads a subnet', async () => {
    world.tencent.answer('DescribeSubnets', {
      TotalCount: 1,
      SubnetSet: [
        {
          VpcId: 'vpc-main',
          SubnetId: 'subnet-a',
          Zone: 'ap-guangzhou-3',
          CidrBlock: '10.0.0.0/24',
          AvailableIpAddressCount: 250,
        },
      ],
    });
    expect(await world.cloud().readSubnet(place)).toEqual({
      ...place,
      zone: 'ap-guangzhou-3',
      cidr: '10.0.0.0/24',
      availableIpCount: 250,
    });
    expect(world.tencent.received[0]?.body).toEqual({
      Filters: [
        { Name: 'vpc-id', Values: ['vpc-main'] },
        { Name: 'subnet-id', Values: ['subnet-a'] },
      ],
    });
  });

  it('rejects when there is no such subnet', async () => {
    world.tencent.answer('DescribeSubnets', { TotalCount: 0, SubnetSet: [] });
    expect((await rejection(world.cloud().readSubnet(place))).cloudCode).toBe('CLOUD_NOT_FOUND');
  });
});
