import { describe, expect, it } from 'vitest';
import { OPEN_DEFECTS } from './open-defects.ts';
import { type SimulationOptions, simulate } from './simulate.ts';

/** A history that once broke an invariant. */
interface Regression {
  what: string;
  seed: number;
  options: SimulationOptions;
}

const FROZEN: SimulationOptions = { faults: { kinds: ['freeze'], intensity: 4 } };

const REGRESSIONS: readonly Regression[] = [
  {
    what: 'a process that stood still after its intent called the cloud although another one had taken over',
    seed: 292,
    options: {},
  },
  {
    what: 'a process that stood still while it looked for a free address moved the target although another one had taken over',
    seed: 12,
    options: FROZEN,
  },
  {
    what: 'a process that stood still between two security groups changed the second although another one had taken over',
    seed: 51,
    options: FROZEN,
  },
];

describe('what the simulation has found', () => {
  it.each(REGRESSIONS)('no longer happens: $what', async ({ seed, options }) => {
    const report = await simulate(seed, options);

    expect(report.violations).toEqual([]);
    expect(report.faultIds.length).toBeGreaterThan(0);
  });

  // Turns red on the day it is repaired: then it belongs above.
  it.fails.each(OPEN_DEFECTS)('is open: $what', async ({ seed }) => {
    const report = await simulate(seed);

    expect(report.violations).toEqual([]);
  });
});
