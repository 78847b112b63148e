import type { Actor, EventType, Evidence, JournalEvent } from './events.ts';
import type { ApprovalFacts, Switch } from './plan.ts';
import { POINT_OF_NO_RETURN, STEP_NAMES, type StepName, stepIndex } from './steps.ts';

export type StepStatus =
  | 'never_started'
  | 'started'
  | 'succeeded'
  | 'failed'
  | 'undo_started'
  | 'undone'
  | 'undo_failed';

export interface Cause {
  code: string;
  message: string;
}

export interface StepState {
  status: StepStatus;
  startedAtMs: number | undefined;
  undoStartedAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** Calls that were about to be made, oldest first; one may or may not have happened. */
  intents: { action: string; detail: Record<string, unknown>; atMs: number }[];
  /** Everything noted so far, later notes over earlier ones. */
  note: Record<string, unknown>;
  output: Record<string, unknown> | undefined;
  error: Cause | undefined;
}

export interface Approval {
  id: string;
  digest: string;
  facts: ApprovalFacts;
  evidence: Evidence;
  requestedAtMs: number;
  expiresAtMs: number;
  status: 'waiting' | 'given' | 'rejected' | 'expired' | 'voided';
  decidedBy: Actor | undefined;
  decidedAtMs: number | undefined;
  reason: string | undefined;
}

/** Everything about an upgrade, computed from its journal and from nothing else. */
export interface UpgradeState {
  id: string;
  source: string;
  target: string;
  switch: Switch;
  channel: string;
  requester: Actor;
  /** Number of events folded in: the journal's length. */
  length: number;
  requestedAtMs: number;
  changedAtMs: number;
  steps: Record<StepName, StepState>;
  /** The latest request; older ones are in the journal. */
  approval: Approval | undefined;
  paused: boolean;
  /** Set once the upgrade is being undone, with the first reason for it. */
  goingBack: (Cause & { atMs: number }) | undefined;
  /** Set when neither forward nor back is possible without a person. */
  stuck: (Cause & { step: StepName }) | undefined;
  finishRequested: boolean;
  ended: { outcome: 'completed' | 'rolled_back'; atMs: number } | undefined;
}

/** The journal holds an event that its state does not allow: a defect, or a journal that somebody edited. */
export class IllegalEventError extends Error {
  constructor(event: { type: EventType }, why: string) {
    super(`Illegal event ${event.type}: ${why}`);
    this.name = 'IllegalEventError';
  }
}

/** The specification of a step's life. `started` twice is legal: a crash repeats the step. What is not listed is illegal. */
const NEXT_STEP_STATUS: Partial<Record<`${StepStatus}:${EventType}`, StepStatus>> = {
  'never_started:step_started': 'started',
  'started:step_started': 'started',
  'started:step_intended': 'started',
  'started:step_noted': 'started',
  'started:step_succeeded': 'succeeded',
  'started:step_failed': 'failed',
  'started:undo_started': 'undo_started',
  'succeeded:undo_started': 'undo_started',
  // A failed step may have left something behind: clouds half-create.
  'failed:undo_started': 'undo_started',
  'undo_started:undo_started': 'undo_started',
  'undo_started:step_intended': 'undo_started',
  'undo_started:step_noted': 'undo_started',
  'undo_started:undone': 'undone',
  'undo_started:undo_failed': 'undo_failed',
};

type StepEvent = Extract<JournalEvent, { step: StepName }>;
type Of<T extends EventType> = Extract<JournalEvent, { type: T }>;

/** Folds a whole journal. Rejects an empty one: an upgrade begins with `requested`. */
export function foldJournal(events: readonly JournalEvent[]): UpgradeState {
  let state: UpgradeState | undefined;
  for (const event of events) state = applyEvent(state, event);
  if (state === undefined) throw new Error('An empty journal has no state');
  return state;
}

/** The state after one more event. Throws IllegalEventError for an event that the state does not allow. */
export function applyEvent(state: UpgradeState | undefined, event: JournalEvent): UpgradeState {
  if (state === undefined) {
    if (event.type !== 'requested') throw new IllegalEventError(event, 'a journal begins with requested');
    return firstState(event);
  }
  const why = whyIllegal(state, event);
  if (why !== undefined) throw new IllegalEventError(event, why);
  const next = { ...state, length: state.length + 1, changedAtMs: event.atMs };
  return 'step' in event ? applyStepEvent(next, event) : applyUpgradeEvent(next, event);
}

/** Why an event may not be appended to this state; undefined when it may. */
export function whyIllegal(state: UpgradeState, event: JournalEvent): string | undefined {
  if (event.seq !== state.length) return `it has number ${event.seq} where ${state.length} is due`;
  if (state.ended !== undefined) return 'the upgrade has ended';
  if (state.stuck !== undefined && event.type !== 'resumed') return 'the upgrade is stuck';
  if ('step' in event) return whyIllegalStep(state, event);
  return ILLEGAL[event.type]?.(state, event as never);
}

