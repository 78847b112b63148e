import { createComparison } from '../../src/compare/comparison.ts';
import type { ComparisonOptions } from '../../src/compare/comparison-options.ts';
import type { Checkpoint } from '../../src/compare/sweep/checkpoint.ts';
import type { RedisEndpoint } from '../../src/compare/wire/redis-connection.ts';

export interface Sides {
  readonly source: RedisEndpoint;
  readonly target: RedisEndpoint;
}

/** What a contender says of its own pass. */
export interface Pass {
  readonly keys: number;
  readonly differences: number;
}

/** One full pass of ours, one round: values, expiry, and keys on either side only. */
export async function ourPass(sides: Sides, options: ComparisonOptions): Promise<Pass> {
  const clock = { now: () => Date.now() };
  const comparison = createComparison({ ...sides, options: { ...options, rounds: 1 }, clock });
  try {
    let checkpoint: Checkpoint | undefined;
    for (;;) {
      const step = await comparison.advance(checkpoint, { budgetMs: 2_000 });
      checkpoint = step.checkpoint;
      if (step.verdict !== undefined)
        return { keys: step.verdict.keysCompared, differences: step.verdict.differences };
      if (step.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
    }
  } finally {
    await comparison.close();
  }
}
