import type {
  CreateMigrationServiceRequest,
  CreateMigrationServiceResponse,
  DescribeMigrateDBInstancesRequest,
  DescribeMigrateDBInstancesResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { integer, limitUpTo, offset, optionalText, page, text } from '../api/parameters.ts';
import { shortId } from '../identifiers.ts';
import { instanceStatus } from '../world/instances.ts';
import type { World } from '../world/world.ts';
import { tags } from './job-parameters.ts';

const maxCount = 15;
const maxNameLength = 128;
/** Jobs bought and never configured; Tencent has such a limit and does not publish it. */
const maxUnusedJobs = 30;
const defaultLimit = 20;
const maxLimit = 100;

export function purchaseActions(world: World): Action[] {
  return [createMigrationService(world), describeMigrateDbInstances(world)];
}

function createMigrationService(world: World): Action {
  return defineAction<CreateMigrationServiceRequest, CreateMigrationServiceResponse>({
    service: 'dts',
    name: 'CreateMigrationService',
    parameters: {
      SrcDatabaseType: text,
      DstDatabaseType: text,
      SrcRegion: text,
      DstRegion: text,
      InstanceClass: z.enum(['small', 'medium', 'large', 'xlarge', '2xlarge']),
      Count: z.exactOptional(integer.min(1).max(maxCount)),
      JobName: z.exactOptional(text.max(maxNameLength)),
      Tags: z.exactOptional(tags),
    },
    handle: (request, { region }) => {
      requireRedisLink(request, region);
      const count = request.Count ?? 1;
      const unused = world.syncJobs
        .inRegion(region)
        .filter(({ setup, tradeStatus }) => setup === undefined && tradeStatus === 'normal');
      if (unused.length + count > maxUnusedJobs) {
        throw new ApiError('LimitExceeded.MaxUnusedJobs', `There are ${unused.length} idle migration jobs.`);
      }
      return { JobIds: Array.from({ length: count }, () => buy(world, request, region)) };
    },
  });
}

function requireRedisLink(request: CreateMigrationServiceRequest, region: string): void {
  if (request.SrcDatabaseType !== 'redis' || request.DstDatabaseType !== 'redis') {
    throw new ApiError(
      'OperationDenied.MigrateServiceSupportError',
      'The sandbox knows links from redis to redis only.',
    );
  }
  if (request.DstRegion !== region) {
    throw new ApiError('InvalidParameterValue', `DstRegion must be the region of the request, ${region}.`);
  }
}

function buy(world: World, request: CreateMigrationServiceRequest, region: string): string {
  const id = shortId('dts', world.random);
  const now = world.clock.now();
  world.syncJobs.add({
    id,
    region,
    sourceRegion: request.SrcRegion,
    instanceClass: request.InstanceClass,
    createdAtMs: now,
    name: request.JobName ?? '',
    tags: request.Tags ?? [],
    status: 'created',
    tradeStatus: 'normal',
    updatedAtMs: now,
    startedAtMs: undefined,
    fullCopyEndedAtMs: undefined,
    endedAtMs: undefined,
    setup: undefined,
    check: undefined,
    skippedSteps: new Set(),
    copy: undefined,
    progress: undefined,
    failure: undefined,
    run: 0,
  });
  return id;
}

function describeMigrateDbInstances(world: World): Action {
  return defineAction<DescribeMigrateDBInstancesRequest, DescribeMigrateDBInstancesResponse>({
    service: 'dts',
    name: 'DescribeMigrateDBInstances',
    parameters: {
      DatabaseType: text,
      MigrateRole: z.exactOptional(z.enum(['src', 'dst'])),
      InstanceId: optionalText,
      InstanceName: optionalText,
      Limit: limitUpTo(maxLimit),
      Offset: offset,
      AccountMode: optionalText,
      TmpSecretId: optionalText,
      TmpSecretKey: optionalText,
      TmpToken: optionalText,
    },
    handle: (request, { region }) => {
      const all = request.DatabaseType === 'redis' ? world.instances.inRegion(region) : [];
      const found = all
        .filter(({ id }) => request.InstanceId === undefined || id === request.InstanceId)
        .filter(({ name }) => request.InstanceName === undefined || name.includes(request.InstanceName));
      return {
        TotalCount: found.length,
        Instances: page(found, request.Offset, request.Limit ?? defaultLimit).map((instance) => {
          const usable = instance.status === instanceStatus.running;
          return {
            InstanceId: instance.id,
            InstanceName: instance.name,
            Vip: instance.address.ip,
            Vport: instance.address.port,
            Usable: usable ? 1 : 0,
            Hint: usable ? '' : `The instance is in status ${instance.status}.`,
          };
        }),
      };
    },
  });
}
