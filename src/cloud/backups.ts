import type {
  DescribeInstanceBackupsRequest,
  ManualBackupInstanceRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import type { InstanceRef } from '../upgrade/instance.ts';
import { identifier, listOf, type Page, someNumber, someText } from './answers.ts';
import { formatBeijingTime, parseBeijingTime } from './beijing-time.ts';
import type { Calls } from './calls.ts';
import type { Backup, Cloud } from './cloud.ts';
import type { CloudClock, CloudLimits } from './cloud-limits.ts';
import { readAllPages } from './paging.ts';
import { taskAnswer, toTask } from './tasks.ts';

const DAY_MS = 86_400_000;
/** Tencent's longest window of a backup list. */
const WINDOW_MAX_DAYS = 30;
/** Our clock may be behind Tencent's: a backup started "in the future" is asked for too. */
const CLOCK_SKEW_MS = 5 * 60_000;

const backupsAnswer = z.object({
  TotalCount: someNumber,
  BackupSet: listOf(
    z.object({
      BackupId: identifier,
      StartTime: someText,
      BackupType: someText,
      Status: someNumber,
      Remark: someText,
    }),
  ),
});
type BackupItem = z.output<typeof backupsAnswer>['BackupSet'][number];

/** 3 and 4 are a usable backup that is being, or has been, exported. */
const STATUSES: Record<number, Backup['status']> = {
  1: 'in-flow',
  2: 'usable',
  3: 'usable',
  4: 'usable',
  [-1]: 'expired',
};

/** Backups of instances. */
export function createBackups(
  calls: Calls,
  clock: Pick<CloudClock, 'now'>,
  limits: CloudLimits,
): Pick<Cloud, 'startBackup' | 'listBackups'> {
  async function page(ref: InstanceRef, window: Window, offset: number): Promise<Page<Backup>> {
    const request: DescribeInstanceBackupsRequest = {
      InstanceId: ref.id,
      Limit: limits.pageSize,
      Offset: offset,
      BeginTime: formatBeijingTime(window.fromMs),
      EndTime: formatBeijingTime(window.untilMs),
      // Unset would mean 2 alone and hide the backup that is being made.
      Status: [1, 2],
    };
    const action = 'DescribeInstanceBackups';
    const call = { service: 'redis', region: ref.region, action, request, answer: backupsAnswer } as const;
    const { answer } = await calls.read(call);
    const items = answer.BackupSet.map(toBackup);
    return { total: answer.TotalCount ?? items.length, items };
  }

  return {
    async startBackup(ref, remark) {
      const request: ManualBackupInstanceRequest = { InstanceId: ref.id, Remark: remark };
      const action = 'ManualBackupInstance';
      return toTask(
        ref,
        await calls.mutate({ service: 'redis', region: ref.region, action, request, answer: taskAnswer }),
      );
    },

    async listBackups(ref, days) {
      const untilMs = clock.now() + CLOCK_SKEW_MS;
      const spanMs = Math.min(days * DAY_MS + CLOCK_SKEW_MS, WINDOW_MAX_DAYS * DAY_MS);
      const window = { fromMs: untilMs - spanMs, untilMs };
      const list = {
        action: 'DescribeInstanceBackups',
        page: (offset: number) => page(ref, window, offset),
        key: (backup: Backup) => backup.id,
      };
      const backups = await readAllPages(list, limits);
      return backups.sort((a, b) => b.startedAtMs - a.startedAtMs);
    },
  };
}

interface Window {
  fromMs: number;
  untilMs: number;
}

function toBackup(item: BackupItem): Backup {
  return {
    id: item.BackupId,
    startedAtMs: parseBeijingTime(item.StartTime) ?? 0,
    // 1 is the nightly one, 2 one made by a resize.
    kind: item.BackupType === '0' ? 'manual' : 'automatic',
    status: item.Status === undefined ? 'unknown' : (STATUSES[item.Status] ?? 'unknown'),
    remark: item.Remark,
  };
}
