import { describe, expect, it } from 'vitest';
import { REGION, rejection, SOURCE, TARGET, useWorld } from './setup.ts';

const world = useWorld();
const JOB = { region: REGION, id: 'dts-job00001' };

const tags = (upgradeId: string) => [
  { TagKey: 'redis-upgrade', TagValue: upgradeId },
  { TagKey: 'managed-by', TagValue: 'redis-upgrade' },
];

/** As DescribeMigrationJobs prints a job, passwords included. */
const printed = (over: Record<string, unknown> = {}) => ({
  JobId: JOB.id,
  JobName: 'up-12345678',
  Status: 'running',
  StartTime: '0000-00-00 00:00:00',
  BriefMsg: '',
  Action: { AllAction: ['view', 'stop'], AllowedAction: ['view'] },
  SrcInfo: { Region: REGION, Info: [{ InstanceId: SOURCE.id, Password: 'printed-in-clear' }] },
  DstInfo: { Region: REGION, Info: [{ InstanceId: TARGET.id, Password: '******' }] },
  StepInfo: { StepAll: 0, StepNow: 0, MasterSlaveDistance: -1, SecondsBehindMaster: -1, StepInfo: [] },
  TradeInfo: { TradeStatus: 'notBilled' },
  Tags: tags('up-12345678'),
  ...over,
});
const answered = (...JobList: unknown[]) => ({ TotalCount: JobList.length, JobList });
const step = (Status: string, Percent?: number) => ({ StepId: 'x', Status, Percent, FinishTime: '' });

describe('a sync job in the product’s words', () => {
  it('says who is copied to whom and how far', async () => {
    const StepInfo = {
      MasterSlaveDistance: -1,
      StepInfo: [step('finished', 100), step('running', 31), step('notStarted', 0)],
    };
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ StepInfo })));
    expect(await world.cloud().readSyncJob(JOB)).toEqual({
      region: REGION,
      id: JOB.id,
      status: 'copying',
      rawStatus: 'running',
      sourceId: SOURCE.id,
      targetId: TARGET.id,
      percent: 65,
      lagMb: undefined,
      error: '',
      tradeStatus: 'normal',
    });
  });

  it.each([
    ['creating', 'created'],
    ['created', 'created'],
    ['checking', 'checking'],
    ['checkPass', 'check-passed'],
    ['checkNotPass', 'check-failed'],
    ['readyRun', 'starting'],
    ['resuming', 'starting'],
    ['running', 'copying'],
    ['readyComplete', 'catching-up'],
    ['completing', 'completing'],
    ['success', 'completed'],
    ['stopping', 'stopping'],
    ['canceled', 'stopped'],
    ['pausing', 'paused'],
    ['manualPaused', 'paused'],
    ['unknown', 'unknown'],
    ['newlyInvented', 'unknown'],
    ['', 'unknown'],
    // Not a state but a property of every object.
    ['constructor', 'unknown'],
  ])('status %j is %s', async (Status, status) => {
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ Status })));
    expect(await world.cloud().readSyncJob(JOB)).toMatchObject({ status, rawStatus: Status });
  });

  it.each([
    ['normal', 'normal', 'completed'],
    ['notBilled', 'normal', 'completed'],
    ['isolating', 'isolated', 'isolated'],
    ['isolated', 'isolated', 'isolated'],
    ['offlining', 'offline', 'isolated'],
    ['offlined', 'offline', 'isolated'],
    ['resizing', 'other', 'completed'],
  ])('trade status %s is %s, and then the job is %s', async (TradeStatus, tradeStatus, status) => {
    world.tencent.answer(
      'DescribeMigrationJobs',
      answered(printed({ Status: 'success', TradeInfo: { TradeStatus } })),
    );
    expect(await world.cloud().readSyncJob(JOB)).toMatchObject({ tradeStatus, status, rawStatus: 'success' });
  });

  it.each([
    [-1, undefined],
    [0, 0],
    ['12', 12],
    [undefined, undefined],
  ])('a distance of %j MB is a lag of %s', async (MasterSlaveDistance, lagMb) => {
    const StepInfo = { MasterSlaveDistance, StepInfo: null };
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ Status: 'readyComplete', StepInfo })));
    expect(await world.cloud().readSyncJob(JOB)).toMatchObject({ lagMb, percent: 100 });
  });

  it.each([
    ['no steps', [], undefined],
    ['one step alone', [step('running', 40)], 40],
    ['a percent beyond reason', [step('running', 140), step('notStarted')], 100],
    ['a percent that is not there', [step('running'), step('notStarted')], 0],
  ])('reckons the percent from %s', async (_name, steps, percent) => {
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ StepInfo: { StepInfo: steps } })));
    expect((await world.cloud().readSyncJob(JOB)).percent).toBe(percent);
  });

  it('survives a job of which almost nothing is printed', async () => {
    world.tencent.answer(
      'DescribeMigrationJobs',
      answered({ JobId: JOB.id, Status: 'created', SrcInfo: null }),
    );
    expect(await world.cloud().readSyncJob(JOB)).toMatchObject({
      status: 'created',
      sourceId: undefined,
      targetId: undefined,
    });
  });
});

