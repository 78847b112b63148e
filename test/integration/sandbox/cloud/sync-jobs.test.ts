import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beijingTime } from '../../../../src/sandbox/cloud/clock.ts';
import type { InstanceSpec } from '../../../../src/sandbox/cloud/world/instances.ts';
import { type CloudUnderTest, codeOf, eventually, startCloudUnderTest } from './cloud-under-test.ts';
import { fake, holdNode } from './fake-data-plane.ts';

let under: CloudUnderTest;
beforeAll(async () => {
  under = await startCloudUnderTest();
});
afterAll(async () => {
  await under.close();
});

interface Pair {
  source: string;
  target: string;
}

async function pair(source: Partial<InstanceSpec> = {}, target: Partial<InstanceSpec> = {}): Promise<Pair> {
  const base = {
    name: 'x',
    region: 'ap-guangzhou',
    subnet: 'a',
    architecture: 'standard',
    password: 'p4ss-word',
  } as const;
  const [one, two] = await Promise.all([
    under.cloud.createInstance({ ...base, version: '2.8', ...source }),
    under.cloud.createInstance({ ...base, version: '4.0', ...target }),
  ]);
  return { source: one.id, target: two.id };
}

async function buy(tag = 'test'): Promise<string> {
  const { JobIds } = await under.clients().dts.CreateMigrationService({
    SrcDatabaseType: 'redis',
    DstDatabaseType: 'redis',
    SrcRegion: 'ap-guangzhou',
    DstRegion: 'ap-guangzhou',
    InstanceClass: 'medium',
    JobName: 'job',
    Tags: [{ TagKey: 'upgrade', TagValue: tag }],
  });
  return JobIds?.[0] ?? '';
}

interface Configuration {
  sourcePassword?: string;
  targetPassword?: string;
  writeMode?: string;
  targetReadOnly?: boolean;
  targetNodeType?: string;
}

async function configure(JobId: string, { source, target }: Pair, how: Configuration = {}): Promise<void> {
  const side = { Region: 'ap-guangzhou', AccessType: 'cdb', DatabaseType: 'redis' };
  await under.clients().dts.ModifyMigrationJob({
    JobId,
    RunMode: 'immediate',
    MigrateOption: {
      DatabaseTable: { ObjectMode: 'all' },
      MigrateType: 'fullAndIncrement',
      ExtraAttr: [
        { Key: 'DstWriteMode', Value: how.writeMode ?? 'normal' },
        { Key: 'IsDstReadOnly', Value: String(how.targetReadOnly ?? true) },
      ],
    },
    SrcInfo: {
      ...side,
      NodeType: 'simple',
      Info: [{ InstanceId: source, Password: how.sourcePassword ?? 'p4ss-word' }],
    },
    DstInfo: {
      ...side,
      NodeType: how.targetNodeType ?? 'simple',
      Info: [{ InstanceId: target, Password: how.targetPassword ?? 'p4ss-word' }],
    },
  });
}

async function checked(how: Configuration = {}, instances?: Pair): Promise<Pair & { job: string }> {
  const both = instances ?? (await pair());
  const job = await buy();
  await configure(job, both, how);
  await under.clients().dts.CreateMigrateCheckJob({ JobId: job });
  return { ...both, job };
}

async function running(how: Configuration = {}): Promise<Pair & { job: string }> {
  const all = await checked(how);
  await under.clients().dts.StartMigrateJob({ JobId: all.job });
  await statusIs(all.job, 'readyComplete');
  return all;
}

async function statusIs(JobId: string, status: string): Promise<void> {
  await eventually(async () => {
    const { Status } = await under.clients().dts.DescribeMigrationDetail({ JobId });
    return Status === status ? true : undefined;
  });
}

function node(id: string) {
  return fake(under.cloud.instances.get(id)?.node);
}

