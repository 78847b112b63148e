import type { EventType, JournalEvent } from './events.ts';
import { NEXT_STEP_STATUS, whyIllegal } from './legality.ts';
import { type Approval, type Cause, newStep, type StepState, type UpgradeState } from './state.ts';
import { POINT_OF_NO_RETURN, STEP_NAMES, type StepName, stepIndex } from './steps.ts';

/** The journal holds an event that its state does not allow: a defect, or a journal that somebody edited. */
export class IllegalEventError extends Error {
  constructor(event: { type: EventType }, why: string) {
    super(`Illegal event ${event.type}: ${why}`);
    this.name = 'IllegalEventError';
  }
}

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
