import type {
  DescribeMigrationDetailRequest,
  DescribeMigrationDetailResponse,
  DescribeMigrationJobsRequest,
  DescribeMigrationJobsResponse,
  TagFilter,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { limitUpTo, offset, optionalText, optionalTexts, page, text } from '../api/parameters.ts';
import type { World } from '../world/world.ts';
import { viewJob, viewJobDetail } from './job-view.ts';
import type { SyncJob } from './sync-job.ts';

const defaultLimit = 20;
const maxLimit = 100;

export function describeActions(world: World): Action[] {
  return [describeMigrationDetail(world), describeMigrationJobs(world)];
}

function describeMigrationDetail(world: World): Action {
  return defineAction<DescribeMigrationDetailRequest, DescribeMigrationDetailResponse>({
    service: 'dts',
    name: 'DescribeMigrationDetail',
    parameters: { JobId: text },
    handle: async (request, { action, region }) => {
      const job = world.syncJobs.require(region, request.JobId);
      await world.syncJobs.measure([job]);
      return { ...viewJobDetail(job), ...unknownStatus(world, job, action) };
    },
  });
}

function describeMigrationJobs(world: World): Action {
  return defineAction<DescribeMigrationJobsRequest, DescribeMigrationJobsResponse>({
    service: 'dts',
    name: 'DescribeMigrationJobs',
    parameters: {
      JobId: optionalText,
      JobName: optionalText,
      Status: optionalTexts,
      SrcInstanceId: optionalText,
      SrcRegion: optionalText,
      SrcDatabaseType: optionalTexts,
      SrcAccessType: optionalTexts,
      DstInstanceId: optionalText,
      DstRegion: optionalText,
      DstDatabaseType: optionalTexts,
      DstAccessType: optionalTexts,
      RunMode: optionalText,
      OrderSeq: z.exactOptional(z.enum(['asc', 'desc'])),
      Limit: limitUpTo(maxLimit),
      Offset: offset,
      TagFilters: z.exactOptional(z.array(z.strictObject({ TagKey: text, TagValue: optionalTexts }))),
    },
    handle: async (request, { action, region }) => {
      const jobs = world.syncJobs.inRegion(region);
      await world.syncJobs.measure(jobs);
      const found = jobs.filter((job) => matchesJob(job, request) && matchesEndpoints(job, request));
      if (request.OrderSeq === 'asc') found.reverse();
      return {
        TotalCount: found.length,
        JobList: page(found, request.Offset, request.Limit ?? defaultLimit).map((job) => ({
          ...viewJob(job),
          ...unknownStatus(world, job, action),
        })),
      };
    },
  });
}

function matchesJob(job: SyncJob, request: DescribeMigrationJobsRequest): boolean {
  return (
    (request.JobId === undefined || job.id === request.JobId) &&
    (request.JobName === undefined || job.name.includes(request.JobName)) &&
    isOneOf(job.status, request.Status) &&
    (request.RunMode === undefined || (job.setup?.runMode ?? 'immediate') === request.RunMode) &&
    (request.TagFilters ?? []).every((filter) => carries(job, filter))
  );
}

function carries(job: SyncJob, { TagKey, TagValue }: TagFilter): boolean {
  return job.tags.some((tag) => tag.TagKey === TagKey && isOneOf(tag.TagValue ?? '', TagValue));
}

function matchesEndpoints(job: SyncJob, request: DescribeMigrationJobsRequest): boolean {
  const source = job.setup?.source.instance.id;
  const target = job.setup?.target.instance.id;
  return (
    (request.SrcInstanceId === undefined || source === request.SrcInstanceId) &&
    (request.DstInstanceId === undefined || target === request.DstInstanceId) &&
    (request.SrcRegion === undefined || job.sourceRegion === request.SrcRegion) &&
    (request.DstRegion === undefined || job.region === request.DstRegion) &&
    isOneOf('redis', request.SrcDatabaseType) &&
    isOneOf('redis', request.DstDatabaseType) &&
    isOneOf('cdb', request.SrcAccessType) &&
    isOneOf('cdb', request.DstAccessType)
  );
}

function isOneOf(value: string, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.includes(value);
}

function unknownStatus(world: World, job: SyncJob, action: string): { Status?: string } {
  const instanceIds = [job.setup?.source.instance.id ?? '', job.setup?.target.instance.id ?? ''];
  const fault = world.faults.take(['unknown-status'], { action, jobId: job.id, instanceIds });
  return fault === undefined ? {} : { Status: fault.status };
}
