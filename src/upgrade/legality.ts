import type { EventType, JournalEvent } from './events.ts';
import {
  currentApproval,
  isRollbackDone,
  mayBePastReturn,
  mayBeRolledBack,
  type StepStatus,
  type UpgradeState,
} from './state.ts';
import {
  isRepairStep,
  isRollbackStep,
  pointOfNoReturn,
  repairSteps,
  rollbackSteps,
  type StepName,
  upgradeSteps,
} from './steps.ts';

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

/** What may still be asked for when the upgrade is stuck. */
const OUT_OF_STUCK = new Set<EventType>(['resumed', 'rollback_requested']);

/** Why an event may not be appended to this state; undefined when it may. */
export function whyIllegal(state: UpgradeState, event: JournalEvent): string | undefined {
  if (event.seq !== state.length) return `it has number ${event.seq} where ${state.length} is due`;
  if (state.ended !== undefined) return 'the upgrade has ended';
  if (state.stuck !== undefined && !OUT_OF_STUCK.has(event.type)) return 'the upgrade is stuck';
  if ('step' in event) return whyIllegalStep(state, event);
  return ILLEGAL[event.type]?.(state, event as never);
}

function whyIllegalStep(state: UpgradeState, event: StepEvent): string | undefined {
  const status = state.steps[event.step].status;
  if (NEXT_STEP_STATUS[`${status}:${event.type}`] === undefined) return `step ${event.step} is ${status}`;
  const part = partOf(state, event.step);
  if (part.closed !== undefined) return part.closed;
  if (event.type === 'step_started') return whyNotStarted(state, event.step, part);
  // A pass that was under way when it turned back must not change one thing more.
  if (event.type === 'step_intended' && status === 'started') return part.turnedBack;
  if (event.type === 'step_succeeded') return whyNotSucceeded(state, event.step);
  if (event.type !== 'undo_started') return undefined;
  if (part.turnedBack === undefined) return part.notTurnedBack;
  return laterNotUndone(state, event.step, part) ? 'a later step has not been undone' : undefined;
}

/** One of the runbooks of an upgrade, and how it stands. */
interface Part {
  steps: readonly StepName[];
  /** Why nothing of it may be written down now. */
  closed: string | undefined;
  turnedBack: string | undefined;
  notTurnedBack: string;
}

function partOf(state: UpgradeState, step: StepName): Part {
  if (isRepairStep(step)) return repairPart(state, step);
  return isRollbackStep(step) ? rollbackPart(state, step) : upgradePart(state, step);
}

function upgradePart(state: UpgradeState, step: StepName): Part {
  const steps = upgradeSteps(state.switch);
  const rolling = state.rollback !== undefined && !isRollbackDone(state);
  return {
    steps,
    closed: rolling
      ? 'a rollback is under way'
      : state.repair === undefined
        ? notOf(steps, step, 'the upgrade')
        : 'a repair is under way',
    turnedBack: state.goingBack === undefined ? undefined : 'the upgrade is going back',
    notTurnedBack: 'the upgrade is not going back',
  };
}

function rollbackPart(state: UpgradeState, step: StepName): Part {
  const { rollback } = state;
  const steps = rollback === undefined ? [] : rollbackSteps(state.switch, rollback.mode);
  return {
    steps,
    closed: rollback === undefined ? 'there is no rollback' : notOf(steps, step, 'this rollback'),
    turnedBack: rollback?.callingOff === undefined ? undefined : 'the rollback is being called off',
    notTurnedBack: 'the rollback is not being called off',
  };
}

function repairPart(state: UpgradeState, step: StepName): Part {
  const { repair } = state;
  const steps = repair === undefined ? [] : repairSteps(repair.automatic);
  return {
    steps,
    closed: repair === undefined ? 'there is no repair' : notOf(steps, step, 'this repair'),
    turnedBack: repair?.callingOff === undefined ? undefined : 'the repair is being called off',
    notTurnedBack: 'the repair is not being called off',
  };
}

function notOf(steps: readonly StepName[], step: StepName, what: string): string | undefined {
  return steps.includes(step) ? undefined : `${step} is not a step of ${what}`;
}

function whyNotStarted(state: UpgradeState, step: StepName, part: Part): string | undefined {
  if (part.turnedBack !== undefined) return part.turnedBack;
  if (state.paused) return 'the upgrade is paused';
  const earlier = part.steps.slice(0, part.steps.indexOf(step));
  if (earlier.some((name) => state.steps[name].status !== 'succeeded'))
    return 'an earlier step has not succeeded';
  if (step === 'fence-source' && state.approval?.status !== 'given') return 'nobody approved the cutover';
  const repairs = step === 'repair-target' && state.repair?.automatic === false;
  if (repairs && state.repair?.approval?.status !== 'given') return 'nobody approved the repair';
  const acts = isRollbackStep(step) && earlier.includes('await-rollback-approval');
  return acts && state.rollback?.approval?.status !== 'given' ? 'nobody approved the rollback' : undefined;
}

