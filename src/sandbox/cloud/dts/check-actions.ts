import type {
  CheckStep,
  CreateMigrateCheckJobRequest,
  CreateMigrateCheckJobResponse,
  DescribeMigrationCheckJobRequest,
  DescribeMigrationCheckJobResponse,
  DetailCheckItem,
  ModifyMigrationJobRequest,
  ModifyMigrationJobResponse,
  SkipCheckItemRequest,
  SkipCheckItemResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { optionalInteger, optionalText, text, texts } from '../api/parameters.ts';
import type { World } from '../world/world.ts';
import { type CheckItem, checkSteps } from './check-items.ts';
import { endpoint, migrateOption, tags } from './job-parameters.ts';
import { readSetup } from './job-setup.ts';
import { requireAllowed } from './job-states.ts';
import type { JobCheck, JobSetup, SyncJob } from './sync-job.ts';

const maxNameLength = 128;

/** From a bought job to one that may start. */
export function checkActions(world: World): Action[] {
  return [
    modifyMigrationJob(world),
    createMigrateCheckJob(world),
    describeMigrationCheckJob(world),
    skipCheckItem(world),
  ];
}

function modifyMigrationJob(world: World): Action {
  return defineAction<ModifyMigrationJobRequest, ModifyMigrationJobResponse>({
    service: 'dts',
    name: 'ModifyMigrationJob',
    parameters: {
      JobId: text,
      RunMode: text,
      MigrateOption: migrateOption,
      SrcInfo: endpoint,
      DstInfo: endpoint,
      JobName: z.exactOptional(text.max(maxNameLength)),
      ExpectRunTime: optionalText,
      Tags: z.exactOptional(tags),
      AutoRetryTimeRangeMinutes: optionalInteger,
    },
    handle: (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'configure');
      job.setup = readSetup(world, job, request);
      job.name = request.JobName ?? job.name;
      job.tags = request.Tags ?? job.tags;
      // A check counts for the configuration it looked at.
      job.status = 'created';
      job.check = undefined;
      job.updatedAtMs = world.clock.now();
      return {};
    },
  });
}

function createMigrateCheckJob(world: World): Action {
  return defineAction<CreateMigrateCheckJobRequest, CreateMigrateCheckJobResponse>({
    service: 'dts',
    name: 'CreateMigrateCheckJob',
    parameters: { JobId: text },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'check');
      await world.syncJobs.check(job, requireSetup(job));
      return {};
    },
  });
}

function describeMigrationCheckJob(world: World): Action {
  return defineAction<DescribeMigrationCheckJobRequest, DescribeMigrationCheckJobResponse>({
    service: 'dts',
    name: 'DescribeMigrationCheckJob',
    parameters: { JobId: text },
    handle: (request, { region }) => viewCheck(world.syncJobs.require(region, request.JobId)),
  });
}

function skipCheckItem(world: World): Action {
  return defineAction<SkipCheckItemRequest, SkipCheckItemResponse>({
    service: 'dts',
    name: 'SkipCheckItem',
    parameters: { JobId: text, StepIds: texts, ForeignKeyFlag: optionalText },
    handle: (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'skip');
      for (const id of request.StepIds) {
        if (checkSteps.find((step) => step.id === id)?.canSkip !== true) {
          throw new ApiError('FailedOperation.NotAllowOperation', `The check item ${id} cannot be skipped.`);
        }
      }
      for (const id of request.StepIds) job.skippedSteps.add(id);
      return { Message: 'Run the check again for this to count.' };
    },
  });
}

/** The configuration of a job; an ApiError when there is none yet. */
export function requireSetup(job: SyncJob): JobSetup {
  if (job.setup === undefined) {
    throw new ApiError('FailedOperation.NotAllowOperation', `The job ${job.id} is not configured yet.`);
  }
  return job.setup;
}

function viewCheck({ status, check }: SyncJob): DescribeMigrationCheckJobResponse {
  if (check === undefined) return { Status: 'notStarted', BriefMsg: '', StepInfo: [], CheckFlag: '' };
  const failed = check.items.filter((item) => item.status === 'failed' && !item.skipped);
  return {
    Status: check.status,
    BriefMsg: failed.map(({ reason }) => reason).join(' '),
    StepInfo: viewCheckSteps(check),
    CheckFlag: checkFlag(check, failed.length === 0 && status !== 'checkNotPass'),
  };
}

function checkFlag(check: JobCheck, passed: boolean): string {
  if (check.status !== 'success') return '';
  return passed ? 'checkPass' : 'checkNotPass';
}

function viewCheckSteps(check: JobCheck): CheckStep[] {
  return checkSteps.map(({ id, name }, index) => {
    const item = check.items.find((candidate) => candidate.id === id);
    const step = { StepNo: index + 1, StepId: id, StepName: name };
    if (item === undefined) {
      return { ...step, StepStatus: 'notStarted', StepMessage: '', DetailCheckItems: [], HasSkipped: false };
    }
    return {
      ...step,
      StepStatus: item.status,
      StepMessage: item.reason,
      DetailCheckItems: [viewItem(item, name)],
      HasSkipped: item.skipped,
    };
  });
}

function viewItem(item: CheckItem, name: string): DetailCheckItem {
  return {
    CheckItemName: name,
    Description: name,
    CheckResult: item.status,
    FailureReason: item.reason,
    Solution: item.solution,
    ErrorLog: item.reason === '' ? [] : [item.reason],
    HelpDoc: [],
    SkipInfo:
      checkSteps.find(({ id }) => id === item.id)?.canSkip === true
        ? 'The target may run out of memory.'
        : '',
  };
}
