import type { EventType, JournalEvent } from './events.ts';
import { recall, remember } from './known-states.ts';
import { NEXT_STEP_STATUS, whyIllegal } from './legality.ts';
import {
  type Approval,
  type Cause,
  hasTouchedTarget,
  newStep,
  type RepairState,
  type RollbackState,
  type StepState,
  type UpgradeState,
} from './state.ts';
import {
  isRepairStep,
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
type Of<T extends EventType> = Extract<JournalEvent, { type: T }>;

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

function firstState(event: Of<'requested'>): UpgradeState {
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
function stepFailed(state: UpgradeState, event: Of<'step_failed'>): UpgradeState {
  const { rollback } = state;
  const rolling = rollback !== undefined && isRollbackStep(event.step);
  const order = rolling ? rollbackSteps(state.switch, rollback.mode) : upgradeSteps(state.switch);
  const last = rolling ? pointOfNoUndoing(state.switch, rollback.mode) : pointOfNoReturn(state.switch);
  if (order.indexOf(event.step) > order.indexOf(last))
    return { ...state, stuck: { step: event.step, ...event.error } };
  return turnBack(state, event, event.error);
}

/** The source serves again: what is left of the upgrade is undone like that of any other that goes back. */
function rolledBack(state: UpgradeState, event: Of<'step_succeeded'>): UpgradeState {
  const message = `It was rolled back, ${state.rollback?.mode === 'lossless' ? 'with' : 'without'} what was written to ${state.target} since the cutover.`;
  return {
    ...state,
    goingBack: state.goingBack ?? { code: 'rolled_back', message, atMs: event.atMs },
  };
}

/** Whatever was known of the two sides is from before it: only a new comparison opens the way to the approval. */
function repaired(state: UpgradeState, event: Of<'step_succeeded'>): UpgradeState {
  const next = compareAfresh(state, event, `${state.target} was repaired`);
  return { ...reopen(next, STEP_NAMES.filter(isRepairStep)), repair: undefined };
}

/** The comparison and what rests on it begin anew; an approval counts for what was shown, which is no longer what there is. */
function compareAfresh(state: UpgradeState, event: JournalEvent, why: string): UpgradeState {
  const { approval } = state;
  const live = approval?.status === 'waiting' || approval?.status === 'given';
  const voided = { status: 'voided', reason: why, decidedBy: event.actor, decidedAtMs: event.atMs } as const;
  return {
    ...reopen(state, ['verify-data', 'await-approval', 'check-gates']),
    approval: live ? { ...approval, ...voided } : approval,
    differences: undefined,
  };
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
  event: Of<'approval_requested' | 'rollback_approval_requested' | 'repair_approval_requested'>,
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

function withRollback(state: UpgradeState, change: Partial<RollbackState>): UpgradeState {
  return state.rollback === undefined ? state : { ...state, rollback: { ...state.rollback, ...change } };
}

function withRepair(state: UpgradeState, change: Partial<RepairState>): UpgradeState {
  return state.repair === undefined ? state : { ...state, repair: { ...state.repair, ...change } };
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

function beginRollback(state: UpgradeState, event: Of<'rollback_requested'>): UpgradeState {
  return {
    ...state,
    stuck: undefined,
    rollback: {
      mode: event.mode,
      requestedBy: event.actor,
      requestedAtMs: event.atMs,
      approval: undefined,
      callingOff: undefined,
      stuckBefore: state.stuck,
    },
    steps: retryUndo(state, event.atMs),
  };
}

/** What could not be undone is tried again once the rollback is done. */
function retryUndo(state: UpgradeState, atMs: number): UpgradeState['steps'] {
  if (state.stuck === undefined || state.steps[state.stuck.step].status !== 'undo_failed') return state.steps;
  const step = state.steps[state.stuck.step];
  return { ...state.steps, [state.stuck.step]: { ...step, status: 'undo_started', undoStartedAtMs: atMs } };
}

/** As before the rollback was asked for; the watch begins anew, or the way back would close at once. */
function calledOff(state: UpgradeState, event: Of<'rollback_called_off'>): UpgradeState {
  const { rollback } = state;
  if (rollback?.callingOff === undefined) return state;
  const { code, message } = rollback.callingOff;
  const next = reopen(state, STEP_NAMES.filter(isRollbackStep));
  const { soak } = next.steps;
  const stuck = rollback.stuckBefore;
  if (stuck !== undefined) {
    const step = next.steps[stuck.step];
    const status = step.status === 'undo_started' ? 'undo_failed' : step.status;
    next.steps = { ...next.steps, [stuck.step]: { ...step, status } };
  } else if (soak.status === 'started') {
    next.steps = { ...next.steps, soak: { ...soak, startedAtMs: event.atMs } };
  }
  return {
    ...next,
    stuck,
    rollback: undefined,
    rollbackCalledOff: { code, message, mode: rollback.mode, atMs: event.atMs },
  };
}

function beginRepair(state: UpgradeState, event: Of<'repair_requested'>): UpgradeState {
  const { automatic, finding, actor, atMs } = event;
  return {
    ...state,
    automaticRepairs: state.automaticRepairs + (automatic ? 1 : 0),
    repair: {
      automatic,
      finding,
      requestedBy: actor,
      requestedAtMs: atMs,
      approval: undefined,
      callingOff: undefined,
    },
  };
}

/** As before the repair was asked for, if it has not touched the target: else everything is compared afresh. */
function repairCalledOff(state: UpgradeState, event: Of<'repair_called_off'>): UpgradeState {
  const { repair, differences } = state;
  if (repair?.callingOff === undefined) return state;
  const { code, message } = repair.callingOff;
  const compares = hasTouchedTarget(state) && state.goingBack === undefined;
  const next = compares ? compareAfresh(state, event, `a repair of ${state.target} was called off`) : state;
  // Whoever said no has as long as before to say something else; a repair that fails by itself buys no time.
  const saidNo = code === 'rejected' || code === 'approval_expired';
  const left = differences && {
    ...differences,
    ...(saidNo && {
      expiresAtMs: event.atMs + (differences.expiresAtMs - differences.foundAtMs),
      foundAtMs: event.atMs,
    }),
  };
  return {
    ...reopen(next, STEP_NAMES.filter(isRepairStep)),
    differences: compares ? undefined : left,
    repair: undefined,
    repairCalledOff: { code, message, atMs: event.atMs },
  };
}

function reopen(state: UpgradeState, names: StepName[]): UpgradeState {
  const steps = { ...state.steps };
  for (const name of names) steps[name] = newStep();
  return { ...state, steps };
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
