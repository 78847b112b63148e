import { describe, expect, it } from 'vitest';
import { adviseEdition, crossSlotCommands, judgePair, upgradesTo } from '../../../src/upgrade/editions.ts';
import { describeKind, type Edition, type RedisVersion } from '../../../src/upgrade/instance.ts';

const VERSIONS: RedisVersion[] = ['2.8', '3.2', '4.0', '5.0', '6.2', '7.0', '8.0', 'unknown'];
const EDITIONS: Edition[] = ['standard', 'cluster', 'single', 'unknown'];
const KINDS = VERSIONS.flatMap((version) => EDITIONS.map((edition) => ({ version, edition })));
const PAIRS = KINDS.flatMap((source) =>
  KINDS.map((target) => ({ source, target, pair: `${describeKind(source)} to ${describeKind(target)}` })),
);
const SUPPORTED = [
  '2.8 standard to 4.0 standard',
  '2.8 standard to 4.0 cluster',
  '4.0 standard to 4.0 cluster',
];

describe('the matrix of upgrades', () => {
  it('allows exactly three pairs of all there are', () => {
    const allowed = PAIRS.filter(({ source, target }) => judgePair(source, target).ok).map(
      ({ pair }) => pair,
    );
    expect(allowed.sort()).toEqual([...SUPPORTED].sort());
  });

  it('refuses every other pair with the pair, a reason and what is possible instead', () => {
    const wrong = PAIRS.filter(({ source, target, pair }) => {
      const judged = judgePair(source, target);
      if (judged.ok) return false;
      const { code, message } = judged.refusal;
      const instead = upgradesTo(source).map(describeKind);
      const says = instead.length === 0 ? ['yet.'] : instead;
      return (
        code !== 'pair_not_supported' ||
        !message.startsWith(pair) ||
        !says.every((word) => message.includes(word))
      );
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    [
      '2.8 standard to 7.0 standard',
      '2.8 standard to 7.0 standard is not supported. From 2.8 standard choose a target of 4.0 standard or 4.0 cluster.',
    ],
    [
      '4.0 standard to 2.8 standard',
      "4.0 standard to 2.8 standard would be a downgrade, which Tencent's transfer service does not copy. From 4.0 standard choose a target of 4.0 cluster.",
    ],
    [
      '4.0 standard to 4.0 standard',
      '4.0 standard to 4.0 standard is not an upgrade: both are of the same kind. From 4.0 standard choose a target of 4.0 cluster.',
    ],
    [
      '4.0 cluster to 4.0 standard',
      '4.0 cluster to 4.0 standard is not possible: a cluster does not become a standard instance of the same version. Upgrades from 4.0 cluster are not supported yet.',
    ],
    [
      '2.8 single to 4.0 standard',
      '2.8 single to 4.0 standard is not possible: an instance without a replica cannot be copied live. Upgrades from 2.8 single are not supported yet.',
    ],
  ])('says about %s why not', (pair, message) => {
    const found = PAIRS.find((each) => each.pair === pair);
    if (found === undefined) throw new Error(`no such pair: ${pair}`);
    expect(judgePair(found.source, found.target)).toMatchObject({ ok: false, refusal: { message } });
  });

  it('cannot be changed by whoever asks', () => {
    const source = { version: '2.8', edition: 'standard' } as const;
    upgradesTo(source).pop();
    expect(upgradesTo(source)).toHaveLength(2);
  });
});

describe('advice on the edition', () => {
  const GB = 1024;
  it.each([
    ['standard', 11.9 * GB, 40_000, 0],
    ['standard', 12 * GB, 1, 1],
    ['standard', 1, 40_001, 1],
    ['cluster', 11.9 * GB, 40_000, 1],
    ['cluster', 12 * GB, 1, 0],
    ['cluster', 1, 40_001, 0],
  ] as const)(
    '%s for %d MB and %d commands a second: %i pieces',
    (...[edition, usedMemoryMb, commandsPerSecond, count]) => {
      expect(adviseEdition(edition, { usedMemoryMb, commandsPerSecond })).toHaveLength(count);
    },
  );
});

describe('commands that a cluster refuses across slots', () => {
  it('are found whatever their case, in order, and no others', () => {
    expect(crossSlotCommands(['set', 'RENAME', 'mget', 'evalsha', 'del', 'bitop'])).toEqual([
      'RENAME',
      'bitop',
      'evalsha',
    ]);
  });
});
