import type { Fault as CloudFault, FaultRule } from '../../src/sandbox/cloud/faults.ts';
import type { Fault as SlackFault } from '../../src/sandbox/slack/web-api/faults.ts';
import type { Dice } from './dice.ts';

/** Calls that change something. */
const mutations = [
  'ModifyNetworkConfig',
  'ModifyInstanceReadOnly',
  'ManualBackupInstance',
  'AssociateSecurityGroups',
  'CreateMigrationService',
  'ModifyMigrationJob',
  'CreateMigrateCheckJob',
  'StartMigrateJob',
  'CompleteMigrateJob',
  'StopMigrateJob',
  'IsolateMigrateJob',
] as const;
/** Calls that only look. */
const reads = [
  'DescribeInstances',
  'DescribeTaskInfo',
  'DescribeMigrationJobs',
  'DescribeMigrationDetail',
  'DescribeMigrationCheckJob',
  'DescribeUsedIpAddress',
  'GetMonitorData',
] as const;
/** Their tasks can fail after they were accepted. */
const taskStarters = ['ModifyNetworkConfig', 'ModifyInstanceReadOnly', 'ManualBackupInstance'] as const;
/** As often as the bot attempts a task that fails. */
const moreThanAnybodyTries = 3;

/** Something an upgrade has to live through: it strikes a few times and is over. */
export function drawPassingCloudFault(dice: Dice): FaultRule {
  const times = dice.between(1, 3);
  if (dice.chance(0.12)) return { fault: { kind: 'throttle', forMs: dice.between(300, 1_500) } };
  if (dice.chance(0.15)) {
    const fault: CloudFault = { kind: 'fail-task', afterEffect: dice.chance(0.5) };
    return { action: dice.pick(taskStarters), times: 1, fault };
  }
  if (dice.chance(0.5)) return { action: dice.pick(mutations), times: 1, fault: afterEffect(dice) };
  if (dice.chance(0.5)) return { action: dice.pick(mutations), times, fault: beforeEffect(dice) };
  return { action: dice.pick(reads), times, fault: beforeEffect(dice) };
}

function beforeEffect(dice: Dice): CloudFault {
  return dice.pick<CloudFault>([
    { kind: 'error', code: 'RequestLimitExceeded' },
    { kind: 'error', code: 'InternalError' },
    { kind: 'http', status: 502 },
    { kind: 'cut-before' },
    { kind: 'slow', ms: dice.between(200, 2_500) },
  ]);
}

function afterEffect(dice: Dice): CloudFault {
  return dice.pick<CloudFault>([
    { kind: 'error-after', code: 'InternalError' },
    { kind: 'cut-after' },
    { kind: 'not-json' },
    { kind: 'duplicate' },
  ]);
}

/** Something that ends the way forward, if it strikes: the upgrade has to go back by itself. */
export function drawLastingCloudFault(dice: Dice, pair: { source: string; target: string }): FaultRule {
  const instanceId = dice.chance(0.5) ? pair.source : pair.target;
  return dice.pick<FaultRule>([
    {
      action: 'ModifyNetworkConfig',
      instanceId,
      times: moreThanAnybodyTries,
      fault: { kind: 'fail-task', message: 'The address could not be changed' },
    },
    { times: 1, fault: { kind: 'fail-sync-job', phase: 'full', errorLog: 'errmsg: the copy broke' } },
    {
      times: 1,
      fault: { kind: 'fail-sync-job', phase: 'incremental', errorLog: 'errmsg: the stream broke' },
    },
    { times: 1, fault: { kind: 'fail-check-item', stepId: 'DstSpaceCheck', reason: 'Not enough memory' } },
    { times: moreThanAnybodyTries, fault: { kind: 'refuse-read-only', code: 'InvalidParameter' } },
  ]);
}

const methods = ['chat.postMessage', 'chat.update', '*'] as const;

export function drawSlackFault(dice: Dice): SlackFault {
  const common = { method: dice.pick(methods), times: dice.between(1, 4) };
  return dice.pick<SlackFault>([
    { ...common, kind: 'rate_limited', retryAfterSeconds: 1 },
    { ...common, kind: 'http', status: 503 },
    { ...common, kind: 'drop' },
    { ...common, kind: 'drop_after' },
    { ...common, kind: 'slow', ms: dice.between(300, 2_500) },
    { ...common, kind: 'error', error: 'internal_error' },
  ]);
}
