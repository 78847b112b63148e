import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Instance } from '../../../../src/sandbox/cloud/world/instances.ts';
import { type CloudUnderTest, codeOf, eventually, startCloudUnderTest } from './cloud-under-test.ts';
import { fake } from './fake-data-plane.ts';

const time = { aheadMs: 0 };
let under: CloudUnderTest;
let one: Instance;
let two: Instance;

beforeAll(async () => {
  under = await startCloudUnderTest({ clock: { now: () => Date.now() + time.aheadMs } });
  const spec = { region: 'ap-guangzhou', subnet: 'a', version: '4.0', architecture: 'standard' } as const;
  one = await under.cloud.createInstance({ ...spec, name: 'one' });
  two = await under.cloud.createInstance({ ...spec, name: 'two' });
});
afterEach(() => {
  under.cloud.faults.clear();
  time.aheadMs = 0;
});
afterAll(async () => {
  await under.close();
});

const readOnly = (instance: Instance, InputMode: '0' | '1') =>
  under.clients().redis.ModifyInstanceReadOnly({ InstanceId: instance.id, InputMode });

async function rejection(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => {
      throw new Error('The call was not refused');
    },
    (error: unknown) => error,
  );
}

describe('a fault', () => {
  it('refuses a call before anything happens, as often as told and only where told', async () => {
    under.cloud.faults.add({
      action: 'ModifyInstanceReadOnly',
      instanceId: one.id,
      times: 1,
      fault: { kind: 'error', code: 'InternalError.DbOperationFailed', message: 'database' },
    });
    await readOnly(two, '0');
    expect(await codeOf(readOnly(one, '1'))).toBe('InternalError.DbOperationFailed');
    expect(fake(one.node).readOnly()).toBe(false);
    await readOnly(one, '1');
    expect(fake(one.node).readOnly()).toBe(true);
    await readOnly(one, '0');
  });

  it('hides a success behind an error', async () => {
    under.cloud.faults.add({ times: 1, fault: { kind: 'error-after', code: 'InternalError' } });
    expect(await codeOf(readOnly(one, '1'))).toBe('InternalError');
    expect(fake(one.node).readOnly()).toBe(true);
    await readOnly(one, '0');
  });

  it('answers a status of HTTP, or something that is not JSON', async () => {
    under.cloud.faults.add({ times: 1, fault: { kind: 'http', status: 503 } });
    expect(await rejection(readOnly(one, '1'))).toMatchObject({ httpCode: 503 });
    expect(fake(one.node).readOnly()).toBe(false);
    under.cloud.faults.add({ times: 1, fault: { kind: 'not-json' } });
    expect(String(await rejection(readOnly(one, '1')))).toContain('invalid json');
    expect(fake(one.node).readOnly()).toBe(true);
    await readOnly(one, '0');
  });

  it('cuts the connection before or after the effect', async () => {
    under.cloud.faults.add({ times: 1, fault: { kind: 'cut-before' } });
    expect(String(await rejection(readOnly(one, '1')))).toMatch(/socket hang up|ECONNRESET/);
    expect(fake(one.node).readOnly()).toBe(false);
    under.cloud.faults.add({ times: 1, fault: { kind: 'cut-after' } });
    expect(String(await rejection(readOnly(one, '1')))).toMatch(/socket hang up|ECONNRESET/);
    expect(fake(one.node).readOnly()).toBe(true);
    expect(under.cloud.calls.slice(-2).map(({ outcome }) => outcome)).toEqual(['cut before', 'cut after']);
    await readOnly(one, '0');
  });

  it('makes a call slow, together with another fault', async () => {
    under.cloud.faults.add({ times: 1, fault: { kind: 'slow', ms: 120 } });
    under.cloud.faults.add({ times: 1, fault: { kind: 'error', code: 'InternalError' } });
    const startedAt = Date.now();
    expect(await codeOf(readOnly(one, '1'))).toBe('InternalError');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(115);
  });

  it('does a thing twice', async () => {
    const { dts } = under.clients();
    under.cloud.faults.add({ action: 'CreateMigrationService', times: 1, fault: { kind: 'duplicate' } });
    const { JobIds } = await dts.CreateMigrationService({
      SrcDatabaseType: 'redis',
      DstDatabaseType: 'redis',
      SrcRegion: 'ap-guangzhou',
      DstRegion: 'ap-guangzhou',
      InstanceClass: 'medium',
    });
    expect(JobIds).toHaveLength(1);
    expect((await dts.DescribeMigrationJobs({})).TotalCount).toBe(2);
  });

  it('throttles for a while', async () => {
    under.cloud.faults.add({ action: 'DescribeInstances', fault: { kind: 'throttle', forMs: 60_000 } });
    const { redis } = under.clients();
    expect(await codeOf(redis.DescribeInstances({}))).toBe('RequestLimitExceeded');
    expect((await redis.DescribeTaskList({})).RequestId).toBeTypeOf('string');
    time.aheadMs = 60_001;
    expect((await redis.DescribeInstances({})).TotalCount).toBe(2);
    expect(under.cloud.faults.list()).toEqual([]);
  });

  it('refuses the read-only switch', async () => {
    under.cloud.faults.add({ instanceId: one.id, fault: { kind: 'refuse-read-only' } });
    expect(await codeOf(readOnly(one, '1'))).toBe('FailedOperation.SystemError');
    under.cloud.faults.clear();
    under.cloud.faults.add({ fault: { kind: 'refuse-read-only', code: 'UnsupportedOperation' } });
    expect(await codeOf(readOnly(one, '1'))).toBe('UnsupportedOperation');
  });

  it('shows a state of a task that nobody documents', async () => {
    const { redis } = under.clients();
    const { TaskId = 0 } = await readOnly(one, '1');
    under.cloud.faults.add({
      action: 'DescribeTaskInfo',
      times: 1,
      fault: { kind: 'unknown-status', status: 'dreaming' },
    });
    expect((await redis.DescribeTaskInfo({ TaskId })).Status).toBe('dreaming');
    expect((await redis.DescribeTaskInfo({ TaskId })).Status).toBe('succeed');
    await readOnly(one, '0');
  });
});

