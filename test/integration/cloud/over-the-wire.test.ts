import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CloudCall } from '../../../src/cloud/calls.ts';
import type { SyncJobRef, SyncJobStatus, Task } from '../../../src/cloud/cloud.ts';
import { CloudError } from '../../../src/cloud/cloud-error.ts';
import type { CloudLimits } from '../../../src/cloud/cloud-limits.ts';
import { createTencentCloud } from '../../../src/cloud/tencent-cloud.ts';
import {
  type CloudUnderTest,
  eventually,
  secrets,
  startCloudUnderTest,
} from '../sandbox/cloud/cloud-under-test.ts';
import { fake } from '../sandbox/cloud/fake-data-plane.ts';

const REGION = 'ap-guangzhou';
const SOURCE = { id: 'crs-source28', region: REGION };
const TARGET = { id: 'crs-target40', region: REGION };
const FAR = { id: 'crs-faraway4', region: 'ap-singapore' };
const PASSWORDS = { source: 'Source-Passw0rd', target: 'Target-Passw0rd' };

let world: CloudUnderTest;
const calls: CloudCall[] = [];
const open: { close(): void }[] = [];

/** The adapter as the product makes it, against the sandbox's API: real SDK, real signatures. */
function tencent(limits: Partial<CloudLimits> = {}, secretKey = secrets.secretKey) {
  const cloud = createTencentCloud({
    secretId: secrets.secretId,
    secretKey,
    regions: [REGION, 'ap-singapore'],
    endpoint: world.cloud.endpoint,
    clock: {
      now: Date.now,
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, signal === undefined ? {} : { signal });
      },
    },
    random: Math.random,
    limits: { backoffFirstMs: 20, ...limits },
    observe: (call) => calls.push(call),
  });
  open.push(cloud);
  return cloud;
}

async function rejection(promise: Promise<unknown>): Promise<CloudError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (!(outcome instanceof CloudError)) {
    throw new Error(`expected a CloudError, got ${String(outcome)}`);
  }
  return outcome;
}

beforeAll(async () => {
  world = await startCloudUnderTest();
  const standard = { region: REGION, subnet: 'a', architecture: 'standard' } as const;
  await world.cloud.createInstance({
    ...standard,
    id: SOURCE.id,
    name: 'orders',
    host: 10,
    version: '2.8',
    password: PASSWORDS.source,
    securityGroups: ['sg-aaaaaaaa'],
  });
  await world.cloud.createInstance({
    ...standard,
    id: TARGET.id,
    name: 'orders-new',
    subnet: 'b',
    host: 10,
    version: '4.0',
    memoryMb: 8192,
    password: PASSWORDS.target,
  });
  await world.cloud.createInstance({
    id: FAR.id,
    name: 'far',
    region: FAR.region,
    subnet: 's',
    version: '4.0',
    architecture: 'cluster',
  });
});
afterEach(() => {
  world.cloud.faults.clear();
  for (const one of open.splice(0)) {
    one.close();
  }
  calls.length = 0;
});
afterAll(async () => {
  await world.close();
});

