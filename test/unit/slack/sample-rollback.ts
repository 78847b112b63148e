import type { EventBody } from '../../../src/upgrade/events.ts';
import { digestOf, type RollbackFacts, type RollbackMode } from '../../../src/upgrade/plan.ts';
import { rollbackSteps, type StepName, upgradeSteps } from '../../../src/upgrade/steps.ts';
import {
  ANNA,
  approvalRequested,
  BEN,
  before,
  RITA,
  requested,
  type Said,
  START_MS,
  sampleFacts,
  samplePlan,
  step,
  UPGRADE_ID,
} from './sample-upgrade.ts';

export const ROLLBACK_APPROVAL_ID = 'ap-0000back';

export function rollbackFacts(mode: RollbackMode, change: Partial<RollbackFacts> = {}): RollbackFacts {
  const { source, target, oldAddress } = samplePlan();
  return {
    purpose: 'rollback',
    upgradeId: UPGRADE_ID,
    mode,
    source: { ...source, address: { ip: '10.0.0.250', port: 6379 } },
    target: { ...target, address: oldAddress },
    switch: 'address',
    oldAddress,
    parkingAddress: { ip: '10.0.0.9', port: 6379 },
    fence: 'read-only',
    ...change,
  };
}

type Asking = Extract<EventBody, { type: 'rollback_approval_requested' }>;

function rollbackApprovalRequested(mode: RollbackMode, change: Partial<Asking> = {}): Asking {
  const facts = change.facts ?? rollbackFacts(mode);
  return {
    type: 'rollback_approval_requested',
    approvalId: ROLLBACK_APPROVAL_ID,
    digest: digestOf(facts),
    facts,
    evidence: {
      writesSinceCutover: 5_321,
      keys: 1_000_000,
      ...(mode === 'lossless' && { expectedGapMs: 25_000 }),
      cutoverAtMs: START_MS + 40_000,
      warnings: [],
    },
    expiresAtMs: START_MS + 3_600_000,
    ...change,
  };
}

export const SOAKING: Said[] = [...before('soak'), { type: 'step_started', step: 'soak' }];

export function asked(mode: RollbackMode): Said[] {
  return [...SOAKING, { type: 'rollback_requested', mode, by: RITA }];
}

export function rollbackWaiting(mode: RollbackMode, change?: Partial<Asking>): Said[] {
  return [
    ...asked(mode),
    ...step('check-rollback', { summary: 'the way back is free' }),
    { type: 'step_started', step: 'await-rollback-approval' },
    rollbackApprovalRequested(mode, change),
  ];
}

export function rollbackApproved(mode: RollbackMode, change?: Partial<Asking>): Said[] {
  const { approvalId, digest } = rollbackApprovalRequested(mode, change);
  return [
    ...rollbackWaiting(mode, change),
    { type: 'approval_given', approvalId, digest, by: BEN },
    { type: 'step_succeeded', step: 'await-rollback-approval', output: {} },
  ];
}

const LOST = '5400 writes made on crs-target01 since the cutover are lost';

/** Everything of a rollback up to, and not including, a step. */
export function rollbackBefore(name: StepName, mode: RollbackMode, change?: Partial<Asking>): Said[] {
  const steps = rollbackSteps('address', mode);
  return [
    ...rollbackApproved(mode, change),
    ...steps
      .slice(2, steps.indexOf(name))
      .flatMap((one) => step(one, one === 'count-lost-writes' ? { summary: LOST, lostWrites: 5_400 } : {})),
  ];
}

/** The source serves; the rest of the upgrade is still to be undone. */
export function rollbackDone(mode: RollbackMode): Said[] {
  return [...rollbackBefore('probe-source', mode), ...step('probe-source')];
}

export function rolledBack(mode: RollbackMode): Said[] {
  const undone = upgradeSteps('address')
    .slice(0, upgradeSteps('address').indexOf('soak') + 1)
    .toReversed()
    .flatMap((one): Said[] => [
      { type: 'undo_started', step: one },
      { type: 'undone', step: one },
    ]);
  return [...rollbackDone(mode), ...undone, { type: 'ended', outcome: 'rolled_back' }];
}

