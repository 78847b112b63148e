import type { Actor, Evidence } from './events.ts';
import { type ApprovalFacts, type Plan, planSchema, type Switch } from './plan.ts';
import type { Approval, Cause, StepStatus, UpgradeState } from './state.ts';
import { PHASE_OF, type Phase, STEP_NAMES, type StepName } from './steps.ts';

/** An upgrade in one word, for people. */
export type UpgradeStatus =
  | 'running'
  | 'waiting for approval'
  | 'paused'
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

export interface ApprovalView {
  id: string;
  digest: string;
  status: Approval['status'];
  facts: ApprovalFacts;
  evidence: Evidence;
  requestedAtMs: number;
  expiresAtMs: number;
  decidedBy: Actor | undefined;
  decidedAtMs: number | undefined;
  reason: string | undefined;
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
  approval: ApprovalView | undefined;
  goingBack: Cause | undefined;
  stuck: (Cause & { step: StepName }) | undefined;
  /** True while `abort` is possible. */
  canAbort: boolean;
  /** True while `finish` ends the soak early. */
  canFinish: boolean;
}

export interface StepWords {
  title: string;
  describe(plan: Plan | undefined): string;
  /** A function where there is something to undo, else why there is nothing. */
  undo?: unknown;
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
    steps: STEP_NAMES.map((name) => viewStep(state, name, words[name])),
    currentStep: current,
    progress: progress !== undefined && progress.step === current ? progress : undefined,
    approval: state.approval,
    goingBack: state.goingBack,
    stuck: state.stuck,
    canAbort: canAbort(state),
    canFinish: canFinish(state),
  };
}

function canAbort(state: UpgradeState): boolean {
  const handOver = state.steps['attach-target-address'].status;
  return state.ended === undefined && state.goingBack === undefined && handOver === 'never_started';
}

function canFinish(state: UpgradeState): boolean {
  const watched = state.steps.probe.status === 'succeeded' && !state.finishRequested;
  return watched && state.ended === undefined && state.stuck === undefined;
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
  if (state.goingBack !== undefined) {
    return STEP_NAMES.findLast((name) => !['never_started', 'undone'].includes(state.steps[name].status));
  }
  return STEP_NAMES.find((name) => state.steps[name].status !== 'succeeded');
}

function statusOf(state: UpgradeState): UpgradeStatus {
  if (state.ended !== undefined) return state.ended.outcome === 'completed' ? 'completed' : 'rolled back';
  if (state.stuck !== undefined) return 'stuck';
  if (state.goingBack !== undefined) return 'going back';
  if (state.paused) return 'paused';
  return state.approval?.status === 'waiting' ? 'waiting for approval' : 'running';
}
