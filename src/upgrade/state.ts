import type { Actor, Evidence } from './events.ts';
import type { ApprovalFacts, Switch } from './plan.ts';
import { POINT_OF_NO_RETURN, type StepName } from './steps.ts';

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

/** True once the point of no return may have been passed: the hand-over to the target was begun and not undone. */
export function mayBePastReturn(state: UpgradeState): boolean {
  const status = state.steps[POINT_OF_NO_RETURN].status;
  return status === 'started' || status === 'succeeded';
}

/** A step that nobody has begun. */
export function newStep(): StepState {
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
