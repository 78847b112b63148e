import { expect, it } from 'vitest';
import { STEP_NAMES } from '../../src/upgrade/steps.ts';
import { repairOf, rollbackOf, upgradeBy } from './journeys.ts';

it('has every step there is in one of the journeys that are enumerated', () => {
  const journeys = [
    upgradeBy('address'),
    upgradeBy('code'),
    rollbackOf('address', 'fast'),
    rollbackOf('address', 'lossless'),
    rollbackOf('code', 'fast'),
    repairOf('a person'),
    repairOf('the bot'),
  ];
  const covered = new Set(journeys.flatMap(({ steps }) => steps));
  expect(STEP_NAMES.filter((name) => !covered.has(name))).toEqual([]);
});
