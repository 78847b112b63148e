import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/compare/comparison.ts';
import { DIFFERENCE_KINDS, type DifferenceKind } from '../../../src/compare/values/difference.ts';
import { type Comparing, equalWords, progressWords } from '../../../src/steps/comparison-words.ts';
import { describeFinding } from '../../../src/upgrade/finding.ts';

const SWEEPING: Comparing['progress'] = {
  phase: 'values',
  round: 1,
  keysCompared: 412_000,
  keysTotalEstimate: 1_000_000,
  suspects: 0,
  keysPerSecond: 58_123,
  secondsLeft: 10,
};
const NONE: Comparing['checkpoint'] = { differences: 0, byKind: {} };

function said(
  progress: Partial<Comparing['progress']> = {},
  checkpoint: Comparing['checkpoint'] = NONE,
): string {
  return progressWords({ progress: { ...SWEEPING, ...progress }, checkpoint });
}

function verdict(change: Partial<Verdict> = {}): Verdict {
  const byKind = Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, 0]));
  return {
    equal: true,
    covered: 'all',
    complete: true,
    keysCompared: 1_234_567,
    sourceKeys: 1_234_567,
    targetKeys: 1_234_567,
    differences: 0,
    byKind: byKind as Record<DifferenceKind, number>,
    byType: {},
    examples: [],
    rounds: 3,
    unsettledKeys: 0,
    movingKeys: [],
    movingKeysDropped: 0,
    ...change,
  };
}

describe('the progress of a comparison', () => {
  it('says how far it is, how fast, how long it will take, and what it found', () => {
    expect(said()).toBe(
      '412,000 of about 1,000,000 keys, 58,123 keys/s, about 10 s left, no difference so far',
    );
  });

  it.each([
    [3, 'a few seconds left'],
    [44, 'about 40 s left'],
    [89, 'about 90 s left'],
    [90, 'about 2 min left'],
    [4_000, 'about 67 min left'],
    [20_000, 'about 6 h left'],
    [1_000_000, 'about 12 days left'],
  ])('says %i seconds in the unit that people use', (secondsLeft, words) => {
    expect(said({ secondsLeft })).toContain(`, ${words}, `);
  });

  it('leaves out what cannot be told yet', () => {
    expect(said({ keysCompared: 0, keysPerSecond: 0, secondsLeft: undefined })).toBe(
      '0 of about 1,000,000 keys, no difference so far',
    );
  });

  it('says the differences proven so far by kind, the most frequent first', () => {
    const found = { differences: 1_250, byKind: { value: 50, ttl: 1_200, element_missing: 3, extra: 0 } };
    expect(said({}, found)).toContain(
      ', 1,250 keys found to differ so far (1,200 with another expiry, 50 with another value, 3 with an element missing)',
    );
    expect(said({}, { differences: 1, byKind: { value: 1 } })).toContain(
      '1 key found to differ so far (1 with another value)',
    );
  });

  it('names only the most frequent kinds', () => {
    const byKind = { value: 9, ttl: 8, missing: 7, extra: 6, type: 5 };
    expect(said({}, { differences: 35, byKind })).toContain(
      '(9 with another value, 8 with another expiry, 7 only on the source, 6 only on the target, …)',
    );
  });

  it('says what it does after the values, without a rate that would mean nothing', () => {
    const later = { keysCompared: 1_000_000, suspects: 120, round: 2 };
    expect(said({ ...later, phase: 'extra_keys' })).toBe(
      '1,000,000 keys compared, looking for keys that only the target has, no difference so far',
    );
    expect(said({ ...later, phase: 'recheck' })).toBe(
      '1,000,000 keys compared, looking again at 120 keys that did not match (round 2), no difference so far',
    );
  });

  it('says that it goes slower for the sake of the servers', () => {
    expect(said({ braking: true })).toMatch(/, slower than it could be, as a server answers slowly$/u);
  });
});

describe('the verdict', () => {
  it('without differences says how many keys, and how many of them moved', () => {
    expect(equalWords(verdict())).toBe('1,234,567 keys compared, no differences');
    expect(equalWords(verdict({ movingKeys: ['0:YQ=='], movingKeysDropped: 1_999 }))).toBe(
      '1,234,567 keys compared, no differences, 2,000 changed while they were compared',
    );
  });

  it('does not pass a sample off as everything', () => {
    expect(equalWords(verdict({ covered: 'sample', keysCompared: 1 }))).toBe(
      '1 key (a sample) compared, no differences',
    );
  });

  it('with differences says which, with examples that name keys and never what they hold', () => {
    const { byKind } = verdict();
    const example = { db: 0, key: 'cart:7', keyBase64: 'Y2FydDo3', type: 'hash', kind: 'value', where: 'a' };
    expect(
      describeFinding(
        verdict({
          equal: false,
          differences: 1_002,
          byKind: { ...byKind, value: 1_000, missing: 2 },
          examples: Array.from({ length: 5 }, () => ({ ...example, kind: 'value' as const })),
        }),
      ),
    ).toBe(
      `Source and target differ in 1,002 keys: 1,000 with another value, 2 only on the source. For example ${Array(5).fill('cart:7 (hash, db 0: with another value)').join(', ')}.`,
    );
    expect(describeFinding(verdict({ complete: false, differences: 1, byKind: { ...byKind, ttl: 1 } }))).toBe(
      'Source and target differ in at least 1 key: 1 with another expiry.',
    );
  });
});