function whyIllegalStep(state: UpgradeState, event: StepEvent): string | undefined {
  const status = state.steps[event.step].status;
  if (NEXT_STEP_STATUS[`${status}:${event.type}`] === undefined) return `step ${event.step} is ${status}`;
  const back = state.goingBack !== undefined;
  if (event.type === 'step_started') return whyNotStarted(state, event.step);
  // A pass that was under way when the upgrade turned back must not change one thing more.
  if (event.type === 'step_intended' && status === 'started' && back) return 'the upgrade is going back';
  if (
    event.type === 'step_succeeded' &&
    event.step === 'await-approval' &&
    state.approval?.status !== 'given'
  ) {
    return 'nobody approved the cutover';
  }
  if (event.type !== 'undo_started') return undefined;
  if (!back) return 'the upgrade is not going back';
  return laterNotUndone(state, event.step) ? 'a later step has not been undone' : undefined;
}

function whyNotStarted(state: UpgradeState, step: StepName): string | undefined {
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  if (state.paused) return 'the upgrade is paused';
  if (earlierUnfinished(state, step)) return 'an earlier step has not succeeded';
  const unapproved = step === 'fence-source' && state.approval?.status !== 'given';
  return unapproved ? 'nobody approved the cutover' : undefined;
}

/** Undoing goes strictly backwards: the source is never made writable while the target may still hold the address. */
function laterNotUndone(state: UpgradeState, step: StepName): boolean {
  const later = STEP_NAMES.slice(stepIndex(step) + 1).map((name) => state.steps[name].status);
  return later.some((status) => status !== 'never_started' && status !== 'undone');
}

function earlierUnfinished(state: UpgradeState, step: StepName): boolean {
  return STEP_NAMES.slice(0, stepIndex(step)).some((name) => state.steps[name].status !== 'succeeded');
}

/** True once the point of no return may have been passed: the hand-over to the target was begun and not undone. */
export function mayBePastReturn(state: UpgradeState): boolean {
  const status = state.steps[POINT_OF_NO_RETURN].status;
  return status === 'started' || status === 'succeeded';
}

function waitingFor(state: UpgradeState, approvalId: string): string | undefined {
  if (state.approval?.id !== approvalId) return `approval ${approvalId} is not the current one`;
  if (state.approval.status !== 'waiting') return `approval ${approvalId} is ${state.approval.status}`;
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  return undefined;
}

function notWhenGoingBack(state: UpgradeState): string | undefined {
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  return mayBePastReturn(state) ? 'the hand-over to the target has begun' : undefined;
}

type Guard<T extends EventType> = (state: UpgradeState, event: Of<T>) => string | undefined;

const ILLEGAL: { [T in EventType]?: Guard<T> } = {
  requested: () => 'it was requested before',
  approval_requested: (state) => {
    if (state.goingBack !== undefined) return 'the upgrade is going back';
    if (state.approval?.status === 'waiting' || state.approval?.status === 'given')
      return 'there is an approval';
    return state.steps['await-approval'].status === 'started' ? undefined : 'it is not time to ask';
  },
  approval_given: (state, event) => {
    const why = waitingFor(state, event.approvalId);
    if (why !== undefined) return why;
    if (event.digest !== state.approval?.digest) return 'it is for another digest';
    return event.atMs < state.approval.expiresAtMs ? undefined : 'the request has expired';
  },
  approval_rejected: (state, event) => waitingFor(state, event.approvalId),
  approval_expired: (state, event) => waitingFor(state, event.approvalId),
  approval_voided: (state, event) => {
    if (state.approval?.id !== event.approvalId) return 'it is not the current approval';
    if (state.approval.status !== 'given' && state.approval.status !== 'waiting')
      return `it is ${state.approval.status}`;
    if (state.goingBack !== undefined) return 'the upgrade is going back';
    return state.steps['fence-source'].status === 'never_started' ? undefined : 'the cutover has begun';
  },
  verification_stale: (state) => {
    if (state.goingBack !== undefined) return 'the upgrade is going back';
    return state.steps['check-gates'].status === 'started' ? undefined : 'the gates are not being checked';
  },
  cutover_over_budget: (state) => {
    if (state.steps['fence-source'].status === 'never_started') return 'the cutover has not begun';
    return notWhenGoingBack(state);
  },
  abort_requested: (state) => notWhenGoingBack(state),
  paused: (state) => {
    if (state.paused) return 'it is paused';
    if (state.goingBack !== undefined) return 'the upgrade is going back';
    return state.steps['fence-source'].status === 'never_started' ? undefined : 'the cutover has begun';
  },
  resumed: (state) =>
    state.paused || state.stuck !== undefined ? undefined : 'it is neither paused nor stuck',
  finish_requested: (state) =>
    state.steps.probe.status === 'succeeded' && !state.finishRequested
      ? undefined
      : 'there is nothing to finish yet',
  ended: (state, event) => whyNotEnded(state, event.outcome),
};

