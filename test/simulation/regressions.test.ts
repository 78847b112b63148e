import { describe, expect, it } from 'vitest';
import { type SimulationOptions, simulate } from './simulate.ts';

/** A history that once broke an invariant. */
interface Regression {
  what: string;
  seed: number;
  options: SimulationOptions;
}

const FROZEN: SimulationOptions = { faults: { kinds: ['freeze'], intensity: 4 } };

/** Somebody goes back right after the cutover and loses what was written since; calls fail, or take effect late. */
const REGRETTED: SimulationOptions = {
  faults: { kinds: ['cloud-late', 'cloud-error-before', 'task-fails'], intensity: 4 },
  people: (script) => ({
    ...script,
    manner: 'approve',
    rollbackManner: 'approve',
    impulses: [{ id: 'regret', since: 'watched', atMs: 500, who: 'U-REQUESTER', action: 'roll-back-fast' }],
  }),
};

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
  {
    what: 'the store forgot that the fence was begun, and going back left clients without a writable source',
    seed: 115,
    options: {},
  },
  {
    what: 'a move of the source that nobody waited for any more took effect after its undo had looked',
    seed: 125,
    options: {},
  },
  {
    what: "looks at the target's gate before its fence had taken effect were counted as lost writes of clients",
    seed: 21,
    options: REGRETTED,
  },
  {
    what: 'the store forgot that the source serves again, and what clients had written since was copied over',
    seed: 1483,
    options: {},
  },
  {
    what: 'a client forgotten on a source that hides its connections wrote there while the target still served',
    seed: 475,
    options: {},
  },
  {
    what: 'a process that stood still looked at the open gate of the target later, and people were told of lost writes that it had made',
    seed: 1627,
    options: {},
  },
  {
    what: 'the store forgot that it was lifting the fence, and the target got the address while the source took writes',
    seed: 3713,
    options: {},
  },
  {
    what: 'the store forgot a purchase that was not listed yet, and going back left that job to be paid',
    seed: 3330,
    options: {},
  },
  {
    what: 'a client forgotten on the target of a rollback wrote there again before the next upgrade handed it the address',
    seed: 4759,
    options: {},
  },
  {
    what: 'the store forgot that clients were being told the new address, and going back opened the source to those that were not',
    seed: 7366,
    options: {},
  },
  {
    what: 'clients that nobody had told back from the target of a rolled back code switch wrote there when the next upgrade opened it',
    seed: 8827,
    options: {},
  },
  {
    what: 'somebody asked for a repair that could not be done again and again, and the upgrade never went back',
    seed: 420,
    options: {},
  },
];

describe('what the simulation has found', () => {
  it.each(REGRESSIONS)('no longer happens: $what', async ({ seed, options }) => {
    const report = await simulate(seed, options);

    expect(report.violations).toEqual([]);
    expect(report.faultIds.length).toBeGreaterThan(0);
  });
});