describe('why a sync job failed', () => {
  const errorLog = '[launch]state:8 errmsg:CROSSSLOT Keys in request don’t hash to the same slot RENAME';

  it.each([
    ['failed', 'failed'],
    ['error', 'interrupted'],
    ['resumableErr', 'interrupted'],
  ])('is asked of Detail when the status is %s', async (Status, status) => {
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ Status, BriefMsg: 'task failed' })));
    world.tencent.answer('DescribeMigrationDetail', {
      JobId: JOB.id,
      BriefMsg: 'task failed',
      ErrorInfo: [{ Code: 'ProcessError', ErrorLog: errorLog, Solution: 'Use hash tags', HelpDoc: '' }],
      StepInfo: {
        StepInfo: [{ Status: 'failed', StepMessage: 'sync broke', Errors: [{ Message: errorLog }] }],
      },
    });
    expect(await world.cloud().readSyncJob(JOB)).toMatchObject({
      status,
      error: ['ProcessError', errorLog, 'Use hash tags', 'sync broke', 'task failed'].join('\n'),
    });
  });

  it.each([
    ['Detail refuses', { error: 'UnauthorizedOperation' }],
    ['Detail knows nothing', { JobId: JOB.id, ErrorInfo: null }],
  ])('is the short message of the list when %s', async (_name, reply) => {
    world.tencent.answer(
      'DescribeMigrationJobs',
      answered(printed({ Status: 'failed', BriefMsg: 'task failed' })),
    );
    world.tencent.answer('DescribeMigrationDetail', reply);
    expect(await world.cloud().readSyncJob(JOB)).toMatchObject({ status: 'failed', error: 'task failed' });
  });

  it('is not asked of a healthy job', async () => {
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ BriefMsg: 'all is well' })));
    expect((await world.cloud().readSyncJob(JOB)).error).toBe('');
    expect(world.tencent.count('DescribeMigrationDetail')).toBe(0);
  });
});