function whyNotEnded(state: UpgradeState, outcome: 'completed' | 'rolled_back'): string | undefined {
  const statuses = STEP_NAMES.map((name) => state.steps[name].status);
  if (outcome === 'completed') {
    return statuses.every((status) => status === 'succeeded') ? undefined : 'not every step has succeeded';
  }
  if (state.goingBack === undefined) return 'the upgrade is not going back';
  const clean = statuses.every((status) => status === 'never_started' || status === 'undone');
  return clean ? undefined : 'not every step has been undone';
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
    length: 1,
    requestedAtMs: event.atMs,
    changedAtMs: event.atMs,
    steps: Object.fromEntries(STEP_NAMES.map((name) => [name, newStep()])) as Record<StepName, StepState>,
    approval: undefined,
    paused: false,
    goingBack: undefined,
    stuck: undefined,
    finishRequested: false,
    ended: undefined,
  };
}

function newStep(): StepState {
  return {
    status: 'never_started',
    startedAtMs: undefined,
    undoStartedAtMs: undefined,
    endedAtMs: undefined,
    intents: [],
    note: {},
    output: undefined,
    error: undefined,
  };
}

function applyStepEvent(state: UpgradeState, event: StepEvent): UpgradeState {
  const before = state.steps[event.step];
  const status = NEXT_STEP_STATUS[`${before.status}:${event.type}`] ?? before.status;
  const step = withStepFacts({ ...before, status }, event);
  const next = { ...state, steps: { ...state.steps, [event.step]: step } };
  if (event.type === 'undo_failed') return { ...next, stuck: { step: event.step, ...event.error } };
  if (event.type !== 'step_failed') return next;
  // After the point of no return there is no way back without a person's word.
  if (stepIndex(event.step) > stepIndex(POINT_OF_NO_RETURN))
    return { ...next, stuck: { step: event.step, ...event.error } };
  return { ...next, goingBack: next.goingBack ?? { ...event.error, atMs: event.atMs } };
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
      return { ...state, approval: newApproval(event) };
    case 'approval_given':
      return { ...state, approval: decided(state, event, { status: 'given', reason: undefined }) };
    case 'approval_rejected':
      return goBack(
        { ...state, approval: decided(state, event, { status: 'rejected', reason: event.reason }) },
        event,
        {
          code: 'rejected',
          message:
            event.reason === '' ? 'The cutover was rejected.' : `The cutover was rejected: ${event.reason}`,
        },
      );
    case 'approval_expired':
      return goBack(
        { ...state, approval: decided(state, event, { status: 'expired', reason: undefined }) },
        event,
        {
          code: 'approval_expired',
          message: 'Nobody decided before the approval request expired.',
        },
      );
    case 'approval_voided':
      return reopen(
        { ...state, approval: decided(state, event, { status: 'voided', reason: event.changes.join('; ') }) },
        ['await-approval', 'check-gates'],
      );
    case 'verification_stale':
      return reopen(state, ['verify-data', 'check-gates']);
    case 'cutover_over_budget':
      return goBack(state, event, {
        code: 'cutover_over_budget',
        message: `The cutover took ${event.elapsedMs} ms, over its budget of ${event.budgetMs} ms.`,
      });
    case 'abort_requested':
      return goBack(state, event, { code: 'aborted', message: event.reason || 'Somebody aborted it.' });
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

function newApproval(event: Of<'approval_requested'>): Approval {
  return {
    id: event.approvalId,
    digest: event.digest,
    facts: event.facts,
    evidence: event.evidence,
    requestedAtMs: event.atMs,
    expiresAtMs: event.expiresAtMs,
    status: 'waiting',
    decidedBy: undefined,
    decidedAtMs: undefined,
    reason: undefined,
  };
}

function decided(
  state: UpgradeState,
  event: JournalEvent,
  verdict: Pick<Approval, 'status' | 'reason'>,
): Approval | undefined {
  if (state.approval === undefined) return undefined;
  return { ...state.approval, ...verdict, decidedBy: event.actor, decidedAtMs: event.atMs };
}

function goBack(state: UpgradeState, event: JournalEvent, cause: Cause): UpgradeState {
  return { ...state, paused: false, goingBack: state.goingBack ?? { ...cause, atMs: event.atMs } };
}

function reopen(state: UpgradeState, names: StepName[]): UpgradeState {
  const steps = { ...state.steps };
  for (const name of names) steps[name] = newStep();
  return { ...state, steps };
}

/**
 * Out of a pause, or out of `stuck` after a person repaired what was in the way. The step begins anew: its deadlines and
 * attempts count from here, or it would fail again without having tried.
 */
function resume(state: UpgradeState, atMs: number): UpgradeState {
  if (state.stuck === undefined) return { ...state, paused: false };
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
