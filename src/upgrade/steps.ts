/** The runbook's step names, in the order they run. Everything that lists steps draws from here. */
export const STEP_NAMES = [
  'assess',
  'align-target',
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
  'probe',
  'soak',
  'tidy-up',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

export type Phase = 'prepare' | 'copy' | 'verify' | 'approve' | 'cut over' | 'watch' | 'finish';

/** Which phase a step belongs to, for people. */
export const PHASE_OF: Record<StepName, Phase> = {
  assess: 'prepare',
  'align-target': 'prepare',
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
  probe: 'cut over',
  soak: 'watch',
  'tidy-up': 'finish',
};

/** From here the target may accept writes: nothing before it is undone automatically once it has taken effect. */
export const POINT_OF_NO_RETURN: StepName = 'attach-target-address';

/** Position in the runbook, from 0. */
export function stepIndex(step: StepName): number {
  return STEP_NAMES.indexOf(step);
}
