import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS = 150;
/** One seed takes some hundredths of a second, on a busy machine some tenths. */
const TIMEOUT_MS = 120_000;

describe('the simulation', () => {
  it(
    'keeps every invariant over many seeds',
    async () => {
      const broken: string[] = [];
      const outcomes = new Set<string>();
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const report = await simulate(seed);
        outcomes.add(report.outcome);
        for (const { invariant, message } of report.violations)
          broken.push(`seed ${seed}, ${invariant}: ${message}`);
      }
      expect(broken).toEqual([]);
      expect(outcomes).toContain('completed');
      expect(outcomes).toContain('rolled back');
    },
    TIMEOUT_MS,
  );

  it('gives the same history for the same seed, and another for another', async () => {
    const first = await simulate(7);
    const again = await simulate(7);
    const other = await simulate(8);

    expect(first.history.length).toBeGreaterThan(100);
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it('completes an upgrade when nothing goes wrong and people approve', async () => {
    const report = await simulate(3, {
      faults: { intensity: 0 },
      people: (script) => ({ ...script, manner: 'approve', impulses: [] }),
    });

    expect(report).toMatchObject({ outcome: 'completed', violations: [], faultIds: [] });
  });

  it('notices when the product reaches for the real clock', async () => {
    const report = simulate(3, {
      faults: { intensity: 0 },
      patches: { stepDeps: (deps) => ({ ...deps, random: Math.random }) },
    });

    await expect(
      report.then(({ violations }) => violations.map(({ invariant }) => invariant)),
    ).resolves.toContain('determinism');
  });
});
