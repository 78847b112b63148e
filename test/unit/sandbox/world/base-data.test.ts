import { expect, test } from 'vitest';
import { type BaseKey, baseData } from '../../../../src/sandbox/world/base-data.ts';
import { differenceOf } from '../../../../src/sandbox/world/compare-base-data.ts';

test('the same seed gives the same data, another seed another', () => {
  const first = [...baseData({ keys: 300, seed: 1 })];
  expect([...baseData({ keys: 300, seed: 1 })]).toEqual(first);
  expect([...baseData({ keys: 300, seed: 2 })]).not.toEqual(first);
});

test('all types are there in their shares, a fifth of the keys expire, a few are big', () => {
  const keys = [...baseData({ keys: 10_000, seed: 1 })];
  const share = (kind: string) => keys.filter((key) => key.kind === kind).length / keys.length;
  expect(share('string')).toBeCloseTo(0.7, 1);
  expect(share('hash')).toBeCloseTo(0.1, 1);
  expect(share('list')).toBeCloseTo(0.08, 1);
  expect(share('set')).toBeCloseTo(0.06, 1);
  expect(share('zset')).toBeCloseTo(0.06, 1);
  expect(keys.filter(({ ttlSeconds }) => ttlSeconds !== undefined).length).toBeGreaterThan(1_900);
  expect(Math.min(...keys.flatMap(({ ttlSeconds }) => ttlSeconds ?? []))).toBeGreaterThanOrEqual(3_600);
  expect(keys.filter(({ elements }) => elements.length >= 2_000).map(({ kind }) => kind)).toEqual([
    'hash',
    'list',
    'set',
    'zset',
  ]);
  expect(new Set(keys.map(({ name }) => name)).size).toBe(10_000);
});

const list: BaseKey = { name: 'k', kind: 'list', elements: ['a', 'b'], ttlSeconds: undefined };
const hash: BaseKey = { name: 'k', kind: 'hash', elements: ['f', '1', 'g', '2'], ttlSeconds: 3_600 };
const zset: BaseKey = { name: 'k', kind: 'zset', elements: ['m', '1.5'], ttlSeconds: undefined };
const fresh = { elapsedMs: 10_000, ttlMs: -1 };

test.each([
  ['the same list', list, { ...fresh, elements: ['a', 'b'] }, undefined],
  ['a list in another order', list, { ...fresh, elements: ['b', 'a'] }, 'another value'],
  ['a list that is gone', list, { ...fresh, elements: [] }, 'missing'],
  ['a list that expires', list, { ...fresh, ttlMs: 5, elements: ['a', 'b'] }, 'expires and should not'],
  [
    'a hash in another order',
    hash,
    { elapsedMs: 10_000, ttlMs: 3_590_000, elements: ['g', '2', 'f', '1'] },
    undefined,
  ],
  [
    'a hash with swapped values',
    hash,
    { elapsedMs: 0, ttlMs: 3_600_000, elements: ['f', '2', 'g', '1'] },
    'another value',
  ],
  [
    'a hash that lost its expiry',
    hash,
    { ...fresh, elements: ['f', '1', 'g', '2'] },
    'does not expire and should',
  ],
  [
    'a hash that lives too long',
    hash,
    { elapsedMs: 10_000, ttlMs: 3_600_000, elements: ['f', '1', 'g', '2'] },
    'expires at another time',
  ],
  ['a score written otherwise', zset, { ...fresh, elements: ['m', '1.50'] }, undefined],
  ['another score', zset, { ...fresh, elements: ['m', '2'] }, 'another value'],
])('%s', (...[, key, found, difference]) => {
  expect(differenceOf(key, found)).toBe(difference);
});
