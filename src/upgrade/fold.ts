import type { EventOf, EventType, JournalEvent } from './events.ts';
import { beginRepair, compareAfresh, repairCalledOff, repaired, withRepair } from './fold-repair.ts';
import { beginRollback, calledOff, rolledBack, withRollback } from './fold-rollback.ts';
import { recall, remember } from './known-states.ts';
import { NEXT_STEP_STATUS, whyIllegal } from './legality.ts';
import { reopen } from './reopen.ts';
import { type Approval, type Cause, newStep, type StepState, type UpgradeState } from './state.ts';
import {
  isRollbackStep,
  pointOfNoReturn,
  pointOfNoUndoing,
  rollbackSteps,
  STEP_NAMES,
  type StepName,
  upgradeSteps,
} from './steps.ts';

/** The journal holds an event that its state does not allow: a defect, or a journal that somebody edited. */
export class IllegalEventError extends Error {
  constructor(event: { type: EventType }, why: string) {
    super(`Illegal event ${event.type}: ${why}`);
    this.name = 'IllegalEventError';
  }
}

type StepEvent = Extract<JournalEvent, { step: StepName }>;

/**
 * Folds a whole journal. Rejects an empty one: an upgrade begins with `requested`. What is known of its beginning is not folded
 * again, so the state is shared: nobody may change it.
 */
export function foldJournal(events: readonly JournalEvent[]): UpgradeState {
  const [first] = events;
  if (first === undefined) throw new Error('An empty journal has no state');
  const known = recall(events);
  if (known?.count === events.length) return known.state;
  // Nobody sees the states in between, so they are one and the same object: a journal is read at every doorbell.
  const begun = known === undefined ? applyEvent(undefined, first) : ownCopyOf(known.state);
  const state = events.slice(known?.count ?? 1).reduce(advance, begun);
  remember(events, state);
  return state;
}

/** The state after one more event. Throws IllegalEventError for an event that the state does not allow. */
export function applyEvent(state: UpgradeState | undefined, event: JournalEvent): UpgradeState {
  if (state === undefined) {
    if (event.type !== 'requested') throw new IllegalEventError(event, 'a journal begins with requested');
    return firstState(event);
  }
  return advance(ownCopyOf(state), event);
}

function ownCopyOf(state: UpgradeState): UpgradeState {
  return { ...state, steps: { ...state.steps } };
}

/** The same on a state that nobody else has: it is changed in place. */
function advance(state: UpgradeState, event: JournalEvent): UpgradeState {
  const why = whyIllegal(state, event);
  if (why !== undefined) throw new IllegalEventError(event, why);
  state.length += 1;
  state.changedAtMs = event.atMs;
  return 'step' in event ? applyStepEvent(state, event) : applyUpgradeEvent(state, event);
}

function firstState(event: EventOf<'requested'>): UpgradeState {
  if (event.seq !== 0) throw new IllegalEventError(event, 'it is not the first');
  return {
    id: event.upgradeId,
    source: event.source,
    target: event.target,
    switch: event.switch,
    channel: event.channel,
    requester: event.actor,
    replacesCopyOf: event.replacesCopyOf,
    length: 1,
    requestedAtMs: event.atMs,
    changedAtMs: event.atMs,
    steps: Object.fromEntries(STEP_NAMES.map((name) => [name, newStep()])) as Record<StepName, StepState>,
    approval: undefined,
    paused: false,
    goingBack: undefined,
    stuck: undefined,
    rollback: undefined,
    rollbackCalledOff: undefined,
    differences: undefined,
    repair: undefined,
    repairCalledOff: undefined,
    automaticRepairs: 0,
    finishRequested: false,
    ended: undefined,
  };
}

function applyStepEvent(state: UpgradeState, event: StepEvent): UpgradeState {
  const before = state.steps[event.step];
  const status = NEXT_STEP_STATUS[`${before.status}:${event.type}`] ?? before.status;
  state.steps[event.step] = withStepFacts({ ...before, status }, event);
  switch (event.type) {
    case 'undo_failed':
      return { ...state, stuck: { step: event.step, ...event.error } };
    case 'step_failed':
      return stepFailed(state, event);
    case 'step_succeeded':
      if (event.step === 'repair-target') return repaired(state, event);
      return event.step === 'probe-source' ? rolledBack(state, event) : state;
    default:
      return state;
  }
}