describe('polls of many upgrades', () => {
  /** A list of `total` jobs of the product, by whatever filter it is asked for. */
  function listOfJobs(total: number): void {
    const all = Array.from({ length: total }, (_, index) => printed({ JobId: `dts-${index}` }));
    world.tencent.answer('DescribeMigrationJobs', ({ body }) => {
      const { JobId, Offset, Limit } = body as { JobId?: string; Offset: number; Limit: number };
      const matching = JobId === undefined ? all : all.filter((job) => job.JobId === JobId);
      return { TotalCount: matching.length, JobList: matching.slice(Offset, Offset + Limit) };
    });
  }
  const job = (index: number) => ({ region: REGION, id: `dts-${index}` });

  it('share one request, those under way at the same time included', async () => {
    listOfJobs(100);
    const cloud = world.cloud();
    const polls = Array.from({ length: 100 }, (_, index) => cloud.readSyncJob(job(index)));
    const found = await Promise.all(polls);
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `dts-${index}`));
    expect(world.tencent.received.map(({ body }) => body)).toEqual([
      { TagFilters: [{ TagKey: 'managed-by', TagValue: ['redis-upgrade'] }], Limit: 100, Offset: 0 },
    ]);
  });

  it('are answered from the page for its time, and then from a new one', async () => {
    listOfJobs(2);
    const cloud = world.cloud({ limits: { syncJobPageMs: 1_000 } });
    await cloud.readSyncJob(job(0));
    world.clock.advance(999);
    await cloud.readSyncJob(job(1));
    expect(world.tencent.count('DescribeMigrationJobs')).toBe(1);
    world.clock.advance(1);
    await cloud.readSyncJob(job(0));
    expect(world.tencent.count('DescribeMigrationJobs')).toBe(2);
  });

  it('share the further pages too', async () => {
    listOfJobs(250);
    const cloud = world.cloud();
    const found = await Promise.all([249, 150, 3, 248].map((index) => cloud.readSyncJob(job(index))));
    expect(found.map(({ id }) => id)).toEqual(['dts-249', 'dts-150', 'dts-3', 'dts-248']);
    expect(world.tencent.received.map(({ body }) => (body as { Offset: number }).Offset)).toEqual([
      0, 100, 200,
    ]);
  });

  it('ask for a job by its id when it is older than the shared pages reach', async () => {
    listOfJobs(250);
    const found = await world.cloud({ limits: { syncJobSharedPages: 1 } }).readSyncJob(job(249));
    expect(found.id).toBe('dts-249');
    expect(world.tencent.received.at(-1)?.body).toEqual({ JobId: 'dts-249', Limit: 1, Offset: 0 });
  });

  it('do not share across regions', async () => {
    listOfJobs(1);
    const cloud = world.cloud();
    await Promise.all([cloud.readSyncJob(job(0)), cloud.readSyncJob({ ...job(0), region: 'ap-shanghai' })]);
    expect(world.tencent.received.map(({ region }) => region).sort()).toEqual([REGION, 'ap-shanghai']);
  });

  it('ask again when they must be fresh, and nobody after them is told the older news', async () => {
    listOfJobs(1);
    const cloud = world.cloud();
    await cloud.readSyncJob(job(0));
    world.tencent.answer('DescribeMigrationJobs', answered(printed({ JobId: 'dts-0', Status: 'success' })));
    expect((await cloud.readSyncJob(job(0))).status).toBe('copying');
    expect((await cloud.readSyncJob(job(0), { fresh: true })).status).toBe('completed');
    expect((await cloud.readSyncJob(job(0))).status).toBe('completed');
    expect(world.tencent.count('DescribeMigrationJobs')).toBe(3);
  });

  it('are not answered from before a mutation, one that failed included', async () => {
    listOfJobs(1);
    const cloud = world.cloud();
    world.tencent.answer('CompleteMigrateJob', {}, { error: 'InternalError' });
    await cloud.readSyncJob(job(0));
    await cloud.completeSyncJob(job(0));
    await cloud.readSyncJob(job(0));
    await rejection(cloud.completeSyncJob(job(0)));
    await cloud.readSyncJob(job(0));
    expect(world.tencent.count('DescribeMigrationJobs')).toBe(3);
  });

  it('do not inherit the failure of a page', async () => {
    world.tencent.answer('DescribeMigrationJobs', { error: 'UnauthorizedOperation' }, answered(printed()));
    const cloud = world.cloud();
    await rejection(cloud.readSyncJob(JOB));
    expect((await cloud.readSyncJob(JOB)).id).toBe(JOB.id);
  });

  it('reject for a job that is nowhere', async () => {
    listOfJobs(3);
    expect((await rejection(world.cloud().readSyncJob(job(7)))).cloudCode).toBe('CLOUD_NOT_FOUND');
  });
});

describe('finding the jobs of an upgrade', () => {
  it('filters by its tag and reads every page', async () => {
    const all = ['dts-a', 'dts-b', 'dts-c'].map((JobId) => printed({ JobId, Status: 'canceled' }));
    world.tencent.answer('DescribeMigrationJobs', ({ body }) => {
      const { Offset, Limit } = body as { Offset: number; Limit: number };
      return { TotalCount: 3, JobList: all.slice(Offset, Offset + Limit) };
    });
    const found = await world.cloud({ limits: { pageSize: 2 } }).findSyncJobs(REGION, 'up-12345678');
    expect(found.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'dts-a stopped',
      'dts-b stopped',
      'dts-c stopped',
    ]);
    expect(world.tencent.received[0]?.body).toEqual({
      TagFilters: [{ TagKey: 'redis-upgrade', TagValue: ['up-12345678'] }],
      Limit: 2,
      Offset: 0,
    });
  });

  it('never takes the job of another upgrade for its own', async () => {
    const other = printed({ JobId: 'dts-other', Tags: tags('up-87654321') });
    world.tencent.answer(
      'DescribeMigrationJobs',
      answered(other, printed(), printed({ JobId: 'dts-x', Tags: null })),
    );
    const found = await world.cloud().findSyncJobs(REGION, 'up-12345678');
    expect(found.map(({ id }) => id)).toEqual([JOB.id, 'dts-x']);
  });

  it('does not take an answer without a list for "none was bought"', async () => {
    world.tencent.answer('DescribeMigrationJobs', { TotalCount: 0 });
    const error = await rejection(world.cloud().findSyncJobs(REGION, 'up-12345678'));
    expect(error.cloudCode).toBe('CLOUD_UNEXPECTED');
  });
});