describe('instances', () => {
  it('are found in whichever region they live', async () => {
    const cloud = tencent();
    expect(await cloud.findInstance(SOURCE.id)).toMatchObject({
      region: REGION,
      version: '2.8',
      edition: 'standard',
      engine: 'redis',
      status: 'running',
      address: world.cloud.instances.get(SOURCE.id)?.address,
      passwordFree: false,
    });
    expect(await cloud.findInstance(FAR.id)).toMatchObject({
      region: FAR.region,
      version: '4.0',
      edition: 'cluster',
      passwordFree: true,
    });
    expect(await cloud.findInstance('crs-nowhere1')).toBeUndefined();
    expect((await cloud.listInstances()).map(({ id }) => id).sort()).toEqual([FAR.id, SOURCE.id, TARGET.id]);
  });

  it('cannot be read by an account whose key is wrong', async () => {
    const error = await rejection(tencent({}, 'not-the-key').listInstances());
    expect(error).toMatchObject({ cloudCode: 'CLOUD_CREDENTIALS', retryable: false });
    expect(error.tencentCode).toMatch(/^AuthFailure\./);
  });

  it('have security groups that can be attached and detached', async () => {
    const cloud = tencent();
    await cloud.attachSecurityGroup(SOURCE, 'sg-bbbbbbbb');
    expect((await cloud.securityGroups(SOURCE)).sort()).toEqual(['sg-aaaaaaaa', 'sg-bbbbbbbb']);
    await cloud.detachSecurityGroup(SOURCE, 'sg-bbbbbbbb');
    expect(await cloud.securityGroups(SOURCE)).toEqual(['sg-aaaaaaaa']);
  });

  it('are backed up', async () => {
    const cloud = tencent();
    await finished(cloud, await cloud.startBackup(SOURCE, 'before the upgrade'));
    const [backup] = await cloud.listBackups(SOURCE, 1);
    expect(backup).toMatchObject({ kind: 'manual', status: 'usable', remark: 'before the upgrade' });
    expect(Math.abs((backup?.startedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('are measured', async () => {
    const cloud = tencent();
    const sinceMs = Date.now() - 60_000;
    const read = await eventually(async () => {
      const metrics = await cloud.readMetrics(SOURCE, ['CmdWrite', 'MemUsed', 'Connections'], sinceMs);
      return metrics.MemUsed === undefined || metrics.CmdWrite === undefined ? undefined : metrics;
    });
    expect(read.CmdWrite?.value).toBe(0);
    expect(read.MemUsed?.value).toBeGreaterThan(0);
    expect(read.MemUsed?.atMs).toBeGreaterThanOrEqual(sinceMs);
  });
});

describe('an address', () => {
  it('moves from one instance to another', async () => {
    const cloud = tencent();
    const source = await cloud.readInstance(SOURCE);
    const place = { region: REGION, vpcId: source.vpcId, subnetId: source.subnetId };
    const old = source.address;
    const near = (host: number) => ({ ip: old.ip.replace(/\d+$/, String(host)), port: old.port });
    expect(await cloud.readSubnet(place)).toMatchObject({ ...place, zone: 'ap-guangzhou-3' });
    expect(await cloud.addressUser(place, old.ip)).toMatchObject({ resourceId: SOURCE.id });
    expect(await cloud.addressUser(place, near(200).ip)).toBeUndefined();

    await finished(cloud, await cloud.moveToSubnet(TARGET, { ...place, ip: near(201).ip }));
    await finished(cloud, await cloud.changeAddress(SOURCE, near(200)));
    expect(world.cloud.addressHolder(old.ip, old.port)).toBeUndefined();
    await finished(cloud, await cloud.changeAddress(TARGET, old));
    expect(world.cloud.addressHolder(old.ip, old.port)).toBe(TARGET.id);
    expect((await cloud.readInstance(TARGET)).address).toEqual(old);

    // And back, so that the order of these tests does not matter.
    await finished(cloud, await cloud.changeAddress(TARGET, near(201)));
    await finished(cloud, await cloud.changeAddress(SOURCE, old));
    expect(world.cloud.addressHolder(old.ip, old.port)).toBe(SOURCE.id);
  });

  it('that another resource holds is refused before any effect', async () => {
    const cloud = tencent();
    const { address } = await cloud.readInstance(SOURCE);
    const taken = { ip: address.ip.replace(/\d+$/, '20'), port: address.port };
    const error = await rejection(cloud.changeAddress(SOURCE, taken));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_REJECTED', mayHaveHappened: false });
    expect((await cloud.readInstance(SOURCE)).address).toEqual(address);
  });

  it('is not moved while another task holds the instance', async () => {
    const cloud = tencent();
    world.cloud.durations.readOnlyTaskMs = 300;
    try {
      const task = await cloud.setReadOnly(SOURCE, true);
      expect(await cloud.readTask(task)).toEqual({ status: 'running' });
      const { address } = await cloud.readInstance(SOURCE);
      const error = await rejection(cloud.changePort(SOURCE, address.port + 1));
      expect(error).toMatchObject({ cloudCode: 'CLOUD_BUSY', retryable: true, mayHaveHappened: false });
      await finished(cloud, task);
      expect(world.cloud.instances.get(SOURCE.id)?.node?.readOnly()).toBe(true);
      await finished(cloud, await cloud.setReadOnly(SOURCE, false));
      expect(world.cloud.instances.get(SOURCE.id)?.node?.readOnly()).toBe(false);
    } finally {
      world.cloud.durations.readOnlyTaskMs = 0;
    }
  });
});

describe('a sync job', () => {
  it('lives from its purchase to its isolation', async () => {
    const cloud = tencent({ syncJobPageMs: 0 });
    expect(await cloud.findSyncJobs(REGION, 'up-aaaaaaaa')).toEqual([]);
    const job = { region: REGION, id: await buy('up-aaaaaaaa') };
    expect((await cloud.findSyncJobs(REGION, 'up-aaaaaaaa')).map(({ id }) => id)).toEqual([job.id]);
    expect(await cloud.findSyncJobs(REGION, 'up-zzzzzzzz')).toEqual([]);

    await configured(cloud, job);
    await cloud.startSyncJobCheck(job);
    const check = await eventually(async () => {
      const now = await cloud.readSyncJobCheck(job);
      return now.status === 'running' || now.status === 'not-started' ? undefined : now;
    });
    expect(check).toMatchObject({ status: 'passed' });
    expect(check.items.length).toBeGreaterThan(0);

    await cloud.startSyncJob(job);
    expect(await reached(cloud, job, 'catching-up')).toMatchObject({
      sourceId: SOURCE.id,
      targetId: TARGET.id,
      percent: 100,
      lagMb: 0,
      tradeStatus: 'normal',
    });
    expect(await cloud.readSyncLag(SOURCE)).toEqual({ jobId: job.id, lagBytes: 0 });
    await cloud.completeSyncJob(job);
    await reached(cloud, job, 'completed');
    const error = await rejection(cloud.stopSyncJob(job));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_WRONG_STATE', mayHaveHappened: false });
    await cloud.isolateSyncJob(job);
    const [isolated] = await cloud.findSyncJobs(REGION, 'up-aaaaaaaa');
    expect(isolated === undefined || isolated.status === 'isolated').toBe(true);
  });

  it('that breaks says why, and no password with it', async () => {
    const cloud = tencent({ syncJobPageMs: 0 });
    fake(world.cloud.instances.get(TARGET.id)?.node).data.clear();
    const job = { region: REGION, id: await buy('up-bbbbbbbb') };
    await configured(cloud, job);
    await cloud.startSyncJobCheck(job);
    await reached(cloud, job, 'check-passed');
    await cloud.startSyncJob(job);
    await reached(cloud, job, 'catching-up');
    world.cloud.failSyncJob(job.id, `errmsg:CROSSSLOT RENAME, logged in with ${PASSWORDS.source}`);
    const broken = await eventually(async () => {
      const now = await cloud.readSyncJob(job);
      return now.error === '' ? undefined : now;
    });
    expect(['failed', 'interrupted']).toContain(broken.status);
    expect(broken.error).toContain('CROSSSLOT RENAME, logged in with [redacted]');
    expect(JSON.stringify([broken, calls])).not.toContain(PASSWORDS.source);
    // A process that never saw the password learns it from the answer itself.
    expect(JSON.stringify(await tencent().readSyncJob(job))).not.toContain(PASSWORDS.source);
  });

  it('with a failed check item names it', async () => {
    const cloud = tencent();
    const job = { region: REGION, id: await buy('up-cccccccc') };
    await configured(cloud, job);
    world.cloud.faults.add({
      times: 1,
      fault: { kind: 'fail-check-item', stepId: 'DstEmptyCheck', reason: 'The target is not empty' },
    });
    await cloud.startSyncJobCheck(job);
    const check = await eventually(async () => {
      const now = await cloud.readSyncJobCheck(job);
      return now.status === 'failed' ? now : undefined;
    });
    const failed = check.items.filter(({ status }) => status === 'failed');
    expect(failed.map(({ id }) => id)).toEqual(['DstEmptyCheck']);
    expect(failed[0]?.message).toContain('The target is not empty');
  });

  it('shares one page with all others that are polled at the same time', async () => {
    const jobs = [await buy('up-dddddddd'), await buy('up-eeeeeeee'), await buy('up-ffffffff')];
    const cloud = tencent();
    const read = await Promise.all(jobs.map((id) => cloud.readSyncJob({ region: REGION, id })));
    expect(read.map(({ id }) => id)).toEqual(jobs);
    expect(calls.filter(({ action }) => action === 'DescribeMigrationJobs')).toHaveLength(1);
  });
});

describe('bad luck on the wire', () => {
  it.each([
    { kind: 'error', code: 'InternalError' },
    { kind: 'http', status: 503 },
    { kind: 'not-json' },
    { kind: 'cut-before' },
    { kind: 'cut-after' },
  ] as const)('a read survives $kind', async (fault) => {
    world.cloud.faults.add({ action: 'DescribeInstances', times: 2, fault });
    expect((await tencent().readInstance(SOURCE)).id).toBe(SOURCE.id);
  });

  it.each([
    { kind: 'error-after', code: 'InternalError' },
    { kind: 'not-json' },
    { kind: 'cut-after' },
  ] as const)('a mutation that succeeded behind $kind is made once and found by looking', async (fault) => {
    world.cloud.faults.add({ action: 'CreateMigrationService', times: 1, fault });
    const cloud = tencent();
    const upgradeId = `up-${fault.kind.replace('-', '').padEnd(8, 'x').slice(0, 8)}`;
    const error = await rejection(
      cloud.createSyncJob(REGION, {
        upgradeId,
        name: upgradeId,
        sourceRegion: REGION,
        targetRegion: REGION,
      }),
    );
    expect(error).toMatchObject({ cloudCode: 'CLOUD_UNAVAILABLE', mayHaveHappened: true });
    expect(await cloud.findSyncJobs(REGION, upgradeId)).toHaveLength(1);
  });

  it('a time-out leaves open whether the mutation happened', async () => {
    world.cloud.faults.add({ action: 'CreateMigrationService', times: 1, fault: { kind: 'slow', ms: 400 } });
    const cloud = tencent({ attemptTimeoutMs: 100 });
    const order = { upgradeId: 'up-timedout', name: 'x', sourceRegion: REGION, targetRegion: REGION };
    const error = await rejection(cloud.createSyncJob(REGION, order));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_UNAVAILABLE', mayHaveHappened: true });
    await eventually(async () => {
      const found = await cloud.findSyncJobs(REGION, 'up-timedout');
      return found.length === 1 ? found : undefined;
    });
  });

  it('a throttled mutation is made when the throttle ends', async () => {
    world.cloud.faults.add({ action: 'CreateMigrationService', fault: { kind: 'throttle', forMs: 150 } });
    const id = await buy('up-throttle');
    expect((await tencent().findSyncJobs(REGION, 'up-throttle')).map((job) => job.id)).toEqual([id]);
    expect(calls.some(({ outcome }) => outcome === 'RequestLimitExceeded')).toBe(true);
  });

  it('a task in a state that nobody documents is an error, not a guess', async () => {
    const cloud = tencent();
    const task = await cloud.startBackup(SOURCE, 'odd');
    await finished(cloud, task);
    world.cloud.faults.add({
      action: 'DescribeTaskInfo',
      times: 1,
      fault: { kind: 'unknown-status', status: 'pondering' },
    });
    expect((await rejection(cloud.readTask(task))).cloudCode).toBe('CLOUD_UNEXPECTED');
  });

  it('a task that fails says so', async () => {
    const cloud = tencent();
    world.cloud.faults.add({
      action: 'ManualBackupInstance',
      times: 1,
      fault: { kind: 'fail-task', message: 'disk full' },
    });
    const task = await cloud.startBackup(SOURCE, 'doomed');
    const state = await eventually(async () => {
      const now = await cloud.readTask(task);
      return now.status === 'running' ? undefined : now;
    });
    expect(state).toEqual({ status: 'failed', message: 'disk full' });
  });
});

describe('the rate limit', () => {
  it('of twenty requests a second is never run into by one process', async () => {
    const cloud = tencent();
    await Promise.all(Array.from({ length: 45 }, () => cloud.readInstance(SOURCE)));
    expect(calls.filter(({ outcome }) => outcome !== 'OK')).toEqual([]);
    expect(calls).toHaveLength(45);
  });
});

async function buy(upgradeId: string): Promise<string> {
  const order = { upgradeId, name: upgradeId, sourceRegion: REGION, targetRegion: REGION };
  return await tencent().createSyncJob(REGION, order);
}

async function configured(cloud: ReturnType<typeof tencent>, job: SyncJobRef): Promise<void> {
  const side = { username: undefined, edition: 'standard' } as const;
  await cloud.configureSyncJob(job, {
    clearsTarget: false,
    source: { ...SOURCE, ...side, password: PASSWORDS.source },
    target: { ...TARGET, ...side, password: PASSWORDS.target },
  });
}

async function finished(cloud: ReturnType<typeof tencent>, task: Task): Promise<void> {
  const state = await eventually(async () => {
    const now = await cloud.readTask(task);
    return now.status === 'running' ? undefined : now;
  });
  expect(state).toEqual({ status: 'succeeded' });
}

async function reached(cloud: ReturnType<typeof tencent>, job: SyncJobRef, status: SyncJobStatus) {
  return await eventually(async () => {
    const now = await cloud.readSyncJob(job);
    return now.status === status ? now : undefined;
  });
}
