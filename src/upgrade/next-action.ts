import type { EventBody } from './events.ts';
import { mayBePastReturn, type UpgradeState } from './state.ts';
import { STEP_NAMES, type StepName } from './steps.ts';

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
}

const TO_UNDO = new Set(['started', 'succeeded', 'failed', 'undo_started']);

/** The one place that decides what comes next. Pure: the same journal at the same moment gives the same action. */
export function nextAction(state: UpgradeState, moment: Moment): Action {
  if (state.ended !== undefined || state.stuck !== undefined) return { kind: 'rest' };
  if (state.goingBack !== undefined) return nextUndo(state);
  if (state.paused) return { kind: 'rest' };
  const overBudget = cutoverOverBudget(state, moment);
  if (overBudget !== undefined) return { kind: 'append', event: overBudget };
  if (approvalIsOver(state, moment)) {
    return { kind: 'append', event: { type: 'approval_expired', approvalId: state.approval?.id ?? '' } };
  }
  const step = STEP_NAMES.find((name) => state.steps[name].status !== 'succeeded');
  if (step === undefined) return { kind: 'append', event: { type: 'ended', outcome: 'completed' } };
  return { kind: 'run', step };
}

function nextUndo(state: UpgradeState): Action {
  const step = STEP_NAMES.findLast((name) => TO_UNDO.has(state.steps[name].status));
  if (step === undefined) return { kind: 'append', event: { type: 'ended', outcome: 'rolled_back' } };
  return { kind: 'undo', step };
}

function approvalIsOver(state: UpgradeState, moment: Moment): boolean {
  return state.approval?.status === 'waiting' && moment.nowMs >= state.approval.expiresAtMs;
}

/** The whole window from the fence on has one budget; once the hand-over to the target has begun it is only forward. */
function cutoverOverBudget(state: UpgradeState, moment: Moment): EventBody | undefined {
  const begin = state.steps['fence-source'].startedAtMs;
  if (begin === undefined || mayBePastReturn(state)) return undefined;
  const elapsedMs = moment.nowMs - begin;
  if (elapsedMs <= moment.cutoverBudgetMs) return undefined;
  return { type: 'cutover_over_budget', budgetMs: moment.cutoverBudgetMs, elapsedMs };
}
