import type {
  DescribeInstanceBackupsRequest,
  DescribeInstanceBackupsResponse,
  ManualBackupInstanceRequest,
  ManualBackupInstanceResponse,
  RedisBackupSet,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { integer, limitUpTo, offset, optionalIntegers, optionalText, page, text } from '../api/parameters.ts';
import { beijingTime, parseBeijingTime } from '../clock.ts';
import { numericId } from '../identifiers.ts';
import type { Backup } from '../world/backups.ts';
import { taskTypes } from '../world/tasks.ts';
import type { World } from '../world/world.ts';

const defaultLimit = 20;
const maxLimit = 100;
const dayMs = 24 * 60 * 60 * 1000;
const defaultStorageDays = 7;
const maxSpanMs = 30 * dayMs;
const statusNumber = { 'in flow': 1, usable: 2, failed: -1 } as const;

export function backupActions(world: World): Action[] {
  return [manualBackupInstance(world), describeInstanceBackups(world)];
}

function manualBackupInstance(world: World): Action {
  return defineAction<ManualBackupInstanceRequest, ManualBackupInstanceResponse>({
    service: 'redis',
    name: 'ManualBackupInstance',
    parameters: {
      InstanceId: text,
      Remark: optionalText,
      // Longer needs a ticket at Tencent.
      StorageDays: z.exactOptional(integer.min(1).max(defaultStorageDays)),
    },
    handle: async (request, { action, region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      world.tasks.requireIdle(instance);
      const now = world.clock.now();
      const backup: Backup = {
        id: `${appNumber}-${numericId(8, world.random)}-${numericId(10, world.random)}`,
        instance,
        remark: request.Remark ?? '',
        startedAtMs: now,
        expiresAtMs: now + (request.StorageDays ?? defaultStorageDays) * dayMs,
        endedAtMs: undefined,
        status: 'in flow',
        bytes: 0,
      };
      world.backups.add(backup);
      const task = await world.tasks.start(instance, {
        type: taskTypes.backUp,
        action,
        title: 'Backing up',
        duration: 'backupTaskMs',
        effect: async () => {
          try {
            const node = await instance.start();
            backup.bytes = (await node.save()).bytes;
          } catch (error) {
            backup.status = 'failed';
            throw error;
          }
          backup.status = 'usable';
          backup.endedAtMs = world.clock.now();
        },
        abandon: () => {
          backup.status = 'failed';
        },
      });
      return { TaskId: task.id };
    },
  });
}

const appNumber = 1_250;

function describeInstanceBackups(world: World): Action {
  return defineAction<DescribeInstanceBackupsRequest, DescribeInstanceBackupsResponse>({
    service: 'redis',
    name: 'DescribeInstanceBackups',
    parameters: {
      Limit: limitUpTo(maxLimit),
      Offset: offset,
      InstanceId: optionalText,
      InstanceName: optionalText,
      BeginTime: optionalText,
      EndTime: optionalText,
      Status: optionalIntegers,
    },
    handle: (request, { region }) => {
      const { since, until } = timeSpan(request);
      const wanted = request.Status ?? [statusNumber.usable];
      const found = world.backups
        .visible()
        .filter(({ instance }) => instance.region === region)
        .filter(({ instance }) => request.InstanceId === undefined || instance.id === request.InstanceId)
        .filter(
          ({ instance }) =>
            request.InstanceName === undefined || instance.name.includes(request.InstanceName),
        )
        .filter(({ startedAtMs }) => startedAtMs >= since && startedAtMs <= until)
        .filter(({ status }) => wanted.includes(statusNumber[status]));
      return {
        TotalCount: found.length,
        BackupSet: page(found, request.Offset, request.Limit ?? defaultLimit).map(viewBackup),
      };
    },
  });
}

function viewBackup(backup: Backup): RedisBackupSet {
  return {
    BackupId: backup.id,
    BackupType: '0',
    StartTime: beijingTime(backup.startedAtMs),
    EndTime: beijingTime(backup.endedAtMs),
    ExpireTime: beijingTime(backup.expiresAtMs),
    Status: statusNumber[backup.status],
    Remark: backup.remark,
    Locked: backup.status === 'in flow' ? 1 : 0,
    BackupSize: backup.bytes,
    FullBackup: 1,
    InstanceType: backup.instance.type,
    InstanceId: backup.instance.id,
    InstanceName: backup.instance.name,
    Region: backup.instance.region,
    FileType: 'RDB-Redis',
    Encrypted: false,
  };
}

function timeSpan(request: DescribeInstanceBackupsRequest): { since: number; until: number } {
  const since = request.BeginTime === undefined ? 0 : parseBeijingTime(request.BeginTime);
  const until = request.EndTime === undefined ? Number.POSITIVE_INFINITY : parseBeijingTime(request.EndTime);
  if (since === undefined || until === undefined) {
    throw new ApiError('InvalidParameterValue', 'A time must have the form 2017-02-08 16:46:34.');
  }
  if (request.BeginTime !== undefined && request.EndTime !== undefined && until - since > maxSpanMs) {
    throw new ApiError('InvalidParameterValue', 'The times must be at most 30 days apart.');
  }
  return { since, until };
}
