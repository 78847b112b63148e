import type {
  DBEndpointInfo,
  DescribeMigrationDetailResponse,
  JobItem,
  MigrateDetailInfo,
  StepDetailInfo,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { beijingTime, unsetTime } from '../clock.ts';
import { allOperations, allowedOperations } from './job-states.ts';
import type { SyncJob } from './sync-job.ts';

const bytesPerMb = 1024 * 1024;
const notAvailable = -1;
const helpDoc = 'https://cloud.tencent.com/document/product/571';

/** A job in the words of DescribeMigrationJobs. Passwords are in it in clear, as Tencent's sample prints them. */
export function viewJob(job: SyncJob): JobItem {
  return {
    JobId: job.id,
    JobName: job.name,
    CreateTime: beijingTime(job.createdAtMs),
    UpdateTime: beijingTime(job.updatedAtMs),
    StartTime: beijingTime(job.startedAtMs),
    EndTime: beijingTime(job.endedAtMs),
    BriefMsg: job.failure?.errorLog ?? '',
    Status: job.status,
    RunMode: job.setup?.runMode ?? 'immediate',
    ExpectRunTime: job.setup?.expectRunTime || unsetTime,
    Action: { AllAction: [...allOperations], AllowedAction: allowedOperations(job) },
    StepInfo: viewSteps(job),
    SrcInfo: job.setup?.source.info ?? emptyEndpoint(job.sourceRegion),
    DstInfo: job.setup?.target.info ?? emptyEndpoint(job.region),
    CompareTask: { CompareTaskId: '', Status: 'notexist' },
    TradeInfo: {
      DealName: '',
      LastDealName: '',
      InstanceClass: job.instanceClass,
      TradeStatus: job.tradeStatus,
      ExpireTime: unsetTime,
      OfflineTime: unsetTime,
      IsolateTime: job.tradeStatus === 'isolated' ? beijingTime(job.updatedAtMs) : unsetTime,
      OfflineReason: '',
      IsolateReason: '',
      PayType: 'postpay',
      BillingType: 'notBilling',
    },
    Tags: [...job.tags],
    AutoRetryTimeRangeMinutes: job.setup?.autoRetryMinutes ?? 0,
    DumperResumeCtrl: 'no',
  };
}

/** A job in the words of DescribeMigrationDetail. */
export function viewJobDetail(job: SyncJob): DescribeMigrationDetailResponse {
  const { AutoRetryTimeRangeMinutes: _, ...shared } = viewJob(job);
  return {
    ...shared,
    ...(job.setup === undefined ? {} : { MigrateOption: job.setup.option }),
    CheckStepInfo: {
      StartAt: beijingTime(job.check?.startedAtMs),
      EndAt: beijingTime(job.check?.endedAtMs),
      Progress: {
        Status: job.check?.status ?? 'notStarted',
        Percent: job.check?.status === 'success' ? 100 : 0,
        StepAll: job.check?.items.length ?? 0,
        StepNow: job.check?.items.length ?? 0,
        Message: '',
        Steps: [],
      },
    },
    ErrorInfo:
      job.failure === undefined
        ? []
        : [
            {
              Code: 'FailedOperation.MigrateJobFailed',
              Solution: job.failure.solution,
              ErrorLog: job.failure.errorLog,
              HelpDoc: helpDoc,
            },
          ],
  };
}

/** Tencent publishes no step ids for Redis; these two name what its guide describes. */
function viewSteps(job: SyncJob): MigrateDetailInfo {
  const isIncremental = job.fullCopyEndedAtMs !== undefined && job.progress?.phase !== 'full';
  const lagBytes = job.progress?.lagBytes ?? notAvailable;
  const isHealthy = job.failure === undefined && isIncremental && lagBytes >= 0;
  let stepNow = 0;
  if (job.startedAtMs !== undefined) stepNow = isIncremental ? 2 : 1;
  return {
    StepAll: 2,
    StepNow: stepNow,
    // In whole megabytes, rounded down: a lag of a few kilobytes reads 0 here.
    MasterSlaveDistance: isHealthy ? Math.floor(lagBytes / bytesPerMb) : notAvailable,
    SecondsBehindMaster: notAvailable,
    StepInfo: [fullStep(job, isIncremental), incrementalStep(job, isIncremental)],
  };
}

/** A finished step says `finished`, as Tencent's sample does, and not `success`, as its model says. */
function fullStep(job: SyncJob, isOver: boolean): StepDetailInfo {
  const base = { StepNo: 1, StepName: 'Full copy', StepId: 'full', Warnings: [] };
  if (isOver) {
    return {
      ...base,
      Status: 'finished',
      Percent: 100,
      StartTime: beijingTime(job.startedAtMs),
      FinishTime: beijingTime(job.fullCopyEndedAtMs),
      StepMessage: '',
      Errors: [],
    };
  }
  return {
    ...base,
    Status: stepStatus(job, job.startedAtMs !== undefined),
    Percent: Math.floor(Math.max(0, job.progress?.percent ?? 0)),
    StartTime: beijingTime(job.startedAtMs),
    FinishTime: unsetTime,
    StepMessage: job.failure?.errorLog ?? '',
    Errors: stepErrors(job),
  };
}

function incrementalStep(job: SyncJob, hasBegun: boolean): StepDetailInfo {
  const isOver = job.status === 'success';
  return {
    StepNo: 2,
    StepName: 'Incremental copy',
    StepId: 'incremental',
    Status: isOver ? 'finished' : stepStatus(job, hasBegun),
    Percent: isOver ? 100 : 0,
    StartTime: beijingTime(job.fullCopyEndedAtMs),
    FinishTime: beijingTime(isOver ? job.endedAtMs : undefined),
    StepMessage: hasBegun ? (job.failure?.errorLog ?? '') : '',
    Errors: hasBegun ? stepErrors(job) : [],
    Warnings: [],
  };
}

function stepStatus(job: SyncJob, hasBegun: boolean): string {
  if (!hasBegun) return 'notStarted';
  return job.failure === undefined ? 'running' : 'failed';
}

function stepErrors(job: SyncJob): StepDetailInfo['Errors'] & object {
  if (job.failure === undefined) return [];
  return [{ Message: job.failure.errorLog, Solution: job.failure.solution, HelpDoc: helpDoc }];
}

function emptyEndpoint(region: string): DBEndpointInfo {
  return { Region: region, AccessType: '', DatabaseType: 'redis', NodeType: '', Info: [] };
}
