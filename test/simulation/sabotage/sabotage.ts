import type { StepDeps } from '../../../src/steps/step-deps.ts';
import type { StepDefinition } from '../../../src/upgrade/step-definition.ts';
import type { StepName } from '../../../src/upgrade/steps.ts';
import type { Patches } from '../bot.ts';
import type { SimulationOptions } from '../simulate.ts';

/** A rule of our own that is broken on purpose, to see whether anybody notices. */
export interface Sabotage {
  /** What the product does now, in a few words. */
  name: string;
  /** The rule that it breaks. */
  rule: string;
  /** A seed at which it is noticed, kept so that the test of every day is quick; the script looks for the first one itself. */
  seed: number;
  /** The parts put aside for broken ones. Called once a run, so that a patch may keep something in mind. */
  patches(): Patches;
  /** What has to happen for the rule to matter, where the seed alone brings it about too rarely. */
  options?: SimulationOptions;
}

type Steps = Record<StepName, StepDefinition>;

/** One step is another one; given the real one. */
export function withStep(
  name: StepName,
  change: (step: StepDefinition, deps: StepDeps) => Partial<StepDefinition>,
): Patches {
  return {
    steps: (steps: Steps, deps: StepDeps) => ({
      ...steps,
      [name]: { ...steps[name], ...change(steps[name], deps) },
    }),
  };
}

/** Several steps are others. */
export function withSteps(...patches: readonly Patches[]): Patches {
  return {
    steps: (steps, deps) => patches.reduce((broken, patch) => patch.steps?.(broken, deps) ?? broken, steps),
  };
}

/** The step says that it succeeded without having done anything. */
export function skipped(name: StepName, output: Record<string, unknown> = {}): Patches {
  return withStep(name, () => ({ run: async () => ({ kind: 'succeeded', output }) }));
}

/** The step's undo says that it is done without having done anything. */
export function notUndone(name: StepName): Patches {
  return withStep(name, () => ({ undo: async () => ({ kind: 'undone' }) }));
}