function whyNotSucceeded(state: UpgradeState, step: StepName): string | undefined {
  if (step === 'await-approval' && state.approval?.status !== 'given') return 'nobody approved the cutover';
  if (step === 'await-repair-approval' && state.repair?.approval?.status !== 'given')
    return 'nobody approved the repair';
  if (step === 'await-rollback-approval' && state.rollback?.approval?.status !== 'given')
    return 'nobody approved the rollback';
  return undefined;
}

/** Undoing goes strictly backwards: the source is never made writable while the target may still hold the address. */
function laterNotUndone(state: UpgradeState, step: StepName, part: Part): boolean {
  const later = part.steps.slice(part.steps.indexOf(step) + 1).map((name) => state.steps[name].status);
  return later.some((status) => status !== 'never_started' && status !== 'undone');
}

/** Why a request can no longer be decided because of where the upgrade, or its rollback or repair, is going. */
function turnedBack(state: UpgradeState): string | undefined {
  if (state.rollback !== undefined)
    return state.rollback.callingOff === undefined ? undefined : 'the rollback is being called off';
  if (state.repair?.callingOff !== undefined) return 'the repair is being called off';
  return state.goingBack === undefined ? undefined : 'the upgrade is going back';
}

function waitingFor(state: UpgradeState, approvalId: string): string | undefined {
  const approval = currentApproval(state);
  if (approval?.id !== approvalId) return `approval ${approvalId} is not the current one`;
  if (approval.status !== 'waiting') return `approval ${approvalId} is ${approval.status}`;
  return turnedBack(state);
}

function notWhenGoingBack(state: UpgradeState): string | undefined {
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  return mayBePastReturn(state) ? 'the hand-over to the target has begun' : undefined;
}

function whyNotCalledOff(state: UpgradeState): string | undefined {
  if (state.rollback?.callingOff !== undefined) return 'the rollback is being called off';
  return mayBeRolledBack(state) ? 'the hand-over to the source has begun' : undefined;
}

function whyNoRequest(
  state: UpgradeState,
  step: 'await-approval' | 'await-rollback-approval' | 'await-repair-approval',
): string | undefined {
  const back = turnedBack(state);
  if (back !== undefined) return back;
  const status = currentApproval(state)?.status;
  if (status === 'waiting' || status === 'given') return 'there is an approval';
  return state.steps[step].status === 'started' ? undefined : 'it is not time to ask';
}

/** A rollback can be asked for from the hand-over on until the way back is closed by tidying up. */
function whyNoRollback(state: UpgradeState): string | undefined {
  if (state.rollback !== undefined) return 'a rollback is under way';
  if (state.steps['tidy-up'].status !== 'never_started') return 'the upgrade is being finished';
  const handOver = state.steps[pointOfNoReturn(state.switch)].status;
  // An undo that found the target holding the address after all: to take it away is what a rollback is for.
  if (handOver === 'undo_failed') return undefined;
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  return handOver === 'succeeded' ? undefined : 'the target does not serve clients yet';
}

/**
 * Comparing and repairing are for the time in which the copy is made: once writes are fenced, or clients are on the target, the two
 * sides differ rightly, and what is written to the target is not a copy any more.
 */
function whyNoRepair(state: UpgradeState): string | undefined {
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  if (state.rollback !== undefined) return 'a rollback is under way';
  if (state.repair !== undefined) return 'a repair is under way';
  if (state.steps['fence-source'].status !== 'never_started') return 'the cutover has begun';
  if (state.paused) return 'the upgrade is paused';
  if (state.steps['verify-data'].status === 'succeeded' || state.differences !== undefined) return undefined;
  return 'the data has not been compared yet';
}

function whyNotFound(state: UpgradeState): string | undefined {
  if (state.goingBack !== undefined) return 'the upgrade is going back';
  if (state.repair !== undefined) return 'a repair is under way';
  if (state.differences !== undefined) return 'differences were found before';
  return state.steps['verify-data'].status === 'started' ? undefined : 'the data is not being compared';
}

/** One that nobody asked for begins out of the comparison that found the reason for it. */
function whyNoRepairRequest(state: UpgradeState, event: Of<'repair_requested'>): string | undefined {
  if (event.automatic !== (event.actor.kind === 'worker'))
    return 'a person asks, or the bot begins by itself';
  return event.automatic ? whyNotFound(state) : whyNoRepair(state);
}

type Guard<T extends EventType> = (state: UpgradeState, event: Of<T>) => string | undefined;