/** Undoes what a rollback had done when it was turned back at this step, last first, and ends it. */
export function calledOffFrom(name: StepName, mode: RollbackMode): Said[] {
  const steps = rollbackSteps('address', mode);
  return [
    ...steps
      .slice(0, steps.indexOf(name) + 1)
      .toReversed()
      .flatMap((one): Said[] => [
        { type: 'undo_started', step: one },
        { type: 'undone', step: one },
      ]),
    { type: 'rollback_called_off' },
  ];
}

export const REJECTED: Said = {
  type: 'approval_rejected',
  approvalId: ROLLBACK_APPROVAL_ID,
  reason: 'The target is fine',
  by: BEN,
};

export const STUCK_AFTER_HAND_OVER: Said[] = [
  ...before('probe'),
  { type: 'step_started', step: 'probe' },
  { type: 'step_failed', step: 'probe', error: { code: 'X', message: 'The address does not answer' } },
];

/** The target holds the address although its taking it was given up: a rollback can be asked for. */
export const TARGET_HOLDS_ADDRESS: Said[] = [
  ...before('attach-target-address'),
  { type: 'step_started', step: 'attach-target-address' },
  { type: 'step_failed', step: 'attach-target-address', error: { code: 'task_failed', message: 'No' } },
  { type: 'undo_started', step: 'attach-target-address' },
  {
    type: 'undo_failed',
    step: 'attach-target-address',
    error: { code: 'target_holds_address', message: 'crs-target01 holds 10.0.0.7:6379 after all' },
  },
];

/** A code switch up to, and not including, a step. */
export function codeBefore(name: StepName): Said[] {
  const steps = upgradeSteps('code');
  const facts = sampleFacts({ switch: 'code' });
  const asking = approvalRequested({ facts, digest: digestOf(facts) });
  return [
    requested({ switch: 'code' }),
    ...steps.slice(0, steps.indexOf(name)).flatMap((one): Said[] => {
      if (one === 'assess') return step(one, { plan: samplePlan({ switch: 'code' }) });
      if (one === 'hand-out-address') return step(one, { address: '10.0.0.9:6379' });
      if (one !== 'await-approval') return step(one);
      return [
        { type: 'step_started', step: one },
        asking,
        { type: 'approval_given', approvalId: 'ap-00000001', digest: digestOf(facts), by: ANNA },
        { type: 'step_succeeded', step: one, output: {} },
      ];
    }),
  ];
}

/** One sample of every way a rollback can stand. */
export const EVERY_ROLLBACK: Record<string, Said[]> = {
  'a rollback was asked for': asked('fast'),
  'a fast rollback waits for approval': rollbackWaiting('fast'),
  'a lossless rollback waits for approval': rollbackWaiting('lossless'),
  'a rollback copies back': [
    ...rollbackBefore('copy-back', 'lossless'),
    { type: 'step_started', step: 'copy-back' },
  ],
  'a rollback fences the target': [
    ...rollbackBefore('fence-target', 'fast'),
    { type: 'step_started', step: 'fence-target' },
  ],
  'a rollback moves the address': [
    ...rollbackBefore('attach-source-address', 'fast'),
    { type: 'step_started', step: 'attach-source-address' },
  ],
  'a rollback is being called off': [
    ...rollbackBefore('detach-target-address', 'fast'),
    { type: 'abort_requested', reason: 'it is fine', by: RITA },
  ],
  'a rollback was called off': [
    ...rollbackWaiting('fast'),
    REJECTED,
    ...calledOffFrom('await-rollback-approval', 'fast'),
  ],
  'a rollback is done': rollbackDone('fast'),
  'a rollback is stuck': [
    ...rollbackBefore('probe-source', 'fast'),
    { type: 'step_started', step: 'probe-source' },
    { type: 'step_failed', step: 'probe-source', error: { code: 'X', message: 'No answer' } },
  ],
  'rolled back fast': rolledBack('fast'),
  'rolled back lossless': rolledBack('lossless'),
  'a code switch soaks': [...codeBefore('soak'), { type: 'step_started', step: 'soak' }],
};
