import type {
  CompleteMigrateJobRequest,
  CompleteMigrateJobResponse,
  ContinueMigrateJobRequest,
  ContinueMigrateJobResponse,
  ModifyMigrateRuntimeAttributeRequest,
  ModifyMigrateRuntimeAttributeResponse,
  PauseMigrateJobRequest,
  PauseMigrateJobResponse,
  ResumeMigrateJobRequest,
  ResumeMigrateJobResponse,
  StartMigrateJobRequest,
  StartMigrateJobResponse,
  StopMigrateJobRequest,
  StopMigrateJobResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { optionalText, text } from '../api/parameters.ts';
import type { World } from '../world/world.ts';
import { requireSetup } from './check-actions.ts';
import { readRuntimeOptions } from './job-setup.ts';
import { requireAllowed } from './job-states.ts';

/** What makes a checked job run, end, or run again. */
export function runActions(world: World): Action[] {
  return [
    startMigrateJob(world),
    completeMigrateJob(world),
    stopMigrateJob(world),
    resumeMigrateJob(world),
    pauseMigrateJob(world),
    continueMigrateJob(world),
    modifyMigrateRuntimeAttribute(world),
  ];
}

function startMigrateJob(world: World): Action {
  return defineAction<StartMigrateJobRequest, StartMigrateJobResponse>({
    service: 'dts',
    name: 'StartMigrateJob',
    parameters: { JobId: text },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'start');
      const setup = requireSetup(job);
      await world.syncJobs.start(job, setup, setup.writeMode);
      return {};
    },
  });
}

function completeMigrateJob(world: World): Action {
  return defineAction<CompleteMigrateJobRequest, CompleteMigrateJobResponse>({
    service: 'dts',
    name: 'CompleteMigrateJob',
    // CompleteMode is documented for old MySQL jobs only; for Redis it changes nothing.
    parameters: { JobId: text, CompleteMode: optionalText },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'complete');
      await world.syncJobs.complete(job);
      return {};
    },
  });
}

function stopMigrateJob(world: World): Action {
  return defineAction<StopMigrateJobRequest, StopMigrateJobResponse>({
    service: 'dts',
    name: 'StopMigrateJob',
    parameters: { JobId: text },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'stop');
      await world.syncJobs.stop(job);
      return {};
    },
  });
}

function resumeMigrateJob(world: World): Action {
  return defineAction<ResumeMigrateJobRequest, ResumeMigrateJobResponse>({
    service: 'dts',
    name: 'ResumeMigrateJob',
    parameters: { JobId: text, ResumeOption: optionalText },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'resume');
      const mode = request.ResumeOption;
      if (mode !== 'clearData' && mode !== 'overwrite') {
        throw new ApiError('InvalidParameterValue', 'For Redis ResumeOption must be clearData or overwrite.');
      }
      await world.syncJobs.start(job, requireSetup(job), mode);
      return {};
    },
  });
}

function pauseMigrateJob(world: World): Action {
  return defineAction<PauseMigrateJobRequest, PauseMigrateJobResponse>({
    service: 'dts',
    name: 'PauseMigrateJob',
    parameters: { JobId: text },
    handle: (request, { region }) => {
      world.syncJobs.require(region, request.JobId);
      throw new ApiError(
        'FailedOperation.NotAllowOperation',
        'Jobs from redis to redis cannot be paused here.',
      );
    },
  });
}

function continueMigrateJob(world: World): Action {
  return defineAction<ContinueMigrateJobRequest, ContinueMigrateJobResponse>({
    service: 'dts',
    name: 'ContinueMigrateJob',
    parameters: { JobId: text },
    handle: (request, { region }) => {
      world.syncJobs.require(region, request.JobId);
      throw new ApiError('FailedOperation.StatusInConflict', 'The job is not paused.');
    },
  });
}

/** Tencent documents the two attributes of Redis and no state in which they are refused. */
function modifyMigrateRuntimeAttribute(world: World): Action {
  return defineAction<ModifyMigrateRuntimeAttributeRequest, ModifyMigrateRuntimeAttributeResponse>({
    service: 'dts',
    name: 'ModifyMigrateRuntimeAttribute',
    parameters: {
      JobId: text,
      OtherOptions: z.array(z.strictObject({ Key: optionalText, Value: optionalText })),
    },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      const setup = requireSetup(job);
      const { writeMode, targetReadOnly } = readRuntimeOptions(request.OtherOptions);
      setup.writeMode = writeMode ?? setup.writeMode;
      if (targetReadOnly !== undefined) await world.syncJobs.setTargetReadOnly(job, setup, targetReadOnly);
      job.updatedAtMs = world.clock.now();
      return {};
    },
  });
}
