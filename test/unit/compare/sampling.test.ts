import { describe, expect, it } from 'vitest';
import { atMostDiffering } from '../../../src/compare/names/confidence.ts';
import { isInSample, isSameSample, reportSample, sampleOf } from '../../../src/compare/names/sampling.ts';
import { resolveRepairOptions } from '../../../src/compare/repair/repair-options.ts';
import { freshState, fromCheckpoint, toCheckpoint } from '../../../src/compare/sweep/checkpoint.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const bytes = (text: string) => Buffer.from(text);

describe('a sample of keys', () => {
  it.each([
    ['names that count up', (n: number) => bytes(`user:${n}`)],
    ['short binary names', (n: number) => Buffer.from([n & 255, (n >> 8) & 255, n >> 16])],
    ['names with a common end', (n: number) => bytes(`${n}:{tag}:session:profile`)],
    ['names of one length', (n: number) => bytes(String(n).padStart(40, '0'))],
  ])('holds its share of %s', (_, name) => {
    for (const [share, seed] of [
      [0.5, 0],
      [0.1, 7],
      [0.01, 3],
    ] as const) {
      const count = range(50_000).filter((n) => isInSample(name(n), { share, seed })).length;
      // Five standard deviations of a fair draw.
      expect(Math.abs(count - 50_000 * share)).toBeLessThan(5 * Math.sqrt(50_000 * share * (1 - share)));
    }
  });

  it('is the same for the same seed, another for another, and a larger share holds a smaller', () => {
    const names = range(20_000).map((n) => bytes(`key-${n}`));
    const draw = (share: number, seed: number) => names.filter((name) => isInSample(name, { share, seed }));
    expect(draw(0.1, 1)).toEqual(draw(0.1, 1));
    const both = draw(0.1, 1).filter((name) => isInSample(name, { share: 0.1, seed: 2 }));
    expect(both.length).toBeGreaterThan(100);
    expect(both.length).toBeLessThan(320);
    for (const name of draw(0.1, 1)) expect(isInSample(name, { share: 0.2, seed: 1 })).toBe(true);
  });

  it('is no sample when it is everything', () => {
    expect(sampleOf({})).toBeUndefined();
    expect(sampleOf({ sampleShare: 1 })).toBeUndefined();
    expect(sampleOf({ sampleShare: 0.2 })).toEqual({ share: 0.2, seed: 0 });
  });

  it('is written down in the checkpoint', () => {
    const sample = { share: 0.25, seed: 9 };
    const again = fromCheckpoint(JSON.parse(JSON.stringify(toCheckpoint(freshState(sample)))));
    expect(isSameSample(again.sample, sample)).toBe(true);
    expect(isSameSample(again.sample, { ...sample, seed: 8 })).toBe(false);
    expect(isSameSample(again.sample, undefined)).toBe(false);
    expect(fromCheckpoint(toCheckpoint(freshState())).sample).toBeUndefined();
  });

  it('is nothing to repair by', () => {
    expect(() => resolveRepairOptions({ sampleShare: 0.5 } as object)).toThrow(/sampleShare/);
  });
});

describe('what a sample says about all keys', () => {
  it('is the rule of three when nothing differed', () => {
    for (const keys of [100, 10_000, 3_000_000]) {
      const bound = atMostDiffering({ keys, differing: 0 }, 0.95);
      expect(bound).toBeCloseTo(1 - 0.05 ** (1 / keys), 12);
      expect(bound).toBeLessThan(3 / keys);
    }
  });

  /** Tables of exact one-sided 95 % limits. */
  it.each([
    [1, 10, 0.3942],
    [5, 10, 0.7776],
    [5, 100, 0.1023],
    [10, 100, 0.1637],
  ])('is the exact limit when %i of %i differed', (differing, keys, limit) => {
    expect(atMostDiffering({ keys, differing }, 0.95)).toBeCloseTo(limit, 4);
  });

  it('stays near the normal limit with many differences of many keys', () => {
    const share = atMostDiffering({ keys: 1_000_000, differing: 100_000 }, 0.95);
    expect(share).toBeCloseTo(0.1 + 1.645 * Math.sqrt((0.1 * 0.9) / 1_000_000), 5);
  });

  it('is everything when every key differed, when none was looked at, and when it ended early', () => {
    expect(atMostDiffering({ keys: 5, differing: 5 }, 0.95)).toBe(1);
    expect(atMostDiffering({ keys: 0, differing: 0 }, 0.95)).toBe(1);
    const seen = { keys: 1_000, differing: 0, complete: false };
    expect(reportSample({ share: 0.1, seed: 0 }, seen).atMostDiffering).toBe(1);
  });

  it('is right in at least 95 of 100 samples', () => {
    const names = range(4_000).map((n) => bytes(`customer:${n}`));
    const differing = new Set(range(40).map((n) => `customer:${n * 100}`));
    const right = range(300).filter((seed) => {
      const drawn = names.filter((name) => isInSample(name, { share: 0.1, seed }));
      const found = drawn.filter((name) => differing.has(name.toString())).length;
      return atMostDiffering({ keys: drawn.length, differing: found }, 0.95) >= 0.01;
    });
    expect(right.length / 300).toBeGreaterThanOrEqual(0.95);
  });
});
