import { z } from 'zod';
import { optionalListOf, someText } from './answers.ts';
import type { SyncJobCheck } from './cloud.ts';
import type { Secrets } from './secrets.ts';

const detail = z.object({
  CheckResult: someText,
  FailureReason: someText,
  Solution: someText,
  SkipInfo: someText,
});
const checkStep = z.object({
  StepId: someText,
  StepName: someText,
  StepStatus: someText,
  StepMessage: someText,
  DetailCheckItems: optionalListOf(detail),
  HasSkipped: z.unknown().optional(),
});

/** DescribeMigrationCheckJob. `Status` is about the run of the check, `CheckFlag` about its result. */
export const syncJobCheckAnswer = z.object({
  Status: z.enum(['notStarted', 'running', 'failed', 'success']),
  CheckFlag: someText,
  StepInfo: optionalListOf(checkStep),
});
export type SyncJobCheckAnswer = z.output<typeof syncJobCheckAnswer>;

type Item = SyncJobCheck['items'][number];
const ITEM_STATUSES = new Map<string, Item['status']>(
  Object.entries({
    pass: 'passed',
    failed: 'failed',
    warning: 'warning',
    notStarted: 'not-started',
  }),
);

export function toSyncJobCheck(answer: SyncJobCheckAnswer, secrets: Secrets): SyncJobCheck {
  return { status: overall(answer), items: answer.StepInfo.map((step) => toItem(step, secrets)) };
}

function overall({ Status, CheckFlag }: SyncJobCheckAnswer): SyncJobCheck['status'] {
  switch (Status) {
    case 'notStarted':
      return 'not-started';
    case 'running':
      return 'running';
    case 'failed':
      return 'failed';
    // The check ran to its end; only the flag says that it was passed.
    case 'success':
      return CheckFlag === 'checkPass' ? 'passed' : 'failed';
  }
}

function toItem(step: z.output<typeof checkStep>, secrets: Secrets): Item {
  const bad = step.DetailCheckItems.filter(({ CheckResult }) => CheckResult !== 'pass');
  const texts = [
    step.StepMessage,
    ...bad.flatMap(({ FailureReason, Solution }) => [FailureReason, Solution]),
  ].filter((text) => text !== '');
  return {
    id: step.StepId,
    name: step.StepName,
    // A word nobody documents counts as blocked: not passed, and not known to have failed.
    status: step.HasSkipped === true ? 'warning' : (ITEM_STATUSES.get(step.StepStatus) ?? 'blocked'),
    message: secrets.redact(texts.join('\n')),
    // Tencent words the risk of skipping only where skipping is possible.
    canSkip: step.DetailCheckItems.some(({ SkipInfo }) => SkipInfo !== ''),
  };
}
