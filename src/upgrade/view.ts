import type { Actor } from './events.ts';
import type { Finding } from './finding.ts';
import { whyIllegal } from './legality.ts';
import {
  type ApprovalFacts,
  type Plan,
  planSchema,
  type RollbackFacts,
  type RollbackMode,
  type Switch,
} from './plan.ts';
import {
  type Approval,
  type Cause,
  currentApproval,
  type Differences,
  isRollbackDone,
  type StepStatus,
  type UpgradeState,
} from './state.ts';
import {
  PHASE_OF,
  type Phase,
  pointOfNoCallingOff,
  pointOfNoReturn,
  repairSteps,
  rollbackSteps,
  type StepName,
  upgradeSteps,
} from './steps.ts';

/** An upgrade in one word, for people. */
export type UpgradeStatus =
  | 'running'
  | 'waiting for approval'
  | 'data differs'
  | 'repairing'
  | 'paused'
  | 'rolling back'
  | 'going back'
  | 'stuck'
  | 'completed'
  | 'rolled back';

export interface StepView {
  name: StepName;
  phase: Phase;
  /** Short, imperative: `Copy the snapshot`. */
  title: string;
  status: StepStatus;
  /** One line about what it does, or how it stands; plain text. */
  detail: string;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** True for a step that leaves nothing behind, or what harms nobody: going back passes over it. */
  nothingToUndo?: boolean;
}

/** The request that people decide, of a cutover, a rollback or a repair. */
export type ApprovalView = Approval;

/** A rollback that was asked for and not called off. */
export interface RollbackView {
  mode: RollbackMode;
  requestedBy: Actor;
  requestedAtMs: number;
  /** Set while it is being called off: why. */
  callingOff: Cause | undefined;
  /** True once the source serves again. */
  done: boolean;
}

/** A repair of the target that is under way before the cutover. */
export interface RepairView {
  automatic: boolean;
  finding: Finding;
  requestedBy: Actor;
  requestedAtMs: number;
  /** Set while it is being called off: why. */
  callingOff: Cause | undefined;
}

/** How far the running step is; not in the journal, gone after a crash, never decided by. */
export interface Progress {
  step: StepName;
  /** Plain text: `412,000 of 1,000,000 keys, 58,000 keys/s, 10 s left`. */
  text: string;
  /** 0 to 100 where it is known. */
  percent: number | undefined;
  /** Set while the step meets trouble and repeats: what it meets. */
  trouble: string | undefined;
  atMs: number;
}

/** What a person is shown of an upgrade, in Slack and at the terminal. Plain data, nothing in it is markup. */
export interface UpgradeView {
  id: string;
  source: string;
  target: string;
  switch: Switch;
  channel: string;
  requester: Actor;
  status: UpgradeStatus;
  requestedAtMs: number;
  changedAtMs: number;
  endedAtMs: number | undefined;
  journalLength: number;
  plan: Plan | undefined;
  steps: StepView[];
  currentStep: StepName | undefined;
  progress: Progress | undefined;
  /** The request that can be decided, or the last one decided: a rollback's or a repair's while there is one. */
  approval: ApprovalView | undefined;
  rollback: RollbackView | undefined;
  /** Why the latest rollback did not happen. */
  rollbackCalledOff: (Cause & { mode: RollbackMode }) | undefined;
  /** What was found to differ, while people may say what is to be done about it. */
  differences: Differences | undefined;
  repair: RepairView | undefined;
  /** Why the latest repair did not happen, or not to its end. */
  repairCalledOff: Cause | undefined;
  goingBack: Cause | undefined;
  stuck: (Cause & { step: StepName }) | undefined;
  /** True while `abort` is possible: of the upgrade, or of its rollback. */
  canAbort: boolean;
  /** True while a rollback can be asked for. */
  canRollBack: boolean;
  /** True while everything can be compared again, or the target be repaired, on request. */
  canVerify: boolean;
  /** True while `finish` ends the soak early. */
  canFinish: boolean;
}

export interface StepWords {
  title: string;
  describe(plan: Plan | undefined): string;
  /** A function where there is something to undo, else why there is nothing. */
  undo?: unknown;
}

/** What was approved, or asked for, about handing clients over or back; undefined while the request is for a repair. */
export function handOverFacts({
  approval,
}: Pick<UpgradeView, 'approval'>): ApprovalFacts | RollbackFacts | undefined {
  return approval === undefined || approval.purpose === 'repair' ? undefined : approval.facts;
}

/** Computes the view. `words` are the step definitions' own; `progress` may be missing or of an earlier step. */
export function viewUpgrade(
  state: UpgradeState,
  words: Record<StepName, StepWords>,
  progress: Progress | undefined,
): UpgradeView {
  const plan = planOf(state);
  const current = currentStep(state);
  return {
    id: state.id,
    source: state.source,
    target: state.target,
    switch: state.switch,
    channel: state.channel,
    requester: state.requester,
    status: statusOf(state),
    requestedAtMs: state.requestedAtMs,
    changedAtMs: state.changedAtMs,
    endedAtMs: state.ended?.atMs,
    journalLength: state.length,
    plan,
    steps: shownSteps(state).map((name) => viewStep(state, name, words[name])),
    currentStep: current,
    progress: progress !== undefined && progress.step === current ? progress : undefined,
    approval: currentApproval(state),
    rollback: viewRollback(state),
    rollbackCalledOff: state.rollbackCalledOff,
    differences: state.differences,
    repair: viewRepair(state),
    repairCalledOff: state.repairCalledOff,
    goingBack: state.goingBack,
    stuck: state.stuck,
    canAbort: canAbort(state),
    canRollBack: canRollBack(state),
    canVerify: canVerify(state),
    canFinish: canFinish(state),
  };
}

