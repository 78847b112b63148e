import type { EventType, JournalEvent } from './events.ts';
import { mayBePastReturn, type StepStatus, type UpgradeState } from './state.ts';
import { STEP_NAMES, type StepName, stepIndex } from './steps.ts';

/** The specification of a step's life. `started` twice is legal: a crash repeats the step. What is not listed is illegal. */
export const NEXT_STEP_STATUS: Partial<Record<`${StepStatus}:${EventType}`, StepStatus>> = {
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
