import type { Actor, EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import { foldJournal } from '../../../src/upgrade/fold.ts';
import type { ApprovalFacts, InstanceFacts, Plan } from '../../../src/upgrade/plan.ts';
import { digestOf } from '../../../src/upgrade/plan.ts';
import { STEP_NAMES, type StepName, upgradeSteps } from '../../../src/upgrade/steps.ts';
import { type Progress, type StepWords, type UpgradeView, viewUpgrade } from '../../../src/upgrade/view.ts';

export const START_MS = Date.UTC(2026, 10, 22, 3, 0, 0);
export const UPGRADE_ID = 'up-1a2b3c4d';
export const RITA: Actor = { kind: 'person', via: 'slack', id: 'U0REQUESTER', teamId: 'T0SANDBOX01' };
export const ANNA: Actor = { kind: 'person', via: 'slack', id: 'U0APPROVER1', teamId: 'T0SANDBOX01' };
export const BEN: Actor = { kind: 'person', via: 'slack', id: 'U0APPROVER2', teamId: 'T0SANDBOX01' };
const WORKER: Actor = { kind: 'worker', id: 'w1' };
const CHANNEL = 'C0REDISOPS1';

const ADDRESS_STEPS = upgradeSteps('address');

export const STEP_WORDS = Object.fromEntries<StepWords>(
  STEP_NAMES.map((name) => [name, { title: titleOf(name), describe: () => `About ${name}` }]),
) as Record<StepName, StepWords>;

function titleOf(name: StepName): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`;
}

export function instanceFacts(change: Partial<InstanceFacts> = {}): InstanceFacts {
  return {
    id: 'crs-source01',
    name: 'orders',
    region: 'ap-guangzhou',
    version: '2.8',
    edition: 'standard',
    address: { ip: '10.0.0.7', port: 6379 },
    vpcId: 'vpc-1',
    subnetId: 'subnet-1',
    zoneId: 100003,
    memoryMb: 1024,
    securityGroups: ['sg-1'],
    ...change,
  };
}

const TARGET = instanceFacts({
  id: 'crs-target01',
  name: 'orders-new',
  version: '4.0',
  address: { ip: '10.0.0.9', port: 6379 },
});

export function samplePlan(change: Partial<Plan> = {}): Plan {
  return {
    source: instanceFacts(),
    target: TARGET,
    switch: 'address',
    oldAddress: { ip: '10.0.0.7', port: 6379 },
    parkingAddress: { ip: '10.0.0.250', port: 6379 },
    usedMemoryMb: 300,
    keys: 1_000_000,
    advice: [],
    warnings: [],
    ...change,
  };
}

export function sampleFacts(change: Partial<ApprovalFacts> = {}): ApprovalFacts {
  const { source, target, oldAddress, parkingAddress } = samplePlan();
  return {
    purpose: 'cutover',
    upgradeId: UPGRADE_ID,
    source,
    target,
    switch: 'address',
    oldAddress,
    parkingAddress,
    fence: 'read-only',
    syncJobId: 'sync-1',
    differences: 0,
    ...change,
  };
}

export const APPROVAL_ID = 'ap-00000001';

export function approvalRequested(
  change: Partial<Extract<EventBody, { type: 'approval_requested' }>> = {},
): EventBody {
  const facts = sampleFacts();
  return {
    type: 'approval_requested',
    approvalId: APPROVAL_ID,
    digest: digestOf(facts),
    facts,
    evidence: {
      keysCompared: 1_000_000,
      differences: 0,
      verifiedAtMs: START_MS + 400_000,
      lagBytes: 0,
      writesPerSecond: 1_200,
      connections: 40,
      backupId: 'backup-77',
    },
    expiresAtMs: START_MS + 3_600_000,
    ...change,
  };
}

export function requested(change: Partial<Extract<EventBody, { type: 'requested' }>> = {}): EventBody {
  return {
    type: 'requested',
    upgradeId: UPGRADE_ID,
    source: 'crs-source01',
    target: 'crs-target01',
    switch: 'address',
    channel: CHANNEL,
    ...change,
  };
}

export type Said = EventBody & { by?: Actor };

/** A journal of these events, one second apart. */
export function journalOf(bodies: readonly Said[]): JournalEvent[] {
  return bodies.map(({ by, ...body }, seq) => {
    const actor = by ?? (body.type === 'requested' ? RITA : WORKER);
    return { v: 1, seq, atMs: START_MS + seq * 1_000, actor, ...(body as EventBody) };
  });
}

export function step(name: StepName, output: Record<string, unknown> = {}): Said[] {
  const plan = name === 'assess' ? { plan: samplePlan() } : {};
  return [
    { type: 'step_started', step: name },
    { type: 'step_succeeded', step: name, output: { summary: `${name} went well`, ...plan, ...output } },
  ];
}

/** Everything up to, and not including, a step. */
export function before(name: StepName): Said[] {
  const done = ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf(name)).flatMap((one) =>
    one === 'await-approval' ? approved() : step(one),
  );
  return [requested(), ...done];
}

export function waitingForApproval(change?: Parameters<typeof approvalRequested>[0]): Said[] {
  return [
    ...before('await-approval'),
    { type: 'step_started', step: 'await-approval' },
    approvalRequested(change),
  ];
}

function approved(): Said[] {
  return [
    { type: 'step_started', step: 'await-approval' },
    approvalRequested(),
    { type: 'approval_given', approvalId: APPROVAL_ID, digest: digestOf(sampleFacts()), by: ANNA },
    { type: 'step_succeeded', step: 'await-approval', output: {} },
  ];
}

/** Undoes every step that was begun, last first. */
export function undoneFrom(name: StepName): Said[] {
  return ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf(name) + 1)
    .toReversed()
    .flatMap((one): Said[] => [
      { type: 'undo_started', step: one },
      { type: 'undone', step: one },
    ]);
}

export function viewOf(bodies: readonly Said[], progress?: Progress): UpgradeView {
  return viewUpgrade(foldJournal(journalOf(bodies)), STEP_WORDS, progress);
}

/** One sample of every way an upgrade can stand. */
export const EVERY_STANDING: Record<string, Said[]> = {
  'just requested': [requested()],
  copying: [...before('copy-snapshot'), { type: 'step_started', step: 'copy-snapshot' }],
  'waiting for approval': waitingForApproval(),
  paused: [...before('copy-snapshot'), { type: 'paused', by: RITA }],
  'cutting over': [
    ...before('attach-target-address'),
    { type: 'step_started', step: 'attach-target-address' },
  ],
  soaking: [...before('soak'), { type: 'step_started', step: 'soak' }],
  'going back': [
    ...before('catch-up'),
    { type: 'step_started', step: 'catch-up' },
    { type: 'step_failed', step: 'catch-up', error: { code: 'X', message: 'The copy job stopped' } },
    { type: 'undo_started', step: 'catch-up' },
  ],
  'stuck after the hand-over': [
    ...before('probe'),
    { type: 'step_started', step: 'probe' },
    { type: 'step_failed', step: 'probe', error: { code: 'X', message: 'The address does not answer' } },
  ],
  'stuck in an undo': [
    requested(),
    { type: 'step_started', step: 'assess' },
    { type: 'abort_requested', reason: 'wrong day', by: RITA },
    { type: 'undo_started', step: 'assess' },
    { type: 'undo_failed', step: 'assess', error: { code: 'X', message: 'No rights' } },
  ],
  completed: [...before('tidy-up'), ...step('tidy-up'), { type: 'ended', outcome: 'completed' }],
  'rolled back': [
    ...waitingForApproval(),
    { type: 'approval_rejected', approvalId: APPROVAL_ID, reason: 'Not on a Friday', by: ANNA },
    ...undoneFrom('await-approval'),
    { type: 'ended', outcome: 'rolled_back' },
  ],
};
