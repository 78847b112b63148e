import { expect, test } from 'vitest';
import { type DemoResult, failedFigures } from '../../../../src/sandbox/demo/result.ts';

const good: DemoResult = {
  outcome: 'completed',
  upgradeId: 'up-abcd1234',
  source: 'crs-source01',
  target: 'crs-target01',
  keysCompared: 30_000,
  differences: 0,
  traffic: {
    acknowledgedWrites: 20_000,
    refusedWrites: 12,
    unknownWrites: 3,
    lostWrites: 0,
    writeGapMs: 120,
    readGapMs: 80,
    writesPerSecond: 1_190,
  },
  steps: [{ name: 'assess', ms: 120 }],
  approvedBy: 'U0APPROVER1',
  addressHeldBy: 'crs-target01',
  verification: { keysCompared: 20_000, differences: 0 },
  examples: [],
  totalMs: 25_000,
};
const expected = { approver: 'U0APPROVER1', keys: 20_000 };

test('an upgrade as it must be fails no figure', () => {
  expect(failedFigures(good, expected)).toEqual([]);
});

test.each<[string, Partial<DemoResult>, string]>([
  ['a rollback', { outcome: 'rolled_back' }, 'the outcome is rolled_back'],
  ['a lost write', { traffic: { ...good.traffic, lostWrites: 1 } }, '1 acknowledged writes are lost'],
  ['a difference', { differences: 2 }, '2 keys differ'],
  ['a comparison of nothing', { keysCompared: 0 }, 'only 0 of 20000 keys'],
  ['an address left behind', { addressHeldBy: 'crs-source01' }, 'held by crs-source01'],
  ['an address nobody holds', { addressHeldBy: undefined }, 'held by nobody'],
  ['another approver', { approvedBy: 'U0STRANGER1' }, 'approved by U0STRANGER1'],
  ['no approval', { approvedBy: undefined }, 'approved by nobody'],
  ['an approval without evidence', { verification: undefined }, 'shown no comparison'],
  [
    'an approval over differences',
    { verification: { keysCompared: 1, differences: 3 } },
    'shown 3 differences',
  ],
  ['no traffic', { traffic: { ...good.traffic, acknowledgedWrites: 0 } }, 'no write was acknowledged'],
  ['thin traffic', { traffic: { ...good.traffic, writesPerSecond: 700 } }, '700 writes a second'],
])('%s is told', (...[, change, why]) => {
  expect(failedFigures({ ...good, ...change }, expected)).toEqual([expect.stringContaining(why)]);
});
