import { OperatingError } from '../../src/upgrade/operating-error.ts';
import type { StepDefinition, UndoResult } from '../../src/upgrade/step-definition.ts';
import type { StepName } from '../../src/upgrade/steps.ts';
import type { Patches } from '../simulation/bot.ts';

/** Something that goes wrong in one step, and whether it came to it. */
export interface Injection {
  patches: Patches;
  /** How often it went wrong. */
  struck(): number;
}

const MADE_UP = { code: 'made_up', message: 'It went wrong, since this test wants it.' };

/** The first pass fails before it did anything. */
export function failBefore(step: StepName): Injection {
  return once(step, (real, strike) => ({
    run: async (context) => (strike() ? { kind: 'failed', error: MADE_UP } : real.run(context)),
  }));
}

/** The step does all it has to, and fails then. */
export function failAfter(step: StepName): Injection {
  return once(step, (real, strike) => ({
    run: async (context) => {
      const result = await real.run(context);
      return result.kind === 'succeeded' && strike() ? { kind: 'failed', error: MADE_UP } : result;
    },
  }));
}

/** The step does all it has to, nobody hears of it, and it runs again. */
export function repeat(step: StepName): Injection {
  return once(step, (real, strike) => ({
    run: async (context) => {
      const result = await real.run(context);
      return result.kind === 'succeeded' && strike() ? { kind: 'again', afterMs: 0 } : result;
    },
  }));
}

/** The undo does all it has to, nobody hears of it, and it runs again. */
export function undoTwice(step: StepName): Injection {
  return onceOfUndo(step, async (result, strike) =>
    result.kind === 'undone' && strike() ? { kind: 'again', afterMs: 0 } : result,
  );
}

/** The undo does all it has to and meets trouble that passes. */
export function undoMeetsTrouble(step: StepName): Injection {
  return onceOfUndo(step, async (result, strike) => {
    if (result.kind === 'undone' && strike())
      throw new OperatingError('MADE_UP', MADE_UP.message, { retryable: true });
    return result;
  });
}

/** The undo fails until a person has repaired something. */
export function undoFailsOnce(step: StepName): Injection {
  return onceOfUndo(step, async (result, strike) =>
    result.kind === 'undone' && strike() ? { kind: 'failed', error: MADE_UP } : result,
  );
}

/** The undo fails whatever anybody does, before it did anything. */
export function undoFailsForGood(step: StepName): Injection {
  let count = 0;
  return {
    struck: () => count,
    patches: changing(step, (real) => ({
      undo:
        typeof real.undo !== 'function'
          ? real.undo
          : async () => {
              count += 1;
              return { kind: 'failed', error: MADE_UP };
            },
    })),
  };
}

/** Both at once. */
export function together(first: Injection, second: Injection): Injection {
  const [one, two] = [first.patches.steps, second.patches.steps];
  return {
    struck: () => Math.min(first.struck(), second.struck()),
    patches: { steps: (steps, deps) => two?.(one?.(steps, deps) ?? steps, deps) ?? steps },
  };
}

function onceOfUndo(
  step: StepName,
  change: (result: UndoResult, strike: () => boolean) => Promise<UndoResult>,
): Injection {
  return once(step, (real, strike) => {
    const { undo } = real;
    if (typeof undo !== 'function') return {};
    return { undo: async (context) => change(await undo(context), strike) };
  });
}

function once(
  step: StepName,
  change: (real: StepDefinition, strike: () => boolean) => Partial<StepDefinition>,
): Injection {
  let count = 0;
  const strike = () => {
    count += 1;
    return count === 1;
  };
  return { patches: changing(step, (real) => change(real, strike)), struck: () => count };
}

function changing(step: StepName, change: (real: StepDefinition) => Partial<StepDefinition>): Patches {
  return { steps: (steps) => ({ ...steps, [step]: { ...steps[step], ...change(steps[step]) } }) };
}
