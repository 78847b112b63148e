import { z } from 'zod';
import { identifier, listOf, optionalListOf, someNumber, someText } from './answers.ts';
import type { SyncJob, SyncJobStatus } from './cloud.ts';
import type { Secrets } from './secrets.ts';

const endpoint = z.object({ Info: optionalListOf(z.object({ InstanceId: someText })) }).nullish();
const tip = z.object({ Message: someText });
const step = z.object({
  Status: someText,
  Percent: someNumber,
  StepMessage: someText,
  Errors: optionalListOf(tip),
});

const jobItem = z.object({
  JobId: identifier,
  Status: someText,
  BriefMsg: someText,
  SrcInfo: endpoint,
  DstInfo: endpoint,
  StepInfo: z.object({ MasterSlaveDistance: someNumber, StepInfo: optionalListOf(step) }).nullish(),
  TradeInfo: z.object({ TradeStatus: someText }).nullish(),
  Tags: optionalListOf(z.object({ TagKey: someText, TagValue: someText })),
});
export type SyncJobItem = z.output<typeof jobItem>;

/** DescribeMigrationJobs. */
export const syncJobsAnswer = z
  .object({ TotalCount: someNumber, JobList: listOf(jobItem) })
  .transform((answer) => ({ total: answer.TotalCount ?? answer.JobList.length, items: answer.JobList }));

/** Of DescribeMigrationDetail only why it failed; the passwords it prints are not even parsed. */
export const syncJobErrorAnswer = z
  .object({
    BriefMsg: someText,
    ErrorInfo: optionalListOf(z.object({ Code: someText, ErrorLog: someText, Solution: someText })),
    StepInfo: z.object({ StepInfo: optionalListOf(step) }).nullish(),
  })
  .transform((answer) =>
    joinTexts([
      ...answer.ErrorInfo.flatMap((info) => [info.Code, info.ErrorLog, info.Solution]),
      ...stepErrors(answer.StepInfo?.StepInfo ?? []),
      answer.BriefMsg,
    ]),
  );

/** Every state Tencent documents for the 2021-12-06 API; its list is open, so any other word is `unknown`. */
const STATUSES = new Map<string, SyncJobStatus>(
  Object.entries({
    creating: 'created',
    created: 'created',
    checking: 'checking',
    checkPass: 'check-passed',
    checkNotPass: 'check-failed',
    readyRun: 'starting',
    resuming: 'starting',
    running: 'copying',
    readyComplete: 'catching-up',
    completing: 'completing',
    success: 'completed',
    stopping: 'stopping',
    canceled: 'stopped',
    pausing: 'paused',
    manualPaused: 'paused',
    error: 'interrupted',
    resumableErr: 'interrupted',
    failed: 'failed',
  }),
);
const TRADE_STATUSES = new Map<string, SyncJob['tradeStatus']>(
  Object.entries({
    normal: 'normal',
    notBilled: 'normal',
    isolating: 'isolated',
    isolated: 'isolated',
    offlining: 'offline',
    offlined: 'offline',
  }),
);
const COPIED: ReadonlySet<SyncJobStatus> = new Set(['catching-up', 'completing', 'completed']);
const BROKEN: ReadonlySet<SyncJobStatus> = new Set(['failed', 'interrupted']);

export function toSyncJob(item: SyncJobItem, region: string, secrets: Secrets): SyncJob {
  const own = STATUSES.get(item.Status) ?? 'unknown';
  const tradeStatus = TRADE_STATUSES.get(item.TradeInfo?.TradeStatus ?? '') ?? 'other';
  const steps = item.StepInfo?.StepInfo ?? [];
  return {
    region,
    id: item.JobId,
    status: tradeStatus === 'isolated' || tradeStatus === 'offline' ? 'isolated' : own,
    rawStatus: item.Status,
    sourceId: instanceOf(item.SrcInfo),
    targetId: instanceOf(item.DstInfo),
    percent: COPIED.has(own) ? 100 : percentOfCopy(steps),
    lagMb: atLeastZero(item.StepInfo?.MasterSlaveDistance),
    error: BROKEN.has(own) ? secrets.redact(joinTexts([...stepErrors(steps), item.BriefMsg])) : '',
    tradeStatus,
  };
}

/** True of a job that is broken, for whose reason Detail must be asked: the list leaves the error log out. */
export function needsErrorText(job: SyncJob): boolean {
  return BROKEN.has(job.status);
}

function instanceOf(info: z.output<typeof endpoint>): string | undefined {
  const id = info?.Info[0]?.InstanceId;
  return id === '' ? undefined : id;
}

/** -1 is Tencent's "not available". */
function atLeastZero(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}

/**
 * The last step is the incremental one, the ones before it are the full copy: the mean of those. Which steps a Redis job has is
 * not documented. A finished step says `success`, or `finished` in Tencent's sample.
 */
function percentOfCopy(steps: SyncJobItemStep[]): number | undefined {
  const copying = steps.length > 1 ? steps.slice(0, -1) : steps;
  if (copying.length === 0) {
    return;
  }
  const sum = copying.reduce((total, { Status, Percent }) => {
    const done = Status === 'success' || Status === 'finished';
    return total + (done ? 100 : Math.min(100, Math.max(0, Percent ?? 0)));
  }, 0);
  return Math.floor(sum / copying.length);
}
type SyncJobItemStep = z.output<typeof step>;

function stepErrors(steps: SyncJobItemStep[]): string[] {
  return steps
    .filter(({ Status }) => Status === 'failed')
    .flatMap(({ StepMessage, Errors }) => [StepMessage, ...Errors.map(({ Message }) => Message)]);
}

function joinTexts(texts: string[]): string {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))].join('\n');
}