describe('buying and configuring a sync job', () => {
  const order = {
    upgradeId: 'up-12345678',
    sourceRegion: 'ap-shanghai',
    targetRegion: REGION,
    name: 'x'.repeat(200),
  };

  it('buys one link with the upgrade’s tag and the product’s', async () => {
    world.tencent.answer('CreateMigrationService', { JobIds: ['dts-new00001'] });
    expect(await world.cloud().createSyncJob(REGION, order)).toBe('dts-new00001');
    expect(world.tencent.received[0]?.body).toEqual({
      SrcDatabaseType: 'redis',
      DstDatabaseType: 'redis',
      SrcRegion: 'ap-shanghai',
      DstRegion: REGION,
      InstanceClass: 'medium',
      Count: 1,
      JobName: 'x'.repeat(128),
      Tags: tags('up-12345678'),
    });
  });

  it.each([[{}], [{ JobIds: [] }], [{ JobIds: null }], [{ JobIds: [''] }]])(
    'may have bought one when the answer is %j',
    async (reply) => {
      world.tencent.answer('CreateMigrationService', reply);
      const error = await rejection(world.cloud().createSyncJob(REGION, order));
      expect(error).toMatchObject({ cloudCode: 'CLOUD_UNEXPECTED', mayHaveHappened: true });
      expect(world.tencent.count('CreateMigrationService')).toBe(1);
    },
  );

  it('deletes what the target holds only when it is told to', async () => {
    const side = { password: undefined, username: undefined, edition: 'standard' } as const;
    const sides = { source: { ...SOURCE, ...side }, target: { ...TARGET, ...side } };
    for (const [clearsTarget, mode] of [
      [false, 'normal'],
      [true, 'clearData'],
    ] as const) {
      world.tencent.answer('ModifyMigrationJob', {});
      await world.cloud().configureSyncJob(JOB, { clearsTarget, ...sides });
      expect(JSON.stringify(world.tencent.received.at(-1)?.body)).toContain(
        `{"Key":"DstWriteMode","Value":"${mode}"}`,
      );
    }
  });

  it.each([
    ['standard', 'standard', 'simple', 'simple'],
    ['standard', 'cluster', 'simple', 'cluster-proxy'],
    ['cluster', 'cluster', 'cluster-proxy', 'cluster-proxy'],
  ] as const)('configures %s to %s as %s to %s', async (...[from, to, sourceNode, targetNode]) => {
    world.tencent.answer('ModifyMigrationJob', {});
    await world.cloud().configureSyncJob(JOB, {
      clearsTarget: false,
      source: { ...SOURCE, password: 'source-password', username: 'reader', edition: from },
      target: { ...TARGET, password: undefined, username: undefined, edition: to },
    });
    expect(world.tencent.received[0]?.body).toEqual({
      JobId: JOB.id,
      RunMode: 'immediate',
      MigrateOption: {
        DatabaseTable: { ObjectMode: 'all' },
        MigrateType: 'fullAndIncrement',
        ExtraAttr: [
          { Key: 'DstWriteMode', Value: 'normal' },
          { Key: 'IsDstReadOnly', Value: 'true' },
        ],
      },
      SrcInfo: {
        Region: REGION,
        AccessType: 'cdb',
        DatabaseType: 'redis',
        NodeType: sourceNode,
        Info: [{ InstanceId: SOURCE.id, User: 'reader', Password: 'source-password' }],
      },
      DstInfo: {
        Region: REGION,
        AccessType: 'cdb',
        DatabaseType: 'redis',
        NodeType: targetNode,
        Info: [{ InstanceId: TARGET.id }],
      },
    });
  });

  it.each([
    ['CreateMigrateCheckJob', 'startSyncJobCheck'],
    ['StartMigrateJob', 'startSyncJob'],
    ['CompleteMigrateJob', 'completeSyncJob'],
    ['StopMigrateJob', 'stopSyncJob'],
    ['IsolateMigrateJob', 'isolateSyncJob'],
  ] as const)('%s is %s', async (action, method) => {
    world.tencent.answer(action, {});
    await world.cloud()[method](JOB);
    expect(world.tencent.received[0]?.body).toEqual({ JobId: JOB.id });
  });

  it.each([true, false])(
    'has its target shut to others, or opened to them, while it runs: %s',
    async (readOnly) => {
      world.tencent.answer('ModifyMigrateRuntimeAttribute', {});
      await world.cloud().setSyncTargetReadOnly(JOB, readOnly);
      expect(world.tencent.received[0]?.body).toEqual({
        JobId: JOB.id,
        OtherOptions: [{ Key: 'IsDstReadOnly', Value: String(readOnly) }],
      });
    },
  );

  it('is told when the job’s state does not allow it', async () => {
    world.tencent.answer('CompleteMigrateJob', { error: 'FailedOperation.NotAllowOperation' });
    expect(await rejection(world.cloud().completeSyncJob(JOB))).toMatchObject({
      cloudCode: 'CLOUD_WRONG_STATE',
      mayHaveHappened: false,
    });
  });
});

