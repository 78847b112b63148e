import type { Instance } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import type { StepDeps } from './step-deps.ts';

const NOT_YET: StepResult = {
  kind: 'failed',
  error: {
    code: 'lossless_not_available',
    message: 'A lossless rollback is not available in this version. Choose a fast one.',
  },
};

/** Copies what was written to the target back to the source, while the target still serves. */
export function createCopyBack(deps: StepDeps): StepDefinition {
  return {
    name: 'copy-back',
    title: 'Copy back',
    describe: () => 'copies what was written to the target back to the source, while the target serves',
    describeUndo: 'nothing to undo: nobody uses the source',
    undo: { none: 'nobody uses the source' },
    patienceMs: deps.settings.patienceMs,
    run: async () => NOT_YET,
  };
}

/** The rest, with writes refused: until both sides are equal. */
export function createCopyBackRest(deps: StepDeps): StepDefinition {
  return {
    name: 'copy-back-rest',
    title: 'Copy back the rest',
    describe: () => 'copies back what changed last and compares everything, with writes refused',
    describeUndo: 'nothing to undo: nobody uses the source',
    undo: { none: 'nobody uses the source' },
    patienceMs: deps.settings.patienceMs,
    run: async () => NOT_YET,
  };
}

/** What keeps a lossless rollback from being possible; undefined when nothing does. */
export async function findUncopyable(
  _deps: StepDeps,
  _context: StepContext,
  _sides: { source: Instance; target: Instance },
): Promise<StepResult | undefined> {
  return NOT_YET;
}
