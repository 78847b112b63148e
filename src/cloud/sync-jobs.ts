import type {
  CreateMigrationServiceRequest,
  DescribeMigrationJobsRequest,
  ModifyMigrateRuntimeAttributeRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { z } from 'zod';
import { identifier, nothingButRequestId, type Page } from './answers.ts';
import type { Calls } from './calls.ts';
import type { Cloud, SyncJob, SyncJobRef } from './cloud.ts';
import { CloudError } from './cloud-error.ts';
import type { CloudClock, CloudLimits } from './cloud-limits.ts';
import { notFound } from './instances.ts';
import { readAllPages } from './paging.ts';
import type { Secrets } from './secrets.ts';
import {
  needsErrorText,
  type SyncJobItem,
  syncJobErrorAnswer,
  syncJobsAnswer,
  toSyncJob,
} from './sync-job-answer.ts';
import { syncJobCheckAnswer, toSyncJobCheck } from './sync-job-check.ts';
import { createSyncJobPages } from './sync-job-pages.ts';
import { toModifyRequest } from './sync-job-setup.ts';

/** On every job of this product, the upgrade's id as its value. No call takes a client token, so jobs are found again by this. */
const UPGRADE_TAG = 'redis-upgrade';
/** The same on all of them, so that one list holds every upgrade's job. */
const PRODUCT_TAG = { TagKey: 'managed-by', TagValue: 'redis-upgrade' };
/** The only size that Tencent sells for links that are not billed. */
const INSTANCE_CLASS = 'medium';
const JOB_NAME_MAX_CHARACTERS = 128;

const JOBS_ACTION = 'DescribeMigrationJobs';
const boughtAnswer = z.object({ JobIds: z.array(identifier).min(1) });

export interface SyncJobsDeps {
  calls: Calls;
  secrets: Secrets;
  clock: Pick<CloudClock, 'now'>;
  limits: CloudLimits;
}
type SyncJobReads = Pick<Cloud, 'findSyncJobs' | 'readSyncJob' | 'readSyncJobCheck'>;
type SyncJobMutations = Pick<
  Cloud,
  | 'createSyncJob'
  | 'configureSyncJob'
  | 'startSyncJobCheck'
  | 'startSyncJob'
  | 'setSyncTargetReadOnly'
  | 'completeSyncJob'
  | 'stopSyncJob'
  | 'isolateSyncJob'
>;

/** Sync jobs: DTS migration jobs from Redis to Redis, 2021-12-06 API. */
export function createSyncJobs(deps: SyncJobsDeps): SyncJobReads & SyncJobMutations {
  const list = createJobList(deps);
  const pages = createSyncJobPages(list.productPage, deps.clock, deps.limits);
  return {
    ...createReads(deps, list, pages),
    // What was read before a mutation must not be told after it.
    ...createMutations(deps, (region) => pages.forget(region)),
  };
}

function createJobList({ calls, secrets, limits }: SyncJobsDeps) {
  async function page(region: string, request: DescribeMigrationJobsRequest): Promise<Page<SyncJobItem>> {
    const call = { service: 'dts', region, action: JOBS_ACTION, request, answer: syncJobsAnswer } as const;
    return (await calls.read(call)).answer;
  }

  return {
    async productPage(region: string, offset: number): Promise<Page<SyncJob>> {
      const TagFilters = [{ TagKey: PRODUCT_TAG.TagKey, TagValue: [PRODUCT_TAG.TagValue] }];
      const { total, items } = await page(region, { TagFilters, Limit: limits.pageSize, Offset: offset });
      return { total, items: items.map((item) => toSyncJob(item, region, secrets)) };
    },

    async ofUpgrade(region: string, upgradeId: string): Promise<SyncJob[]> {
      const TagFilters = [{ TagKey: UPGRADE_TAG, TagValue: [upgradeId] }];
      const items = await readAllPages(
        {
          action: JOBS_ACTION,
          page: (Offset) => page(region, { TagFilters, Limit: limits.pageSize, Offset }),
          key: (item) => item.JobId,
        },
        limits,
      );
      return items
        .filter((item) => isOfUpgrade(item, upgradeId))
        .map((item) => toSyncJob(item, region, secrets));
    },

    async byId({ region, id }: SyncJobRef): Promise<SyncJob> {
      const { items } = await page(region, { JobId: id, Limit: 1, Offset: 0 });
      const item = items.find((one) => one.JobId === id);
      if (item === undefined) {
        throw notFound(JOBS_ACTION, `no sync job ${id} in ${region}`);
      }
      return toSyncJob(item, region, secrets);
    },
  };
}

/** The filter is Tencent's work, but a job of somebody else taken for ours would be stopped by us: looked at again. */
function isOfUpgrade(item: SyncJobItem, upgradeId: string): boolean {
  return (
    item.Tags.length === 0 ||
    item.Tags.some(({ TagKey, TagValue }) => TagKey === UPGRADE_TAG && TagValue === upgradeId)
  );
}

function createReads(
  { calls, secrets }: SyncJobsDeps,
  list: ReturnType<typeof createJobList>,
  pages: ReturnType<typeof createSyncJobPages>,
): SyncJobReads {
  async function withErrorText(job: SyncJob): Promise<SyncJob> {
    if (!needsErrorText(job)) {
      return job;
    }
    const action = 'DescribeMigrationDetail';
    const request = { JobId: job.id };
    try {
      const call = {
        service: 'dts',
        region: job.region,
        action,
        request,
        answer: syncJobErrorAnswer,
      } as const;
      const { answer } = await calls.read(call);
      return { ...job, error: answer === '' ? job.error : secrets.redact(answer) };
    } catch (error) {
      // That it failed is the news; without Detail the short reason from the list must do.
      if (error instanceof CloudError) {
        return job;
      }
      throw error;
    }
  }

  return {
    findSyncJobs: (region, upgradeId) => list.ofUpgrade(region, upgradeId),

    async readSyncJob(ref, options) {
      if (options?.fresh === true) {
        const job = await list.byId(ref);
        pages.forget(ref.region);
        return withErrorText(job);
      }
      return withErrorText((await pages.find(ref.region, ref.id)) ?? (await list.byId(ref)));
    },

    async readSyncJobCheck(ref) {
      const action = 'DescribeMigrationCheckJob';
      const request = { JobId: ref.id };
      const call = {
        service: 'dts',
        region: ref.region,
        action,
        request,
        answer: syncJobCheckAnswer,
      } as const;
      return toSyncJobCheck((await calls.read(call)).answer, secrets);
    },
  };
}

function createMutations(
  { calls, secrets }: SyncJobsDeps,
  changed: (region: string) => void,
): SyncJobMutations {
  async function mutate<Answer>(
    action: string,
    region: string,
    rest: { request: object; answer: z.ZodType<Answer> },
  ) {
    try {
      return (await calls.mutate({ service: 'dts', region, action, ...rest })).answer;
    } finally {
      changed(region);
    }
  }
  const onJob = async (action: string, ref: SyncJobRef): Promise<void> => {
    await mutate(action, ref.region, { request: { JobId: ref.id }, answer: nothingButRequestId });
  };

  return {
    async createSyncJob(region, order) {
      const action = 'CreateMigrationService';
      const request: CreateMigrationServiceRequest = {
        SrcDatabaseType: 'redis',
        DstDatabaseType: 'redis',
        SrcRegion: order.sourceRegion,
        // Tencent wants this to be the region of the request.
        DstRegion: order.targetRegion,
        InstanceClass: INSTANCE_CLASS,
        Count: 1,
        JobName: order.name.slice(0, JOB_NAME_MAX_CHARACTERS),
        Tags: [{ TagKey: UPGRADE_TAG, TagValue: order.upgradeId }, PRODUCT_TAG],
      };
      const { JobIds } = await mutate(action, region, { request, answer: boughtAnswer });
      return JobIds[0] ?? '';
    },
    async configureSyncJob(ref, setup) {
      // Before they are sent: the answer, or the failure to get one, may quote them.
      secrets.learn(setup.source.password, setup.target.password);
      const request = toModifyRequest(ref, setup);
      await mutate('ModifyMigrationJob', ref.region, { request, answer: nothingButRequestId });
    },
    startSyncJobCheck: (ref) => onJob('CreateMigrateCheckJob', ref),
    startSyncJob: (ref) => onJob('StartMigrateJob', ref),
    async setSyncTargetReadOnly(ref, readOnly) {
      const request: ModifyMigrateRuntimeAttributeRequest = {
        JobId: ref.id,
        // The write mode is not sent: it speaks of how a copy begins, and this one runs.
        OtherOptions: [{ Key: 'IsDstReadOnly', Value: String(readOnly) }],
      };
      const action = 'ModifyMigrateRuntimeAttribute';
      await mutate(action, ref.region, { request, answer: nothingButRequestId });
    },
    completeSyncJob: (ref) => onJob('CompleteMigrateJob', ref),
    stopSyncJob: (ref) => onJob('StopMigrateJob', ref),
    isolateSyncJob: (ref) => onJob('IsolateMigrateJob', ref),
  };
}
