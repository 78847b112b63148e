import type { EventOf, JournalEvent } from './events.ts';
import { reopen } from './reopen.ts';
import { hasTouchedTarget, type RepairState, type UpgradeState } from './state.ts';
import { isRepairStep, STEP_NAMES } from './steps.ts';

export function beginRepair(state: UpgradeState, event: EventOf<'repair_requested'>): UpgradeState {
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

/** Whatever was known of the two sides is from before it: only a new comparison opens the way to the approval. */
export function repaired(state: UpgradeState, event: EventOf<'step_succeeded'>): UpgradeState {
  const next = compareAfresh(state, event, `${state.target} was repaired`);
  return { ...reopen(next, STEP_NAMES.filter(isRepairStep)), repair: undefined };
}

/** As before the repair was asked for, if it has not touched the target: else everything is compared afresh. */
export function repairCalledOff(state: UpgradeState, event: EventOf<'repair_called_off'>): UpgradeState {
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

/** The comparison and what rests on it begin anew; an approval counts for what was shown, which is no longer what there is. */
export function compareAfresh(state: UpgradeState, event: JournalEvent, why: string): UpgradeState {
  const { approval } = state;
  const live = approval?.status === 'waiting' || approval?.status === 'given';
  const voided = { status: 'voided', reason: why, decidedBy: event.actor, decidedAtMs: event.atMs } as const;
  return {
    ...reopen(state, ['verify-data', 'await-approval', 'check-gates']),
    approval: live ? { ...approval, ...voided } : approval,
    differences: undefined,
  };
}

/** The state with this change to its repair, if there is one. */
export function withRepair(state: UpgradeState, change: Partial<RepairState>): UpgradeState {
  return state.repair === undefined ? state : { ...state, repair: { ...state.repair, ...change } };
}
