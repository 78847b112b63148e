import type {
  DestroyMigrateJobRequest,
  DestroyMigrateJobResponse,
  IsolateMigrateJobRequest,
  IsolateMigrateJobResponse,
  RecoverMigrateJobRequest,
  RecoverMigrateJobResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { optionalText, text } from '../api/parameters.ts';
import type { World } from '../world/world.ts';
import { requireAllowed } from './job-states.ts';

/** Giving a job back, taking it back out of the bin, and emptying the bin. */
export function retireActions(world: World): Action[] {
  return [isolateMigrateJob(world), recoverMigrateJob(world), destroyMigrateJob(world)];
}

function isolateMigrateJob(world: World): Action {
  return defineAction<IsolateMigrateJobRequest, IsolateMigrateJobResponse>({
    service: 'dts',
    name: 'IsolateMigrateJob',
    parameters: { JobId: text },
    handle: async (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'isolate');
      await world.syncJobs.isolate(job);
      return {};
    },
  });
}

function recoverMigrateJob(world: World): Action {
  return defineAction<RecoverMigrateJobRequest, RecoverMigrateJobResponse>({
    service: 'dts',
    name: 'RecoverMigrateJob',
    parameters: { JobId: text },
    handle: (request, { region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'recover');
      job.tradeStatus = 'normal';
      job.updatedAtMs = world.clock.now();
      return {};
    },
  });
}

function destroyMigrateJob(world: World): Action {
  return defineAction<DestroyMigrateJobRequest, DestroyMigrateJobResponse>({
    service: 'dts',
    name: 'DestroyMigrateJob',
    parameters: { JobId: optionalText },
    handle: (request, { region }) => {
      if (request.JobId === undefined) throw new ApiError('MissingParameter', 'JobId is missing.');
      const job = world.syncJobs.require(region, request.JobId);
      requireAllowed(job, 'offline');
      world.syncJobs.remove(job);
      return {};
    },
  });
}
