import type { EventOf } from './events.ts';
import { reopen } from './reopen.ts';
import type { RollbackState, UpgradeState } from './state.ts';
import { isRollbackStep, STEP_NAMES } from './steps.ts';

export function beginRollback(state: UpgradeState, event: EventOf<'rollback_requested'>): UpgradeState {
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

/** The source serves again: what is left of the upgrade is undone like that of any other that goes back. */
export function rolledBack(state: UpgradeState, event: EventOf<'step_succeeded'>): UpgradeState {
  const message = `It was rolled back, ${state.rollback?.mode === 'lossless' ? 'with' : 'without'} what was written to ${state.target} since the cutover.`;
  return {
    ...state,
    goingBack: state.goingBack ?? { code: 'rolled_back', message, atMs: event.atMs },
  };
}

/** As before the rollback was asked for; the watch begins anew, or the way back would close at once. */
export function calledOff(state: UpgradeState, event: EventOf<'rollback_called_off'>): UpgradeState {
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

/** The state with this change to its rollback, if there is one. */
export function withRollback(state: UpgradeState, change: Partial<RollbackState>): UpgradeState {
  return state.rollback === undefined ? state : { ...state, rollback: { ...state.rollback, ...change } };
}