/** The upgrade's runbook; the rollback's behind it once one was asked for, a repair's behind the comparison that led to it. */
function shownSteps(state: UpgradeState): readonly StepName[] {
  const steps = upgradeSteps(state.switch);
  if (state.rollback !== undefined) return [...steps, ...rollbackSteps(state.switch, state.rollback.mode)];
  if (state.repair === undefined) return steps;
  const place = steps.indexOf('verify-data') + 1;
  return [...steps.slice(0, place), ...repairSteps(state.repair.automatic), ...steps.slice(place)];
}

function viewRollback(state: UpgradeState): RollbackView | undefined {
  if (state.rollback === undefined) return undefined;
  const { mode, requestedBy, requestedAtMs, callingOff } = state.rollback;
  return { mode, requestedBy, requestedAtMs, callingOff, done: isRollbackDone(state) };
}

function viewRepair({ repair }: UpgradeState): RepairView | undefined {
  if (repair === undefined) return undefined;
  const { automatic, finding, requestedBy, requestedAtMs, callingOff } = repair;
  return { automatic, finding, requestedBy, requestedAtMs, callingOff };
}

function canAbort(state: UpgradeState): boolean {
  if (state.ended !== undefined || state.stuck !== undefined) return false;
  if (state.rollback !== undefined) {
    const handOver = state.steps[pointOfNoCallingOff(state.switch)].status;
    return state.rollback.callingOff === undefined && handOver === 'never_started';
  }
  const handOver = state.steps[pointOfNoReturn(state.switch)].status;
  return state.goingBack === undefined && handOver === 'never_started';
}

function canFinish(state: UpgradeState): boolean {
  const watched = state.steps.probe.status === 'succeeded' && !state.finishRequested;
  return watched && state.ended === undefined && state.stuck === undefined && state.rollback === undefined;
}

function canRollBack(state: UpgradeState): boolean {
  const event = { v: 1, seq: state.length, atMs: state.changedAtMs, actor: state.requester } as const;
  return whyIllegal(state, { ...event, type: 'rollback_requested', mode: 'lossless' }) === undefined;
}

function canVerify(state: UpgradeState): boolean {
  const actor = { kind: 'person', via: 'slack', id: '' } as const;
  const event = { v: 1, seq: state.length, atMs: state.changedAtMs, actor } as const;
  return whyIllegal(state, { ...event, type: 'verification_requested' }) === undefined;
}

/** The plan that `assess` wrote; undefined before it has. */
export function planOf(state: UpgradeState): Plan | undefined {
  const output = state.steps.assess.output;
  return output === undefined ? undefined : planSchema.parse(output['plan']);
}

function viewStep(state: UpgradeState, name: StepName, words: StepWords): StepView {
  const step = state.steps[name];
  const said = step.output?.['summary'];
  return {
    name,
    phase: PHASE_OF[name],
    title: words.title,
    status: step.status,
    detail: step.error?.message ?? (typeof said === 'string' ? said : words.describe(planOf(state))),
    startedAtMs: step.startedAtMs,
    endedAtMs: step.endedAtMs,
    ...(typeof words.undo === 'object' && { nothingToUndo: true }),
  };
}

function currentStep(state: UpgradeState): StepName | undefined {
  if (state.ended !== undefined) return undefined;
  if (state.stuck !== undefined) return state.stuck.step;
  const { rollback } = state;
  if (rollback !== undefined && !isRollbackDone(state)) {
    const steps = rollbackSteps(state.switch, rollback.mode);
    return rollback.callingOff === undefined ? nextOf(state, steps) : lastOf(state, steps);
  }
  const { repair } = state;
  if (repair !== undefined) {
    const steps = repairSteps(repair.automatic);
    return repair.callingOff === undefined ? nextOf(state, steps) : (lastOf(state, steps) ?? 'verify-data');
  }
  const steps = upgradeSteps(state.switch);
  return state.goingBack === undefined ? nextOf(state, steps) : lastOf(state, steps);
}

function nextOf(state: UpgradeState, steps: readonly StepName[]): StepName | undefined {
  return steps.find((name) => state.steps[name].status !== 'succeeded');
}

function lastOf(state: UpgradeState, steps: readonly StepName[]): StepName | undefined {
  return steps.findLast((name) => !['never_started', 'undone'].includes(state.steps[name].status));
}

function statusOf(state: UpgradeState): UpgradeStatus {
  if (state.ended !== undefined) return state.ended.outcome === 'completed' ? 'completed' : 'rolled back';
  if (state.stuck !== undefined) return 'stuck';
  if (currentApproval(state)?.status === 'waiting' && !state.paused && !isTurnedBack(state))
    return 'waiting for approval';
  if (state.rollback !== undefined) return 'rolling back';
  if (state.goingBack !== undefined) return 'going back';
  if (state.repair !== undefined) return 'repairing';
  if (state.paused) return 'paused';
  return state.differences === undefined ? 'running' : 'data differs';
}

function isTurnedBack(state: UpgradeState): boolean {
  if (state.rollback !== undefined) return state.rollback.callingOff !== undefined;
  return state.goingBack !== undefined || state.repair?.callingOff !== undefined;
}
