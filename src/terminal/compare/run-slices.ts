import type { Slice } from '../../compare/comparison.ts';
import type { Clock } from '../../compare/comparison-options.ts';
import { sleepBy } from '../../compare/pace/sleep.ts';
import { CompareError } from '../../compare/wire/compare-error.ts';

/** What one slice of a comparison or a repair gives. */
interface Step<C> {
  readonly checkpoint: C;
  readonly waitMs?: number;
}

export interface SlicedRun<C, S extends Step<C>> {
  /** Undefined: from the start. */
  readonly from: C | undefined;
  advance(checkpoint: C | undefined, slice: Slice): Promise<S>;
  isDone(step: S): boolean;
  /** After every slice; the step's checkpoint is good. */
  onStep(step: S): Promise<void>;
  /** A slice failed, and is done again from the last good checkpoint after `waitMs`. */
  onTrouble(error: CompareError, waitMs: number): void;
  readonly budgetMs: number;
  readonly clock: Clock;
  /** Aborted: the run ends after the piece of work it is at. */
  readonly signal: AbortSignal;
}

/** Trouble without a break for so long ends a run; its state can be gone on with later. */
const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/**
 * Runs slice after slice to the end; undefined when it was interrupted. A connection that breaks on the way is opened anew for up to a
 * minute; before anything worked, the error is thrown at once, as then it is likely an address or a password.
 */
export async function runSlices<C, S extends Step<C>>(run: SlicedRun<C, S>): Promise<S | undefined> {
  const { clock, signal, budgetMs } = run;
  let checkpoint = run.from;
  let workedAt: number | undefined;
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      const step = await run.advance(checkpoint, { budgetMs, signal });
      checkpoint = step.checkpoint;
      workedAt = clock.now();
      waitMs = FIRST_WAIT_MS;
      await run.onStep(step);
      if (run.isDone(step)) return step;
      if (step.waitMs !== undefined) await pause(run, step.waitMs);
    } catch (error) {
      if (!isPassing(error) || workedAt === undefined || clock.now() - workedAt > PATIENCE_MS) throw error;
      run.onTrouble(error, waitMs);
      await pause(run, waitMs);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }
  return undefined;
}

function isPassing(error: unknown): error is CompareError {
  return error instanceof CompareError && error.retryable;
}

async function pause<C, S extends Step<C>>({ clock, signal }: SlicedRun<C, S>, ms: number): Promise<void> {
  try {
    await sleepBy(clock, ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
