import type { RollbackMode, Switch } from './plan.ts';

/** Every step there is: an upgrade's in the order they run, then a rollback's, then a repair's. Everything that names steps draws from here. */
export const STEP_NAMES = [
  'assess',
  'align-target',
  'rehearse-fence',
  'back-up-source',
  'create-sync-job',
  'check-sync-job',
  'copy-snapshot',
  'catch-up',
  'verify-data',
  'await-approval',
  'check-gates',
  'fence-source',
  'drain',
  'verify-delta',
  'complete-sync',
  'detach-source-address',
  'attach-target-address',
  'hand-out-address',
  'probe',
  'soak',
  'tidy-up',
  'check-rollback',
  'await-rollback-approval',
  'open-source',
  'copy-back',
  'fence-target',
  'count-lost-writes',
  'copy-back-rest',
  'detach-target-address',
  'attach-source-address',
  'hand-back-address',
  'probe-source',
  'await-repair-approval',
  'repair-target',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

export type Phase =
  | 'prepare'
  | 'copy'
  | 'verify'
  | 'approve'
  | 'cut over'
  | 'watch'
  | 'finish'
  | 'roll back'
  | 'repair';

/** Which phase a step belongs to, for people. */
export const PHASE_OF: Record<StepName, Phase> = {
  assess: 'prepare',
  'align-target': 'prepare',
  'rehearse-fence': 'prepare',
  'back-up-source': 'prepare',
  'create-sync-job': 'copy',
  'check-sync-job': 'copy',
  'copy-snapshot': 'copy',
  'catch-up': 'copy',
  'verify-data': 'verify',
  'await-approval': 'approve',
  'check-gates': 'cut over',
  'fence-source': 'cut over',
  drain: 'cut over',
  'verify-delta': 'cut over',
  'complete-sync': 'cut over',
  'detach-source-address': 'cut over',
  'attach-target-address': 'cut over',
  'hand-out-address': 'cut over',
  probe: 'cut over',
  soak: 'watch',
  'tidy-up': 'finish',
  'check-rollback': 'roll back',
  'await-rollback-approval': 'roll back',
  'open-source': 'roll back',
  'copy-back': 'roll back',
  'fence-target': 'roll back',
  'count-lost-writes': 'roll back',
  'copy-back-rest': 'roll back',
  'detach-target-address': 'roll back',
  'attach-source-address': 'roll back',
  'hand-back-address': 'roll back',
  'probe-source': 'roll back',
  'await-repair-approval': 'repair',
  'repair-target': 'repair',
};

const BY_ADDRESS: readonly StepName[] = ['detach-source-address', 'attach-target-address'];
const BY_CODE: readonly StepName[] = ['hand-out-address'];
const BACK_BY_ADDRESS: readonly StepName[] = ['detach-target-address', 'attach-source-address'];
const BACK_BY_CODE: readonly StepName[] = ['hand-back-address'];

/** The runbook of an upgrade, in order. */
export function upgradeSteps(how: Switch): readonly StepName[] {
  return RUNBOOKS[how];
}

/** The runbook of a rollback, in order. */
export function rollbackSteps(how: Switch, mode: RollbackMode): readonly StepName[] {
  return ROLLBACKS[how][mode];
}

/** The steps of a repair of the target, in order. One that the bot begins by itself only adds keys, and asks nobody. */
export function repairSteps(automatic: boolean): readonly StepName[] {
  return automatic ? ['repair-target'] : ['await-repair-approval', 'repair-target'];
}

/** From this step's effect on the target may accept clients' writes: only forward, or a rollback that somebody asks for. */
export function pointOfNoReturn(how: Switch): StepName {
  return how === 'address' ? 'attach-target-address' : 'hand-out-address';
}

/**
 * From this step on nobody calls a rollback off any more: the hand-over to the source has begun. In a code switch the old address
 * leads to the source all the time.
 */
export function pointOfNoCallingOff(how: Switch): StepName {
  return how === 'address' ? 'attach-source-address' : 'open-source';
}

/**
 * From this step's effect on clients may write to the source again: a step that fails up to here is undone, one that fails later
 * waits for a person. Where the source is opened last, that is later than the hand-over.
 */
export function pointOfNoUndoing(how: Switch, mode: RollbackMode): StepName {
  return mode === 'fast' ? 'open-source' : pointOfNoCallingOff(how);
}

/** Position among all steps, from 0. */
export function stepIndex(step: StepName): number {
  return STEP_NAMES.indexOf(step);
}

export function isRollbackStep(step: StepName): boolean {
  return PHASE_OF[step] === 'roll back';
}

export function isRepairStep(step: StepName): boolean {
  return PHASE_OF[step] === 'repair';
}

const FORWARD = STEP_NAMES.filter((name) => !isRollbackStep(name) && !isRepairStep(name));
const RUNBOOKS: Record<Switch, readonly StepName[]> = {
  address: FORWARD.filter((name) => !BY_CODE.includes(name)),
  code: FORWARD.filter((name) => !BY_ADDRESS.includes(name)),
};

/**
 * The source is opened only after the target is fenced: at no moment do both take writes. It is opened last where it has to take the
 * address first: a client that was forgotten on it may write only to what serves for good.
 */
const fast = (handOver: readonly StepName[]): StepName[] => [
  'check-rollback',
  'await-rollback-approval',
  'fence-target',
  'count-lost-writes',
  ...handOver,
  'probe-source',
];
/** The source is opened for the copy alone, after every ordinary connection to it was ended. */
const lossless = (handOver: readonly StepName[]): StepName[] => [
  'check-rollback',
  'await-rollback-approval',
  'open-source',
  'copy-back',
  'fence-target',
  'copy-back-rest',
  ...handOver,
  'probe-source',
];
const ROLLBACKS: Record<Switch, Record<RollbackMode, readonly StepName[]>> = {
  address: { fast: fast([...BACK_BY_ADDRESS, 'open-source']), lossless: lossless(BACK_BY_ADDRESS) },
  code: { fast: fast(['open-source', ...BACK_BY_CODE]), lossless: lossless(BACK_BY_CODE) },
};