const ILLEGAL: { [T in EventType]?: Guard<T> } = {
  requested: () => 'it was requested before',
  approval_requested: (state) => {
    if (state.repair !== undefined) return 'a repair is under way';
    return state.rollback === undefined ? whyNoRequest(state, 'await-approval') : 'a rollback is under way';
  },
  repair_approval_requested: (state) =>
    state.repair === undefined ? 'there is no repair' : whyNoRequest(state, 'await-repair-approval'),
  rollback_approval_requested: (state) =>
    state.rollback === undefined ? 'there is no rollback' : whyNoRequest(state, 'await-rollback-approval'),
  approval_given: (state, event) => {
    const why = waitingFor(state, event.approvalId);
    if (why !== undefined) return why;
    const approval = currentApproval(state);
    if (event.digest !== approval?.digest) return 'it is for another digest';
    return event.atMs < approval.expiresAtMs ? undefined : 'the request has expired';
  },
  approval_rejected: (state, event) => waitingFor(state, event.approvalId),
  approval_expired: (state, event) => waitingFor(state, event.approvalId),
  approval_voided: (state, event) => {
    const approval = currentApproval(state);
    if (approval?.id !== event.approvalId) return 'it is not the current approval';
    if (approval.status !== 'given' && approval.status !== 'waiting') return `it is ${approval.status}`;
    const back = turnedBack(state);
    if (back !== undefined) return back;
    if (state.rollback !== undefined)
      return state.steps['await-rollback-approval'].status === 'started'
        ? undefined
        : 'the rollback has begun';
    if (state.repair !== undefined)
      return state.steps['await-repair-approval'].status === 'started' ? undefined : 'the repair has begun';
    return state.steps['fence-source'].status === 'never_started' ? undefined : 'the cutover has begun';
  },
  differences_found: whyNotFound,
  verification_requested: (state, event) =>
    event.actor.kind === 'person' ? whyNoRepair(state) : 'only a person asks for it',
  repair_requested: whyNoRepairRequest,
  repair_called_off: (state) => {
    if (state.repair?.callingOff === undefined) return 'the repair is not being called off';
    const statuses = repairSteps(state.repair.automatic).map((name) => state.steps[name].status);
    const clean = statuses.every((status) => status === 'never_started' || status === 'undone');
    return clean ? undefined : 'not every step of the repair has been undone';
  },
  verification_stale: (state) => {
    if (state.repair !== undefined) return 'a repair is under way';
    if (state.goingBack !== undefined) return 'the upgrade is going back';
    return state.steps['check-gates'].status === 'started' ? undefined : 'the gates are not being checked';
  },
  cutover_over_budget: (state) => {
    if (state.steps['fence-source'].status === 'never_started') return 'the cutover has not begun';
    return notWhenGoingBack(state);
  },
  rollback_requested: whyNoRollback,
  rollback_over_budget: (state) => {
    if (state.rollback === undefined) return 'there is no rollback';
    if (state.steps['fence-target'].status === 'never_started') return 'the target was not fenced';
    return whyNotCalledOff(state);
  },
  rollback_called_off: (state) => {
    if (state.rollback?.callingOff === undefined) return 'the rollback is not being called off';
    const statuses = rollbackSteps(state.switch, state.rollback.mode).map((name) => state.steps[name].status);
    const clean = statuses.every((status) => status === 'never_started' || status === 'undone');
    return clean ? undefined : 'not every step of the rollback has been undone';
  },
  abort_requested: (state) =>
    state.rollback === undefined ? notWhenGoingBack(state) : whyNotCalledOff(state),
  paused: (state) => {
    if (state.paused) return 'it is paused';
    if (state.goingBack !== undefined) return 'the upgrade is going back';
    if (state.repair !== undefined) return 'a repair is under way';
    return state.steps['fence-source'].status === 'never_started' ? undefined : 'the cutover has begun';
  },
  resumed: (state) =>
    state.paused || state.stuck !== undefined ? undefined : 'it is neither paused nor stuck',
  finish_requested: (state) => {
    if (state.rollback !== undefined) return 'a rollback is under way';
    return state.steps.probe.status === 'succeeded' && !state.finishRequested
      ? undefined
      : 'there is nothing to finish yet';
  },
  ended: (state, event) => whyNotEnded(state, event.outcome),
};

function whyNotEnded(state: UpgradeState, outcome: 'completed' | 'rolled_back'): string | undefined {
  if (state.rollback !== undefined && !isRollbackDone(state)) return 'a rollback is under way';
  if (state.repair !== undefined) return 'a repair is under way';
  const statuses = upgradeSteps(state.switch).map((name) => state.steps[name].status);
  if (outcome === 'completed') {
    return statuses.every((status) => status === 'succeeded') ? undefined : 'not every step has succeeded';
  }
  if (state.goingBack === undefined) return 'the upgrade is not going back';
  const clean = statuses.every((status) => status === 'never_started' || status === 'undone');
  return clean ? undefined : 'not every step has been undone';
}