/** It is undone, unless it comes after the step from whose effect on there is no way back without a person's word. */
function stepFailed(state: UpgradeState, event: EventOf<'step_failed'>): UpgradeState {
  const { rollback } = state;
  const rolling = rollback !== undefined && isRollbackStep(event.step);
  const order = rolling ? rollbackSteps(state.switch, rollback.mode) : upgradeSteps(state.switch);
  const last = rolling ? pointOfNoUndoing(state.switch, rollback.mode) : pointOfNoReturn(state.switch);
  if (order.indexOf(event.step) > order.indexOf(last))
    return { ...state, stuck: { step: event.step, ...event.error } };
  return turnBack(state, event, event.error);
}

function withStepFacts(step: StepState, event: StepEvent): StepState {
  switch (event.type) {
    case 'step_started':
      return { ...step, startedAtMs: step.startedAtMs ?? event.atMs };
    case 'step_intended':
      return {
        ...step,
        intents: [...step.intents, { action: event.action, detail: event.detail, atMs: event.atMs }],
      };
    case 'step_noted':
      return { ...step, note: { ...step.note, ...event.note } };
    case 'step_succeeded':
      return { ...step, output: event.output, endedAtMs: event.atMs };
    case 'step_failed':
    case 'undo_failed':
      return { ...step, error: event.error, endedAtMs: event.atMs };
    case 'undo_started':
      return { ...step, undoStartedAtMs: step.undoStartedAtMs ?? event.atMs, endedAtMs: undefined };
    case 'undone':
      return { ...step, endedAtMs: event.atMs };
  }
}

function applyUpgradeEvent(state: UpgradeState, event: Exclude<JournalEvent, StepEvent>): UpgradeState {
  switch (event.type) {
    case 'requested':
      return state;
    case 'approval_requested':
      return {
        ...state,
        approval: { purpose: 'cutover', ...newApproval(event), facts: event.facts, evidence: event.evidence },
      };
    case 'rollback_approval_requested':
      return withRollback(state, {
        approval: {
          purpose: 'rollback',
          ...newApproval(event),
          facts: event.facts,
          evidence: event.evidence,
        },
      });
    case 'repair_approval_requested':
      return withRepair(state, {
        approval: {
          purpose: 'repair',
          ...newApproval(event),
          facts: event.facts,
          evidence: event.evidence,
        },
      });
    case 'approval_given':
      return decided(state, event, { status: 'given', reason: undefined });
    case 'approval_rejected':
      return turnBack(decided(state, event, { status: 'rejected', reason: event.reason }), event, {
        code: 'rejected',
        message: `The ${asked(state)} was rejected${event.reason === '' ? '.' : `: ${event.reason}`}`,
      });
    case 'approval_expired':
      return turnBack(decided(state, event, { status: 'expired', reason: undefined }), event, {
        code: 'approval_expired',
        message: 'Nobody decided before the approval request expired.',
      });
    case 'approval_voided':
      return reopen(
        decided(state, event, { status: 'voided', reason: event.changes.join('; ') }),
        stepsBehindApproval(state),
      );
    case 'differences_found': {
      const { finding, expiresAtMs } = event;
      return { ...state, differences: { finding, foundAtMs: event.atMs, expiresAtMs } };
    }
    case 'verification_requested':
      return compareAfresh(state, event, 'everything is compared again');
    case 'repair_requested':
      return beginRepair(state, event);
    case 'repair_called_off':
      return repairCalledOff(state, event);
    case 'verification_stale':
      return reopen(state, ['verify-data', 'check-gates']);
    case 'cutover_over_budget':
    case 'rollback_over_budget':
      return turnBack(state, event, {
        code: event.type,
        message: `The ${asked(state)} took ${event.elapsedMs} ms, over its budget of ${event.budgetMs} ms.`,
      });
    case 'rollback_requested':
      return beginRollback(state, event);
    case 'rollback_called_off':
      return calledOff(state, event);
    case 'abort_requested':
      return turnBack(state, event, { code: 'aborted', message: event.reason || 'Somebody aborted it.' });
    case 'paused':
      return { ...state, paused: true };
    case 'resumed':
      return resume(state, event.atMs);
    case 'finish_requested':
      return { ...state, finishRequested: true };
    case 'ended':
      return { ...state, ended: { outcome: event.outcome, atMs: event.atMs } };
  }
}

