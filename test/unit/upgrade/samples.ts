import type { Actor, EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import { foldJournal } from '../../../src/upgrade/fold.ts';
import type { ApprovalFacts, InstanceFacts, Plan, RollbackFacts } from '../../../src/upgrade/plan.ts';
import type { UpgradeState } from '../../../src/upgrade/state.ts';
import { type StepName, upgradeSteps } from '../../../src/upgrade/steps.ts';

const WORKER: Actor = { kind: 'worker', id: 'w1' };
export const ALICE: Actor = { kind: 'person', via: 'slack', id: 'UALICE' };
/** The runbook of an upgrade that moves the address. */
export const ADDRESS_STEPS = upgradeSteps('address');
export const UPGRADE_ID = 'up-aaaa1111';
export const OLD_ADDRESS = { ip: '10.0.0.5', port: 6379 };
export const PARKING_ADDRESS = { ip: '10.0.0.99', port: 6379 };

export const SOURCE: InstanceFacts = {
  id: 'crs-source',
  name: 'orders',
  region: 'ap-guangzhou',
  version: '2.8',
  edition: 'standard',
  address: OLD_ADDRESS,
  vpcId: 'vpc-1',
  subnetId: 'subnet-source',
  zoneId: 100003,
  memoryMb: 1024,
  securityGroups: ['sg-1', 'sg-2'],
};
export const TARGET: InstanceFacts = {
  ...SOURCE,
  id: 'crs-target',
  name: 'orders-new',
  version: '4.0',
  address: { ip: '10.0.1.8', port: 6380 },
  subnetId: 'subnet-target',
  memoryMb: 2048,
  securityGroups: ['sg-9'],
};
export const PLAN: Plan = {
  source: SOURCE,
  target: TARGET,
  switch: 'address',
  oldAddress: OLD_ADDRESS,
  parkingAddress: PARKING_ADDRESS,
  usedMemoryMb: 300,
  keys: 1000,
  advice: [],
  warnings: [],
};
export const FACTS: ApprovalFacts = {
  purpose: 'cutover',
  upgradeId: UPGRADE_ID,
  source: SOURCE,
  target: { ...TARGET, subnetId: SOURCE.subnetId },
  switch: 'address',
  oldAddress: OLD_ADDRESS,
  parkingAddress: PARKING_ADDRESS,
  fence: 'read-only',
  syncJobId: 'sync-1',
  differences: 0,
};
const EVIDENCE = { keysCompared: 1000, differences: 0, verifiedAtMs: 5 };
export const FAR_AWAY_MS = 1_000_000_000;

export const REQUESTED: EventBody = {
  type: 'requested',
  upgradeId: UPGRADE_ID,
  source: SOURCE.id,
  target: TARGET.id,
  switch: 'address',
  channel: 'C1',
};
export function approvalRequested(approvalId = 'ap-1', expiresAtMs = FAR_AWAY_MS): EventBody {
  return {
    type: 'approval_requested',
    approvalId,
    digest: 'digest',
    facts: FACTS,
    evidence: EVIDENCE,
    expiresAtMs,
  };
}
export const APPROVED: EventBody = { type: 'approval_given', approvalId: 'ap-1', digest: 'digest' };
export const ABORTED: EventBody = { type: 'abort_requested', reason: 'changed my mind' };
export const ERROR = { code: 'boom', message: 'It broke.' };

/** Numbers the bodies from `firstSeq`; event n happens at n × 1000 ms. */
export function journal(bodies: readonly EventBody[], firstSeq = 0): JournalEvent[] {
  return bodies.map((body, index) => eventAt(firstSeq + index, body));
}

export function eventAt(seq: number, body: EventBody, atMs = seq * 1000): JournalEvent {
  const actor = body.type === 'requested' || body.type.startsWith('approval_given') ? ALICE : WORKER;
  return { v: 1, seq, atMs, actor, ...body };
}

export function stateAfter(...bodies: EventBody[]): UpgradeState {
  return foldJournal(journal(bodies));
}

const OUTPUTS: Partial<Record<StepName, Record<string, unknown>>> = {
  assess: { plan: PLAN, digest: 'plan-digest', summary: 'fits' },
  'rehearse-fence': { fence: 'read-only' },
  'create-sync-job': { syncJobId: 'sync-1' },
  'verify-data': { differences: 0, keysCompared: 1000 },
  'check-gates': { sourceRunId: 'run-source', targetRunId: 'run-target' },
};

/** The events of a step that goes well. */
export function stepDone(step: StepName): EventBody[] {
  const started: EventBody = { type: 'step_started', step };
  const asked = step === 'await-approval' ? [approvalRequested(), APPROVED] : [];
  return [started, ...asked, { type: 'step_succeeded', step, output: OUTPUTS[step] ?? {} }];
}

/** A good journal up to where this step is about to start. */
export function bodiesBefore(step: StepName): EventBody[] {
  return [REQUESTED, ...ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf(step)).flatMap(stepDone)];
}

/** A good journal up to where this step runs. */
export function bodiesDuring(step: StepName): EventBody[] {
  return [...bodiesBefore(step), { type: 'step_started', step }];
}

export const GOOD_JOURNAL: readonly EventBody[] = [
  REQUESTED,
  ...ADDRESS_STEPS.flatMap(stepDone),
  { type: 'ended', outcome: 'completed' },
];

export const ROLLBACK_FACTS: RollbackFacts = {
  purpose: 'rollback',
  upgradeId: UPGRADE_ID,
  mode: 'lossless',
  source: { ...SOURCE, address: PARKING_ADDRESS },
  target: { ...TARGET, address: OLD_ADDRESS },
  switch: 'address',
  oldAddress: OLD_ADDRESS,
  parkingAddress: TARGET.address,
  fence: 'read-only',
};

export function rollbackApprovalRequested(approvalId = 'rb-1'): EventBody {
  return {
    type: 'rollback_approval_requested',
    approvalId,
    digest: 'rollback digest',
    facts: ROLLBACK_FACTS,
    evidence: { cutoverAtMs: 1, warnings: [] },
    expiresAtMs: FAR_AWAY_MS,
  };
}

/** The events of a rollback's step that goes well. */
export function rollbackStepDone(step: StepName): EventBody[] {
  const asked: EventBody[] =
    step === 'await-rollback-approval'
      ? [
          rollbackApprovalRequested(),
          { type: 'approval_given', approvalId: 'rb-1', digest: 'rollback digest' },
        ]
      : [];
  return [{ type: 'step_started', step }, ...asked, { type: 'step_succeeded', step, output: {} }];
}
