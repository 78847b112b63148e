import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRedis } from '../../../../src/sandbox/cloud/redis-session.ts';
import type { Instance } from '../../../../src/sandbox/cloud/world/instances.ts';
import { type CloudUnderTest, codeOf, eventually, startCloudUnderTest } from './cloud-under-test.ts';
import { fake, holdNode } from './fake-data-plane.ts';

let under: CloudUnderTest;
beforeAll(async () => {
  under = await startCloudUnderTest();
});
afterAll(async () => {
  await under.close();
});

let lastHost = 29;
/** A host number of the subnet that neither a test nor the cloud, which chooses at random, has used yet. */
function freeHost(name: string): number {
  lastHost += 1;
  const isFree = under.cloud.addressHolder(`${subnet(name).prefix}${lastHost}`, 6379) === undefined;
  return isFree ? lastHost : freeHost(name);
}

async function create(
  spec: Partial<Parameters<CloudUnderTest['cloud']['createInstance']>[0]> = {},
): Promise<Instance> {
  return await under.cloud.createInstance({
    name: 'one',
    region: 'ap-guangzhou',
    subnet: 'a',
    host: freeHost(spec.subnet ?? 'a'),
    version: '4.0',
    architecture: 'standard',
    ...spec,
  });
}

function subnet(name: string): { id: string; vpcId: string; prefix: string } {
  const found = under.cloud.subnets.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no subnet ${name}`);
  return { id: found.id, vpcId: found.vpc.id, prefix: found.prefix };
}

const nextHost = { a: 100, b: 100 };
/** An address of the subnet that no test has used yet. Those below 100 are for `create`; the cloud may have chosen any of the others. */
function freeIp(name: 'a' | 'b'): string {
  const ip = subnet(name).prefix + nextHost[name]++;
  return under.cloud.addressHolder(ip, 6379) === undefined ? ip : freeIp(name);
}

describe('changeVip', () => {
  it('moves the listener, cuts every connection, and frees the old address at once with Recycle 0', async () => {
    const { redis, vpc } = under.clients();
    const instance = await create();
    const old = instance.address;
    const client = connect({ host: old.ip, port: old.port });
    await new Promise<void>((resolve) => client.once('connect', resolve));
    const cut = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.on('error', () => undefined);
    const ip = freeIp('a');

    const answer = await redis.ModifyNetworkConfig({
      InstanceId: instance.id,
      Operation: 'changeVip',
      Vip: ip,
      VPort: 6379,
      Recycle: 0,
    });

    await cut;
    expect(answer).toMatchObject({
      Status: true,
      Vip: ip,
      SubnetId: subnet('a').id,
      VpcId: subnet('a').vpcId,
    });
    const task = await redis.DescribeTaskInfo({ TaskId: answer.TaskId ?? 0 });
    expect(task).toMatchObject({ Status: 'succeed', TaskType: '027', InstanceId: instance.id });
    expect(under.cloud.addressHolder(ip, 6379)).toBe(instance.id);
    expect(under.cloud.addressHolder(old.ip, old.port)).toBeUndefined();
    const used = await vpc.DescribeUsedIpAddress({ VpcId: subnet('a').vpcId, IpAddresses: [old.ip, ip] });
    expect(used.IpAddressStates?.map(({ IpAddress, ResourceId }) => [IpAddress, ResourceId])).toEqual([
      [ip, instance.id],
    ]);
    expect(
      await askRedis([['PING']], { place: { host: ip, port: 6379 }, password: undefined, timeoutMs: 1_000 }),
    ).toEqual(['PONG']);
  });

  it('keeps the old address reserved when Recycle says so', async () => {
    const { redis } = under.clients();
    const [one, two] = [await create(), await create()];
    const old = one.address.ip;
    await redis.ModifyNetworkConfig({
      InstanceId: one.id,
      Operation: 'changeVip',
      Vip: freeIp('a'),
      VPort: 6379,
      Recycle: 3,
    });
    const taken = redis.ModifyNetworkConfig({
      InstanceId: two.id,
      Operation: 'changeVip',
      Vip: old,
      VPort: 6379,
    });
    expect(await codeOf(taken)).toBe('InvalidParameterValue.CheckNotPass');
  });

  it('refuses an address outside the subnet, one in use, and a call without Vip or VPort', async () => {
    const { redis } = under.clients();
    const instance = await create();
    const to = (Vip: string) =>
      codeOf(
        redis.ModifyNetworkConfig({ InstanceId: instance.id, Operation: 'changeVip', Vip, VPort: 6379 }),
      );
    expect(await to(`${subnet('b').prefix}77`)).toBe('InvalidParameterValue.CheckNotPass');
    expect(await to(`${subnet('a').prefix}20`)).toBe('InvalidParameterValue.CheckNotPass');
    expect(await to(`${subnet('a').prefix}1`)).toBe('InvalidParameterValue.CheckNotPass');
    expect(await to(`${subnet('a').prefix}255`)).toBe('InvalidParameterValue.CheckNotPass');
    expect(await codeOf(redis.ModifyNetworkConfig({ InstanceId: instance.id, Operation: 'changeVip' }))).toBe(
      'InvalidParameter',
    );
    expect(
      await codeOf(
        redis.ModifyNetworkConfig({
          InstanceId: instance.id,
          Operation: 'changeVip',
          Vip: freeIp('a'),
          VPort: 6379,
          Recycle: 4,
        }),
      ),
    ).toBe('InvalidParameter');
    expect(instance.status).toBe(2);
  });

  it('is back on its old address when the task fails because somebody listens on the new one', async () => {
    const { redis } = under.clients();
    const [instance, squatter] = [await create(), await create()];
    const old = instance.address;
    const ip = freeIp('a');
    // Behind the back of the cloud's books.
    await fake(squatter.node).unlisten();
    await fake(squatter.node).listen({ ip, port: 6379 });
    const { TaskId } = await redis.ModifyNetworkConfig({
      InstanceId: instance.id,
      Operation: 'changeVip',
      Vip: ip,
      VPort: 6379,
    });
    const task = await redis.DescribeTaskInfo({ TaskId: TaskId ?? 0 });
    expect(task.Status).toBe('failed');
    expect(task.TaskMessage).toContain('EADDRINUSE');
    expect(under.cloud.addressHolder(old.ip, old.port)).toBe(instance.id);
    expect(instance.status).toBe(2);
    await fake(squatter.node).unlisten();
  });
});

describe('changeVpc and changeVPort', () => {
  it('moves to another subnet of the zone, to an address chosen by the cloud or given', async () => {
    const { redis } = under.clients();
    const [one, two] = [await create({ subnet: 'b' }), await create({ subnet: 'b' })];
    const target = subnet('a');
    const chosen = await redis.ModifyNetworkConfig({
      InstanceId: one.id,
      Operation: 'changeVpc',
      VpcId: target.vpcId,
      SubnetId: target.id,
      Recycle: 0,
    });
    expect(chosen.Vip).toMatch(new RegExp(`^${target.prefix}`));
    expect(one.address.ip).toBe(chosen.Vip);
    const ip = freeIp('a');
    await redis.ModifyNetworkConfig({
      InstanceId: two.id,
      Operation: 'changeVpc',
      VpcId: target.vpcId,
      SubnetId: target.id,
      Vip: ip,
    });
    const { InstanceSet } = await redis.DescribeInstances({ InstanceId: two.id });
    expect(InstanceSet?.[0]).toMatchObject({
      WanIp: ip,
      UniqSubnetId: target.id,
      UniqVpcId: target.vpcId,
      Status: 2,
    });
  });

  it('refuses a subnet of another zone, of another VPC than named, and the present one', async () => {
    const { redis } = under.clients();
    const instance = await create();
    const to = (VpcId: string, SubnetId: string) =>
      codeOf(redis.ModifyNetworkConfig({ InstanceId: instance.id, Operation: 'changeVpc', VpcId, SubnetId }));
    expect(await to(subnet('c').vpcId, subnet('c').id)).toBe('InvalidParameterValue.CheckNotPass');
    expect(await to(subnet('a').vpcId, subnet('d').id)).toBe('InvalidParameterValue.CheckNotPass');
    expect(await to(subnet('a').vpcId, subnet('a').id)).toBe('InvalidParameterValue.CheckNotPass');
  });

  it('changes the port alone', async () => {
    const { redis } = under.clients();
    const instance = await create();
    await redis.ModifyNetworkConfig({ InstanceId: instance.id, Operation: 'changeVPort', VPort: 7001 });
    expect(under.cloud.addressHolder(instance.address.ip, 7001)).toBe(instance.id);
    const privileged = redis.ModifyNetworkConfig({
      InstanceId: instance.id,
      Operation: 'changeVPort',
      VPort: 80,
    });
    expect(await codeOf(privileged)).toBe('InvalidParameter');
  });
});

describe('tasks', () => {
  it('hold the instance in status 1 and refuse a second flow until they are over', async () => {
    const slow = await startCloudUnderTest();
    try {
      Object.assign(slow.cloud.durations, { taskPreparingMs: 1, readOnlyTaskMs: 1 });
      const { redis } = slow.clients();
      const instance = await slow.cloud.createInstance({
        name: 'x',
        region: 'ap-guangzhou',
        subnet: 'a',
        version: '2.8',
        architecture: 'standard',
      });
      const release = holdNode(fake(instance.node));
      const { TaskId = 0 } = await redis.ModifyInstanceReadOnly({ InstanceId: instance.id, InputMode: '1' });
      expect((await redis.DescribeTaskInfo({ TaskId })).Status).toMatch(/^(preparing|running)$/);
      const listed = await redis.DescribeInstances({ InstanceId: instance.id });
      expect(listed.InstanceSet?.[0]).toMatchObject({ Status: 1, SubStatus: 37 });
      const second = redis.ManualBackupInstance({ InstanceId: instance.id });
      expect(await codeOf(second)).toBe('ResourceUnavailable.InstanceLockedError');
      release();
      const done = await eventually(async () => {
        const task = await redis.DescribeTaskInfo({ TaskId });
        return task.Status === 'succeed' ? task : undefined;
      });
      expect(done.TaskType).toBe('033');
      expect(fake(instance.node).readOnly()).toBe(true);
      const after = await redis.DescribeInstances({ InstanceId: instance.id });
      expect(after.InstanceSet?.[0]).toMatchObject({ Status: 2, SubStatus: 0, ReadOnly: 1 });
      const { Tasks } = await redis.DescribeTaskList({ InstanceId: instance.id, TaskTypes: ['033'] });
      expect(Tasks).toHaveLength(1);
      expect(Tasks?.[0]).toMatchObject({ TaskId, Result: 2, Progress: 1 });
    } finally {
      await slow.close();
    }
  });

  it('fail on demand, before or after their effect', async () => {
    const { redis } = under.clients();
    const instance = await create();
    const old = instance.address.ip;
    const ip = freeIp('a');
    const move = () =>
      redis.ModifyNetworkConfig({ InstanceId: instance.id, Operation: 'changeVip', Vip: ip, VPort: 6379 });
    under.cloud.faults.add({
      instanceId: instance.id,
      times: 1,
      fault: { kind: 'fail-task', message: 'no luck' },
    });
    const { TaskId: before = 0 } = await move();
    expect(await redis.DescribeTaskInfo({ TaskId: before })).toMatchObject({
      Status: 'failed',
      TaskMessage: 'no luck',
    });
    expect(instance.address.ip).toBe(old);
    under.cloud.faults.add({
      instanceId: instance.id,
      times: 1,
      fault: { kind: 'fail-task', afterEffect: true },
    });
    const { TaskId: after = 0 } = await move();
    expect((await redis.DescribeTaskInfo({ TaskId: after })).Status).toBe('failed');
    expect(instance.address.ip).toBe(ip);
  });

  it('are not started when the read-only switch is where it should be already', async () => {
    const { redis } = under.clients();
    const instance = await create();
    const set = (InputMode: '0' | '1') =>
      redis.ModifyInstanceReadOnly({ InstanceId: instance.id, InputMode });
    expect((await set('0')).TaskId).toBe(0);
    expect((await set('1')).TaskId).toBeGreaterThan(0);
    expect((await set('1')).TaskId).toBe(0);
    expect((await redis.DescribeTaskList({ InstanceId: instance.id })).TotalCount).toBe(1);
  });

  it('do not start on an instance that is not running', async () => {
    const { redis } = under.clients();
    const isolated = await create({ status: 'isolated' });
    const call = redis.ModifyInstanceReadOnly({ InstanceId: isolated.id, InputMode: '1' });
    expect(await codeOf(call)).toBe('ResourceUnavailable.InstanceStatusError');
    expect(isolated.node).toBeUndefined();
  });
});