function asked(state: UpgradeState): string {
  if (state.rollback !== undefined) return 'rollback';
  return state.repair === undefined ? 'cutover' : 'repair';
}

/** What is asked for again when what was shown has changed. */
function stepsBehindApproval(state: UpgradeState): StepName[] {
  if (state.rollback !== undefined) return ['await-rollback-approval'];
  return state.repair === undefined ? ['await-approval', 'check-gates'] : ['await-repair-approval'];
}

function newApproval(
  event: EventOf<'approval_requested' | 'rollback_approval_requested' | 'repair_approval_requested'>,
) {
  return {
    id: event.approvalId,
    digest: event.digest,
    requestedAtMs: event.atMs,
    expiresAtMs: event.expiresAtMs,
    status: 'waiting',
    decidedBy: undefined,
    decidedAtMs: undefined,
    reason: undefined,
  } as const;
}

/** The request that is being decided is the rollback's or the repair's while there is one. */
function decided(
  state: UpgradeState,
  event: JournalEvent,
  verdict: Pick<Approval, 'status' | 'reason'>,
): UpgradeState {
  const decision = { ...verdict, decidedBy: event.actor, decidedAtMs: event.atMs };
  if (state.rollback?.approval !== undefined)
    return withRollback(state, { approval: { ...state.rollback.approval, ...decision } });
  if (state.repair?.approval !== undefined)
    return withRepair(state, { approval: { ...state.repair.approval, ...decision } });
  return state.approval === undefined ? state : { ...state, approval: { ...state.approval, ...decision } };
}

/**
 * The rollback is called off while there is one that is not done, and so is a repair, else the upgrade goes back; the first reason
 * counts. Who aborts while a repair is under way means the upgrade, which goes back once the repair is called off.
 */
function turnBack(state: UpgradeState, event: JournalEvent, cause: Cause): UpgradeState {
  const because = { ...cause, atMs: event.atMs };
  if (state.rollback !== undefined)
    return withRollback(state, { callingOff: state.rollback.callingOff ?? because });
  const { repair } = state;
  if (repair === undefined) return { ...state, paused: false, goingBack: state.goingBack ?? because };
  const next = withRepair(state, { callingOff: repair.callingOff ?? because });
  return event.type === 'abort_requested' ? { ...next, goingBack: state.goingBack ?? because } : next;
}

/** What was seen at the gates before a pause says nothing about the moment after it. */
function lookedAfresh(state: UpgradeState): UpgradeState {
  const begun = state.steps['fence-source'].status !== 'never_started';
  return begun || state.goingBack !== undefined ? state : reopen(state, ['check-gates']);
}

/**
 * Out of a pause, or out of `stuck` after a person repaired what was in the way. The step begins anew: its deadlines and
 * attempts count from here, or it would fail again without having tried.
 */
function resume(state: UpgradeState, atMs: number): UpgradeState {
  if (state.stuck === undefined) return { ...lookedAfresh(state), paused: false };
  const step = state.steps[state.stuck.step];
  const anew: Partial<StepState> =
    step.status === 'undo_failed'
      ? { status: 'undo_started', undoStartedAtMs: atMs }
      : { status: 'started', startedAtMs: atMs };
  return {
    ...state,
    paused: false,
    stuck: undefined,
    steps: {
      ...state.steps,
      [state.stuck.step]: { ...step, ...anew, error: undefined, endedAtMs: undefined },
    },
  };
}