describe('a fault of a sync job', () => {
  async function job(): Promise<string> {
    const { dts } = under.clients();
    const side = { Region: 'ap-guangzhou', AccessType: 'cdb', DatabaseType: 'redis', NodeType: 'simple' };
    const { JobIds } = await dts.CreateMigrationService({
      SrcDatabaseType: 'redis',
      DstDatabaseType: 'redis',
      SrcRegion: 'ap-guangzhou',
      DstRegion: 'ap-guangzhou',
      InstanceClass: 'medium',
    });
    const JobId = JobIds?.[0] ?? '';
    await dts.ModifyMigrationJob({
      JobId,
      RunMode: 'immediate',
      MigrateOption: { DatabaseTable: { ObjectMode: 'all' } },
      SrcInfo: { ...side, Info: [{ InstanceId: one.id }] },
      DstInfo: { ...side, Info: [{ InstanceId: two.id }] },
    });
    await dts.CreateMigrateCheckJob({ JobId });
    return JobId;
  }

  it('fails an item of the pre-check', async () => {
    const { dts } = under.clients();
    under.cloud.faults.add({
      instanceId: two.id,
      times: 1,
      fault: { kind: 'fail-check-item', stepId: 'VersionCheck', reason: 'too old' },
    });
    const JobId = await job();
    const check = await dts.DescribeMigrationCheckJob({ JobId });
    expect(check).toMatchObject({ CheckFlag: 'checkNotPass', BriefMsg: 'too old' });
    await dts.CreateMigrateCheckJob({ JobId });
    expect((await dts.DescribeMigrationCheckJob({ JobId })).CheckFlag).toBe('checkPass');
  });

  it('breaks it in the phase named', async () => {
    const { dts } = under.clients();
    const JobId = await job();
    under.cloud.faults.add({
      instanceId: one.id,
      times: 1,
      fault: { kind: 'fail-sync-job', phase: 'incremental', errorLog: 'errmsg:read rdb eof' },
    });
    under.dataPlane.firstProgress = { phase: 'full', lagBytes: -1 };
    await dts.StartMigrateJob({ JobId });
    under.dataPlane.firstProgress = {};
    expect((await dts.DescribeMigrationDetail({ JobId })).Status).toBe('running');
    const copy = under.dataPlane.copies.at(-1);
    if (copy !== undefined) Object.assign(copy.shown, { phase: 'incremental', lagBytes: 0 });
    const failed = await eventually(async () => {
      const detail = await dts.DescribeMigrationDetail({ JobId });
      return detail.Status === 'failed' ? detail : undefined;
    });
    expect(failed.BriefMsg).toBe('errmsg:read rdb eof');
  });

  it('can be called for at once, and shows a state that nobody documents', async () => {
    const { dts } = under.clients();
    const JobId = await job();
    await dts.StartMigrateJob({ JobId });
    under.cloud.faults.add({
      jobId: JobId,
      times: 1,
      fault: { kind: 'unknown-status', status: 'pondering' },
    });
    expect((await dts.DescribeMigrationDetail({ JobId })).Status).toBe('pondering');
    under.cloud.failSyncJob(JobId, 'errmsg:on demand');
    expect((await dts.DescribeMigrationDetail({ JobId })).BriefMsg).toBe('errmsg:on demand');
  });
});

describe('the pages of the sandbox itself', () => {
  const url = (path: string) => `${under.cloud.endpoint}/sandbox/${path}`;
  const post = (body: string, type = 'application/json') =>
    fetch(url('faults'), { method: 'POST', body, headers: { 'content-type': type } });

  it('add, list and clear faults', async () => {
    const rule = { action: 'DescribeInstances', times: 2, fault: { kind: 'error', code: 'InternalError' } };
    const added = await post(JSON.stringify(rule));
    expect(added.status).toBe(201);
    const { id } = (await added.json()) as { id: number };
    expect(await (await fetch(url('faults'))).json()).toEqual([{ id, rule, remaining: 2 }]);
    expect(await codeOf(under.clients().redis.DescribeInstances({}))).toBe('InternalError');
    expect(await (await fetch(url(`faults?id=${id}`), { method: 'DELETE' })).json()).toEqual([]);
  });

  it.each([
    ['{"fault":{"kind":"error"}}', 'application/json', 400],
    ['{"fault":{"kind":"meteor"}}', 'application/json', 400],
    ['{', 'application/json', 400],
    ['{"fault":{"kind":"not-json"}}', 'text/plain', 415],
  ])('refuse %s as %s', async (body, type, status) => {
    expect((await post(body, type)).status).toBe(status);
    expect(under.cloud.faults.list()).toEqual([]);
  });

  it('show the calls and the table of actions', async () => {
    await under.clients().redis.DescribeInstances({});
    const calls = (await (await fetch(url('calls'))).json()) as { action: string; outcome: string }[];
    expect(calls.at(-1)).toMatchObject({ action: 'DescribeInstances', outcome: 'ok' });
    const table = (await (await fetch(url('coverage'))).json()) as unknown[];
    expect(table.length).toBeGreaterThan(40);
    expect((await fetch(url('nothing'))).status).toBe(404);
  });
});