describe('a sync job', () => {
  it('goes from bought to success, step by step', async () => {
    const { dts, redis } = under.clients();
    const both = await pair();
    const job = await buy('whole-way');
    const look = () => dts.DescribeMigrationDetail({ JobId: job });
    expect(await look()).toMatchObject({
      Status: 'created',
      StartTime: '0000-00-00 00:00:00',
      ErrorInfo: [],
    });
    expect(await codeOf(dts.CreateMigrateCheckJob({ JobId: job }))).toBe('FailedOperation.NotAllowOperation');
    expect((await dts.DescribeMigrationCheckJob({ JobId: job })).Status).toBe('notStarted');

    await configure(job, both);
    expect(await codeOf(dts.StartMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
    await dts.CreateMigrateCheckJob({ JobId: job });
    const check = await dts.DescribeMigrationCheckJob({ JobId: job });
    expect(check).toMatchObject({ Status: 'success', CheckFlag: 'checkPass', BriefMsg: '' });
    expect(check.StepInfo?.map(({ StepStatus }) => StepStatus)).toEqual(Array(6).fill('pass'));
    expect((await look()).Action?.AllowedAction).toContain('start');

    node(both.source).data.set('key', 'value');
    await dts.StartMigrateJob({ JobId: job });
    await statusIs(job, 'readyComplete');
    expect(node(both.target).data.get('key')).toBe('value');
    expect(node(both.target).readOnly()).toBe(true);
    const caughtUp = await look();
    expect(caughtUp.StepInfo).toMatchObject({
      StepAll: 2,
      StepNow: 2,
      MasterSlaveDistance: 0,
      SecondsBehindMaster: -1,
    });
    expect(caughtUp.StepInfo?.StepInfo?.map(({ Status }) => Status)).toEqual(['finished', 'running']);
    expect(await redis.DescribeInstanceDTSInfo({ InstanceId: both.source })).toMatchObject({
      JobId: job,
      Status: 8,
      Offset: 0,
      SrcInfo: { InstanceId: both.source, Status: -4 },
      DstInfo: { InstanceId: both.target },
    });

    await dts.CompleteMigrateJob({ JobId: job });
    expect((await look()).Status).toBe('success');
    expect(node(both.target).readOnly()).toBe(false);
    expect(await codeOf(dts.StopMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
    await dts.IsolateMigrateJob({ JobId: job });
    expect(await look()).toMatchObject({ Status: 'success', TradeInfo: { TradeStatus: 'isolated' } });
    await dts.RecoverMigrateJob({ JobId: job });
    await dts.IsolateMigrateJob({ JobId: job });
    await dts.DestroyMigrateJob({ JobId: job });
    expect(await codeOf(look())).toBe('ResourceNotFound.JobNotExist');
  });

  it('is found by its tag, by its instances and by its state, page by page', async () => {
    const { dts } = under.clients();
    const { source, target, job } = await running();
    const ids = async (filter: Parameters<typeof dts.DescribeMigrationJobs>[0]) =>
      (await dts.DescribeMigrationJobs(filter)).JobList?.map(({ JobId }) => JobId);
    expect(await ids({ SrcInstanceId: source })).toEqual([job]);
    expect(await ids({ DstInstanceId: target })).toEqual([job]);
    expect(await ids({ SrcInstanceId: target })).toEqual([]);
    expect(await ids({ JobId: job, Status: ['running'] })).toEqual([]);
    expect(await ids({ JobId: job, Status: ['running', 'readyComplete'] })).toEqual([job]);
    const tagged = [await buy('page'), await buy('page'), await buy('page')];
    const TagFilters = [{ TagKey: 'upgrade', TagValue: ['page'] }];
    expect(await ids({ TagFilters, OrderSeq: 'asc' })).toEqual(tagged);
    expect(await ids({ TagFilters, Limit: 2 })).toEqual([tagged[2], tagged[1]]);
    expect(await ids({ TagFilters, Limit: 2, Offset: 2 })).toEqual([tagged[0]]);
    expect(await ids({ TagFilters: [{ TagKey: 'upgrade', TagValue: ['nobody'] }] })).toEqual([]);
  });

  it('prints passwords in clear, as the real one does, so that nobody relies on it not to', async () => {
    const { job } = await checked();
    const detail = await under.clients().dts.DescribeMigrationDetail({ JobId: job });
    expect(detail.SrcInfo?.Info?.[0]?.Password).toBe('p4ss-word');
  });

  it('tells the lag in bytes in one place and in whole megabytes in the other', async () => {
    const { dts, redis } = under.clients();
    const { source, job } = await running();
    const copy = under.dataPlane.copies.at(-1);
    if (copy === undefined) throw new Error('no copy');
    copy.shown.lagBytes = 900_000;
    expect((await dts.DescribeMigrationDetail({ JobId: job })).StepInfo?.MasterSlaveDistance).toBe(0);
    expect((await redis.DescribeInstanceDTSInfo({ InstanceId: source })).Offset).toBe(900_000);
    copy.shown.lagBytes = 3_500_000;
    expect((await dts.DescribeMigrationDetail({ JobId: job })).StepInfo?.MasterSlaveDistance).toBe(3);
  });

  it('stays running during the full copy, and while it lags too far', async () => {
    const { dts } = under.clients();
    under.dataPlane.firstProgress = { phase: 'full', percent: 37.9, lagBytes: -1 };
    const { job } = await checked();
    await dts.StartMigrateJob({ JobId: job });
    under.dataPlane.firstProgress = {};
    const full = await dts.DescribeMigrationDetail({ JobId: job });
    expect(full).toMatchObject({ Status: 'running', StepInfo: { StepNow: 1, MasterSlaveDistance: -1 } });
    expect(full.StepInfo?.StepInfo?.[0]).toMatchObject({ Percent: 37, Status: 'running' });
    const copy = under.dataPlane.copies.at(-1);
    if (copy === undefined) throw new Error('no copy');
    Object.assign(copy.shown, { phase: 'incremental', lagBytes: 5_000_000 });
    expect((await dts.DescribeMigrationDetail({ JobId: job })).Status).toBe('running');
    expect(await codeOf(dts.CompleteMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
    copy.shown.lagBytes = 10;
    expect((await dts.DescribeMigrationDetail({ JobId: job })).Status).toBe('readyComplete');
  });

  it('lets clients write to its target when it is stopped, and cannot be stopped twice', async () => {
    const { dts } = under.clients();
    const { target, job } = await running();
    await dts.StopMigrateJob({ JobId: job });
    expect((await dts.DescribeMigrationDetail({ JobId: job })).Status).toBe('canceled');
    expect(node(target).readOnly()).toBe(false);
    expect(under.dataPlane.copies.at(-1)?.stopped).toBe(true);
    expect(await codeOf(dts.StopMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
  });

  it('lets clients write to its target beside it, and shuts them out again, while it runs', async () => {
    const { dts } = under.clients();
    const { target, job } = await running();
    const set = (Key: string, Value: string) =>
      dts.ModifyMigrateRuntimeAttribute({ JobId: job, OtherOptions: [{ Key, Value }] });
    await set('IsDstReadOnly', 'false');
    expect(node(target).readOnly()).toBe(false);
    await set('IsDstReadOnly', 'true');
    expect(node(target).readOnly()).toBe(true);
    for (const [key, value] of [
      ['IsDstReadOnly', 'yes'],
      ['DstWriteMode', 'merge'],
      ['ReplTimeout', '1'],
    ] as const)
      expect(await codeOf(set(key, value))).toBe('InvalidParameterValue.InvalidParameterValue');
    expect((await dts.DescribeMigrationDetail({ JobId: job })).Status).toBe('readyComplete');
    await dts.CompleteMigrateJob({ JobId: job });
    await set('IsDstReadOnly', 'true');
    expect(node(target).readOnly()).toBe(false);
  });

  it('leaves the read-only switch of its target as the user set it', async () => {
    const { dts, redis } = under.clients();
    const { target, job } = await running();
    await redis.ModifyInstanceReadOnly({ InstanceId: target, InputMode: '1' });
    await dts.CompleteMigrateJob({ JobId: job });
    expect(node(target).readOnly()).toBe(true);
    await redis.ModifyInstanceReadOnly({ InstanceId: target, InputMode: '0' });
    expect(node(target).readOnly()).toBe(false);
  });

  it.each(['source', 'target'] as const)('breaks when the address of its %s changes', async (side) => {
    const { dts, redis } = under.clients();
    const all = await running();
    const instance = under.cloud.instances.get(all[side]);
    await redis.ModifyNetworkConfig({
      InstanceId: all[side],
      Operation: 'changeVPort',
      VPort: (instance?.address.port ?? 0) + 1,
    });
    const { Status, BriefMsg } = await dts.DescribeMigrationDetail({ JobId: all.job });
    expect(Status).toBe('failed');
    expect(BriefMsg).toContain('nodes has changed');
  });

  it('fails with the error of its copy, and can be resumed with a new one', async () => {
    const { dts } = under.clients();
    const { job } = await running();
    const copy = under.dataPlane.copies.at(-1);
    if (copy === undefined) throw new Error('no copy');
    Object.assign(copy.shown, { phase: 'failed', error: 'errmsg:CROSSSLOT' });
    const failed = await dts.DescribeMigrationDetail({ JobId: job });
    expect(failed).toMatchObject({ Status: 'failed', BriefMsg: 'errmsg:CROSSSLOT' });
    expect(failed.ErrorInfo?.[0]?.ErrorLog).toBe('errmsg:CROSSSLOT');
    expect(failed.StepInfo?.StepInfo?.[1]).toMatchObject({
      Status: 'failed',
      Errors: [{ Message: 'errmsg:CROSSSLOT' }],
    });
    expect(await codeOf(dts.ResumeMigrateJob({ JobId: job, ResumeOption: 'normal' }))).toBe(
      'InvalidParameterValue',
    );
    await dts.ResumeMigrateJob({ JobId: job, ResumeOption: 'clearData' });
    await statusIs(job, 'readyComplete');
    expect(under.dataPlane.copies.at(-1)).not.toBe(copy);
    expect(under.dataPlane.copies.at(-1)?.options.writeMode).toBe('clearData');
  });

  it('cannot be paused', async () => {
    const { dts } = under.clients();
    const { job } = await running();
    expect(await codeOf(dts.PauseMigrateJob({ JobId: job }))).toBe('FailedOperation.NotAllowOperation');
    expect(await codeOf(dts.ContinueMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
  });

  it('must be checked again after it was configured again', async () => {
    const { dts } = under.clients();
    const { source, target, job } = await checked();
    await configure(job, { source, target });
    expect(await codeOf(dts.StartMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
  });
});

describe('a timed start', () => {
  const setUp = async (ExpectRunTime: string) => {
    const both = await pair({ password: 'p4ss-word' });
    const JobId = await buy();
    const side = { Region: 'ap-guangzhou', AccessType: 'cdb', DatabaseType: 'redis', NodeType: 'simple' };
    await under.clients().dts.ModifyMigrationJob({
      JobId,
      RunMode: 'timed',
      ExpectRunTime,
      MigrateOption: { DatabaseTable: { ObjectMode: 'all' } },
      SrcInfo: { ...side, Info: [{ InstanceId: both.source, Password: 'p4ss-word' }] },
      DstInfo: { ...side, Info: [{ InstanceId: both.target, Password: 'p4ss-word' }] },
    });
    await under.clients().dts.CreateMigrateCheckJob({ JobId });
    await under.clients().dts.StartMigrateJob({ JobId });
    return JobId;
  };

  it('waits for its time in readyRun, from where it can be stopped', async () => {
    const { dts } = under.clients();
    const JobId = await setUp(beijingTime(Date.now() + 3_600_000));
    expect((await dts.DescribeMigrationDetail({ JobId })).Status).toBe('readyRun');
    await dts.StopMigrateJob({ JobId });
    expect((await dts.DescribeMigrationDetail({ JobId })).Status).toBe('canceled');
  });

  it('begins at once when its time has come, and is refused when that is not a time', async () => {
    await statusIs(await setUp(beijingTime(Date.now() - 60_000)), 'readyComplete');
    expect(await codeOf(setUp('tomorrow'))).toBe('InvalidParameterValue.InvalidParameterValue');
  });
});

describe('what is refused when a job is bought or configured', () => {
  it('a target region that is not the one asked', async () => {
    const order = {
      SrcDatabaseType: 'redis',
      DstDatabaseType: 'redis',
      SrcRegion: 'ap-guangzhou',
      InstanceClass: 'medium',
    };
    const { dts } = under.clients();
    const call = dts.CreateMigrationService({ ...order, DstRegion: 'ap-singapore' });
    expect(await codeOf(call)).toBe('InvalidParameterValue');
    const otherKind = dts.CreateMigrationService({
      ...order,
      DstRegion: 'ap-guangzhou',
      SrcDatabaseType: 'mysql',
    });
    expect(await codeOf(otherKind)).toBe('OperationDenied.MigrateServiceSupportError');
  });

  it('an instance that does not exist, the same instance twice, a node type that does not fit, an unknown write mode', async () => {
    const both = await pair();
    const job = await buy();
    const refused = (instances: Pair, how: Configuration = {}) => codeOf(configure(job, instances, how));
    const badValue = 'InvalidParameterValue.InvalidParameterValue';
    expect(await refused({ ...both, target: 'crs-nobody00' })).toBe(
      'ResourceNotFound.BizResourceNotFoundError',
    );
    expect(await refused({ ...both, target: both.source })).toBe(badValue);
    expect(await refused(both, { targetNodeType: 'cluster-proxy' })).toBe(badValue);
    expect(await refused(both, { writeMode: 'append' })).toBe(badValue);
  });
});

describe('the pre-check really looks', () => {
  const failures = async (job: string) => {
    const { CheckFlag, StepInfo } = await under.clients().dts.DescribeMigrationCheckJob({ JobId: job });
    const failed = StepInfo?.filter(({ StepStatus }) => StepStatus === 'failed') ?? [];
    return {
      CheckFlag,
      ids: failed.map(({ StepId }) => StepId),
      texts: failed.map(({ StepMessage }) => StepMessage).join(),
    };
  };

  it.each(['sourcePassword', 'targetPassword'] as const)('at the %s', async (side) => {
    const { job } = await checked({ [side]: 'wrong' });
    const found = await failures(job);
    expect(found).toMatchObject({ CheckFlag: 'checkNotPass', ids: ['ConnectDBCheck'] });
    expect(found.texts).toContain(side === 'sourcePassword' ? 'source' : 'target');
    const { dts } = under.clients();
    expect((await dts.DescribeMigrationDetail({ JobId: job })).Status).toBe('checkNotPass');
    expect(await codeOf(dts.SkipCheckItem({ JobId: job, StepIds: ['ConnectDBCheck'] }))).toBe(
      'FailedOperation.NotAllowOperation',
    );
  });

  it('at the capacity of the target, which may be skipped', async () => {
    const { dts } = under.clients();
    const both = await pair({}, { memoryMb: 100 });
    node(both.source).usedMemoryBytes = 80 * 1024 * 1024;
    const { job } = await checked({}, both);
    expect(await failures(job)).toMatchObject({ CheckFlag: 'checkNotPass', ids: ['DstSpaceCheck'] });
    await dts.SkipCheckItem({ JobId: job, StepIds: ['DstSpaceCheck'] });
    await dts.CreateMigrateCheckJob({ JobId: job });
    const again = await dts.DescribeMigrationCheckJob({ JobId: job });
    expect(again.CheckFlag).toBe('checkPass');
    expect(again.StepInfo?.find(({ StepId }) => StepId === 'DstSpaceCheck')?.HasSkipped).toBe(true);
  });

  it('at the keys of the target, unless they are to be overwritten', async () => {
    const both = await pair();
    node(both.target).data.set('left', 'over');
    const { job } = await checked({}, both);
    expect(await failures(job)).toMatchObject({ ids: ['DstEmptyCheck'] });
    await configure(job, both, { writeMode: 'overwrite' });
    await under.clients().dts.CreateMigrateCheckJob({ JobId: job });
    expect(await failures(job)).toMatchObject({ CheckFlag: 'checkPass', ids: [] });
  });

  it('at the state of both instances', async () => {
    const both = await pair({}, { status: 'isolated' });
    const { job } = await checked({}, both);
    expect((await failures(job)).ids).toContain('DstStatusCheck');
  });

  it('at the versions, which only warns', async () => {
    const both = await pair({ version: '5.0' }, { version: '4.0' });
    const { job } = await checked({}, both);
    const { CheckFlag, StepInfo } = await under.clients().dts.DescribeMigrationCheckJob({ JobId: job });
    expect(CheckFlag).toBe('checkPass');
    expect(StepInfo?.find(({ StepId }) => StepId === 'VersionCheck')?.StepStatus).toBe('warning');
  });

  it('and shows itself running meanwhile', async () => {
    const { dts } = under.clients();
    const both = await pair();
    const job = await buy();
    await configure(job, both);
    const release = holdNode(node(both.source));
    under.cloud.durations.dtsCheckMs = 1;
    await dts.CreateMigrateCheckJob({ JobId: job });
    under.cloud.durations.dtsCheckMs = 0;
    expect(await dts.DescribeMigrationCheckJob({ JobId: job })).toMatchObject({
      Status: 'running',
      CheckFlag: '',
    });
    expect(await codeOf(dts.StartMigrateJob({ JobId: job }))).toBe('FailedOperation.StatusInConflict');
    release();
    await statusIs(job, 'checkPass');
  });
});
