import { createComparison, type Verdict } from '../../../src/compare/comparison.ts';
import type { ComparisonOptions } from '../../../src/compare/comparison-options.ts';
import type { Sides } from '../../../src/compare/lane/lane.ts';
import type { Checkpoint } from '../../../src/compare/sweep/checkpoint.ts';

export const clock = { now: () => Date.now() };

/** Rounds without long waits: for data that does not move, or moves with a replication lag of about a millisecond. */
export const QUICK: ComparisonOptions = {
  mode: 'fast',
  roundDelayMs: 30,
  lookDelayMs: 5,
  commandTimeoutMs: 5_000,
};

/** Runs a comparison to its verdict, each slice from the JSON of the checkpoint before. */
export async function runComparison(
  sides: Sides,
  options: ComparisonOptions = QUICK,
  budgetMs = 1_000,
): Promise<Verdict> {
  const comparison = createComparison({ ...sides, options, clock });
  try {
    let checkpoint: Checkpoint | undefined;
    for (;;) {
      const step = await comparison.advance(checkpoint, { budgetMs });
      if (step.verdict !== undefined) return step.verdict;
      if (step.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
      checkpoint = JSON.parse(JSON.stringify(step.checkpoint));
    }
  } finally {
    await comparison.close();
  }
}