describe('the pre-check', () => {
  it.each([
    ['notStarted', '', 'not-started'],
    ['running', 'checkPass', 'running'],
    ['success', 'checkPass', 'passed'],
    ['success', 'checkNotPass', 'failed'],
    ['success', undefined, 'failed'],
    ['failed', 'checkPass', 'failed'],
  ])('%s with flag %j is %s', async (Status, CheckFlag, status) => {
    world.tencent.answer('DescribeMigrationCheckJob', { Status, CheckFlag, StepInfo: null });
    expect(await world.cloud().readSyncJobCheck(JOB)).toEqual({ status, items: [] });
  });

  it('rejects a status it does not know', async () => {
    world.tencent.answer('DescribeMigrationCheckJob', { Status: 'thinking', StepInfo: [] });
    expect((await rejection(world.cloud().readSyncJobCheck(JOB))).cloudCode).toBe('CLOUD_UNEXPECTED');
  });

  it('tells each item with its reason and its cure', async () => {
    const item = (StepId: string, StepStatus: string, over: Record<string, unknown> = {}) => ({
      StepId,
      StepName: `the ${StepId}`,
      StepStatus,
      StepMessage: '',
      DetailCheckItems: [],
      ...over,
    });
    world.tencent.answer('DescribeMigrationCheckJob', {
      Status: 'success',
      CheckFlag: 'checkNotPass',
      StepInfo: [
        item('ConnectDBCheck', 'pass', {
          DetailCheckItems: [{ CheckResult: 'pass', Solution: 'none needed' }],
        }),
        item('DstEmptyCheck', 'failed', {
          StepMessage: 'target holds keys',
          DetailCheckItems: [
            { CheckResult: 'failed', FailureReason: '12 keys', Solution: 'empty it', SkipInfo: '' },
          ],
        }),
        item('OptimizeCheck', 'warning', {
          DetailCheckItems: [{ CheckResult: 'warning', FailureReason: 'slow', SkipInfo: 'risk' }],
        }),
        item('VersionCheck', 'notStarted', { DetailCheckItems: null }),
        item('OtherCheck', 'blocked'),
        item('NewCheck', 'newlyInvented'),
        item('SkippedCheck', 'failed', { HasSkipped: true }),
      ],
    });
    const { items } = await world.cloud().readSyncJobCheck(JOB);
    expect(items.map(({ id, status, canSkip }) => `${id} ${status} ${canSkip}`)).toEqual([
      'ConnectDBCheck passed false',
      'DstEmptyCheck failed false',
      'OptimizeCheck warning true',
      'VersionCheck not-started false',
      'OtherCheck blocked false',
      'NewCheck blocked false',
      'SkippedCheck warning false',
    ]);
    expect(items.slice(0, 2).map(({ name, message }) => [name, message])).toEqual([
      ['the ConnectDBCheck', ''],
      ['the DstEmptyCheck', 'target holds keys\n12 keys\nempty it'],
    ]);
  });
});
