import type { EventBody } from './events.ts';
import {
  currentApproval,
  isRollbackDone,
  mayBePastReturn,
  mayBeRolledBack,
  type RepairState,
  type RollbackState,
  type UpgradeState,
} from './state.ts';
import { repairSteps, rollbackSteps, type StepName, upgradeSteps } from './steps.ts';

/** What a worker does next. */
export type Action =
  /** Nothing: ended, paused, or stuck until a person resumes it. */
  | { kind: 'rest' }
  | { kind: 'run'; step: StepName }
  | { kind: 'undo'; step: StepName }
  /** Nothing to do in the world, only to write down. */
  | { kind: 'append'; event: EventBody };

/** What the decision depends on besides the journal. */
export interface Moment {
  nowMs: number;
  cutoverBudgetMs: number;
  rollbackBudgetMs: number;
}

const TO_UNDO = new Set(['started', 'succeeded', 'failed', 'undo_started']);

/** The one place that decides what comes next. Pure: the same journal at the same moment gives the same action. */
export function nextAction(state: UpgradeState, moment: Moment): Action {
  if (state.ended !== undefined || state.stuck !== undefined) return { kind: 'rest' };
  if (state.rollback !== undefined && !isRollbackDone(state))
    return nextOfRollback(state, state.rollback, moment);
  if (state.repair !== undefined) return nextOfRepair(state, state.repair, moment);
  const steps = upgradeSteps(state.switch);
  if (state.goingBack !== undefined) return nextUndo(state, steps, { type: 'ended', outcome: 'rolled_back' });
  if (state.paused) return { kind: 'rest' };
  const overBudget = cutoverOverBudget(state, moment) ?? approvalExpired(state, moment);
  if (overBudget !== undefined) return { kind: 'append', event: overBudget };
  const step = steps.find((name) => state.steps[name].status !== 'succeeded');
  if (step === undefined) return { kind: 'append', event: { type: 'ended', outcome: 'completed' } };
  return { kind: 'run', step };
}

function nextOfRollback(state: UpgradeState, rollback: RollbackState, moment: Moment): Action {
  const steps = rollbackSteps(state.switch, rollback.mode);
  if (rollback.callingOff !== undefined) return nextUndo(state, steps, { type: 'rollback_called_off' });
  const event = rollbackOverBudget(state, moment) ?? approvalExpired(state, moment);
  if (event !== undefined) return { kind: 'append', event };
  const step = steps.find((name) => state.steps[name].status !== 'succeeded');
  // The last of them ends the rollback, so there is one.
  return step === undefined ? { kind: 'rest' } : { kind: 'run', step };
}

/** The upgrade is suspended meanwhile, and goes back only after the repair's own steps were undone. */
function nextOfRepair(state: UpgradeState, repair: RepairState, moment: Moment): Action {
  const steps = repairSteps(repair.automatic);
  if (repair.callingOff !== undefined) return nextUndo(state, steps, { type: 'repair_called_off' });
  const event = approvalExpired(state, moment);
  if (event !== undefined) return { kind: 'append', event };
  const step = steps.find((name) => state.steps[name].status !== 'succeeded');
  // The last of them ends the repair, so there is one.
  return step === undefined ? { kind: 'rest' } : { kind: 'run', step };
}

/** The last step that left something, or what is written down once none has. */
function nextUndo(state: UpgradeState, steps: readonly StepName[], whenDone: EventBody): Action {
  const step = steps.findLast((name) => TO_UNDO.has(state.steps[name].status));
  return step === undefined ? { kind: 'append', event: whenDone } : { kind: 'undo', step };
}

function approvalExpired(state: UpgradeState, moment: Moment): EventBody | undefined {
  const approval = currentApproval(state);
  if (approval?.status !== 'waiting' || moment.nowMs < approval.expiresAtMs) return undefined;
  return { type: 'approval_expired', approvalId: approval.id };
}

/** The whole window from the fence on has one budget; once the hand-over to the target has begun it is only forward. */
function cutoverOverBudget(state: UpgradeState, moment: Moment): EventBody | undefined {
  const begin = state.steps['fence-source'].startedAtMs;
  if (begin === undefined || mayBePastReturn(state)) return undefined;
  const elapsedMs = moment.nowMs - begin;
  if (elapsedMs <= moment.cutoverBudgetMs) return undefined;
  return { type: 'cutover_over_budget', budgetMs: moment.cutoverBudgetMs, elapsedMs };
}

/** The same on the way back: from the target's fence to the hand-over to the source. */
function rollbackOverBudget(state: UpgradeState, moment: Moment): EventBody | undefined {
  const begin = state.steps['fence-target'].startedAtMs;
  if (begin === undefined || mayBeRolledBack(state)) return undefined;
  const elapsedMs = moment.nowMs - begin;
  if (elapsedMs <= moment.rollbackBudgetMs) return undefined;
  return { type: 'rollback_over_budget', budgetMs: moment.rollbackBudgetMs, elapsedMs };
}
