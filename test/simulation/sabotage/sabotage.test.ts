import { describe, expect, it } from 'vitest';
import { simulate } from '../simulate.ts';
import { SABOTAGES } from './all-sabotages.ts';
import { EASY_RUN, seek } from './seek.ts';

/** The world grows, and a seed that noticed a breakage yesterday may play another history today: the next few are tried as well. */
const MOST_SEEDS = 60;
const TIMEOUT_MS = 60_000;

describe('a rule that is broken on purpose', () => {
  it.each(SABOTAGES)(
    'is noticed: $name',
    async (sabotage) => {
      const caught = await seek(sabotage, { from: sabotage.seed, most: MOST_SEEDS });

      expect(caught, `nobody noticed that the product broke: ${sabotage.rule}`).toBeDefined();
      if (caught === undefined || caught.by === EASY_RUN) return;
      // The same world with the rule kept: it is the breakage that is noticed, and nothing else.
      const kept = await simulate(caught.seed, sabotage.options);
      expect(kept.violations).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('is one of many, each with a name of its own', () => {
    expect(new Set(SABOTAGES.map(({ name }) => name)).size).toBe(SABOTAGES.length);
    expect(SABOTAGES.length).toBeGreaterThanOrEqual(18);
  });
});
