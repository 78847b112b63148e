import type { Actor, Evidence, RepairEvidence, RollbackEvidence } from './events.ts';
import type { Finding } from './finding.ts';
import {
  type ApprovalFacts,
  type Fence,
  fenceSchema,
  type RepairFacts,
  type RollbackFacts,
  type RollbackMode,
  type Switch,
} from './plan.ts';
import { pointOfNoCallingOff, pointOfNoReturn, type StepName } from './steps.ts';

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

/** A request for approval and what came of it. */
interface Request<Purpose extends string, Facts, Shown> {
  purpose: Purpose;
  id: string;
  digest: string;
  facts: Facts;
  evidence: Shown;
  requestedAtMs: number;
  expiresAtMs: number;
  status: 'waiting' | 'given' | 'rejected' | 'expired' | 'voided';
  decidedBy: Actor | undefined;
  decidedAtMs: number | undefined;
  reason: string | undefined;
}
export type CutoverApproval = Request<'cutover', ApprovalFacts, Evidence>;
export type RollbackApproval = Request<'rollback', RollbackFacts, RollbackEvidence>;
export type RepairApproval = Request<'repair', RepairFacts, RepairEvidence>;
export type Approval = CutoverApproval | RollbackApproval | RepairApproval;

/** A rollback after the point of no return, from the moment it was asked for until it is called off. */
export interface RollbackState {
  mode: RollbackMode;
  requestedBy: Actor;
  requestedAtMs: number;
  /** The latest request; older ones are in the journal. */
  approval: RollbackApproval | undefined;
  /** Set once the rollback itself is being undone, with the first reason for it. */
  callingOff: (Cause & { atMs: number }) | undefined;
  /** What the upgrade was stuck at when the rollback was asked for: there it is again if the rollback is called off. */
  stuckBefore: Stuck | undefined;
}

/** What the verification found to differ, while people may still say what is to be done about it. */
export interface Differences {
  finding: Finding;
  foundAtMs: number;
  /** Nobody having said anything by then, the upgrade goes back. */
  expiresAtMs: number;
}

/** A repair of the target before the cutover, from the moment it was asked for until it is done or called off. */
export interface RepairState {
  /** Begun by the bot itself: it only adds what the copy should have brought. */
  automatic: boolean;
  finding: Finding;
  requestedBy: Actor;
  requestedAtMs: number;
  /** The latest request; older ones are in the journal. */
  approval: RepairApproval | undefined;
  /** Set once the repair is being called off, with the first reason for it. */
  callingOff: (Cause & { atMs: number }) | undefined;
}

export type Stuck = Cause & { step: StepName };

/** Everything about an upgrade, computed from its journal and from nothing else. */
export interface UpgradeState {
  id: string;
  source: string;
  target: string;
  switch: Switch;
  channel: string;
  requester: Actor;
  /** The rolled back upgrade of the same pair whose copy the target still holds; the new copy replaces it. */
  replacesCopyOf: string | undefined;
  /** Number of events folded in: the journal's length. */
  length: number;
  requestedAtMs: number;
  changedAtMs: number;
  steps: Record<StepName, StepState>;
  /** The latest request to cut over; older ones are in the journal. */
  approval: CutoverApproval | undefined;
  paused: boolean;
  /** Set once the upgrade is being undone, with the first reason for it. */
  goingBack: (Cause & { atMs: number }) | undefined;
  /** Set when neither forward nor back is possible without a person. */
  stuck: Stuck | undefined;
  rollback: RollbackState | undefined;
  /** Why the latest rollback did not happen. */
  rollbackCalledOff: (Cause & { mode: RollbackMode; atMs: number }) | undefined;
  /** Set while the verification waits for people. */
  differences: Differences | undefined;
  repair: RepairState | undefined;
  /** Why the latest repair did not happen, or not to its end. */
  repairCalledOff: (Cause & { atMs: number }) | undefined;
  /** How often the bot has begun a repair by itself. */
  automaticRepairs: number;
  finishRequested: boolean;
  ended: { outcome: 'completed' | 'rolled_back'; atMs: number } | undefined;
}

/** True once the point of no return may have been passed: the hand-over to the target was begun and not undone. */
export function mayBePastReturn(state: UpgradeState): boolean {
  const status = state.steps[pointOfNoReturn(state.switch)].status;
  return status === 'started' || status === 'succeeded';
}

/** True once clients may write to the source again because of a rollback. */
export function mayBeRolledBack(state: UpgradeState): boolean {
  const status = state.steps[pointOfNoCallingOff(state.switch)].status;
  return status === 'started' || status === 'succeeded';
}

/** True once the rollback has done its part: what is left is to undo the rest of the upgrade. */
export function isRollbackDone(state: UpgradeState): boolean {
  return state.rollback !== undefined && state.steps['probe-source'].status === 'succeeded';
}

/** The request that a person could decide, or the last one decided: a rollback's or a repair's while there is one, else the cutover's. */
export function currentApproval(state: UpgradeState): Approval | undefined {
  if (state.rollback !== undefined) return state.rollback.approval;
  return state.repair === undefined ? state.approval : state.repair.approval;
}

/** What the repair has begun to change: from there on only a new comparison can tell how the two sides stand. */
export function hasTouchedTarget(state: UpgradeState): boolean {
  return state.steps['repair-target'].status !== 'never_started';
}

/** How the source is kept from taking writes during the cutover, once `rehearse-fence` has found out. */
export function fenceOf(state: UpgradeState): Fence | undefined {
  return fenceSchema.safeParse(state.steps['rehearse-fence'].output?.['fence']).data;
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
