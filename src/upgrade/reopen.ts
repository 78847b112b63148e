import { newStep, type UpgradeState } from './state.ts';
import type { StepName } from './steps.ts';

/** The state in which these steps were never begun. */
export function reopen(state: UpgradeState, names: StepName[]): UpgradeState {
  const steps = { ...state.steps };
  for (const name of names) steps[name] = newStep();
  return { ...state, steps };
}
