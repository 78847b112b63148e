import { describe, expect, it } from 'vitest';
import { approvalFactsSchema, changedFacts, digestOf, shortDigest } from '../../../src/upgrade/plan.ts';
import { FACTS } from './samples.ts';

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, entry]) => [key, reversed(entry)]));
}

describe('the digest', () => {
  it('does not depend on the order of keys, nor on a field that is undefined', () => {
    expect(digestOf(reversed(FACTS))).toBe(digestOf(FACTS));
    expect(digestOf({ ...FACTS, more: undefined })).toBe(digestOf(FACTS));
  });

  it('survives the way through the store', () => {
    expect(digestOf(approvalFactsSchema.parse(JSON.parse(JSON.stringify(FACTS))))).toBe(digestOf(FACTS));
  });

  it('is the same on every machine and in every version', () => {
    expect(digestOf({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
      'f124912702a4df295dd1287de9a38d9144a0910b9ffde3ff7be7b830370ad065',
    );
  });

  it.each([
    ['the address that moves', { ...FACTS, oldAddress: { ip: '10.0.0.6', port: 6379 } }],
    ['the parking address', { ...FACTS, parkingAddress: { ip: '10.0.0.98', port: 6379 } }],
    ['the target', { ...FACTS, target: { ...FACTS.target, id: 'crs-other' } }],
    ['a security group', { ...FACTS, source: { ...FACTS.source, securityGroups: ['sg-1'] } }],
    ['the number of differences', { ...FACTS, differences: 1 }],
    ['the order of a list', { ...FACTS, source: { ...FACTS.source, securityGroups: ['sg-2', 'sg-1'] } }],
  ])('is another one for another value of %s', (_what, facts) => {
    expect(digestOf(facts)).not.toBe(digestOf(FACTS));
  });

  it('tells a string from a number, and a list from its text', () => {
    expect(digestOf({ a: '1' })).not.toBe(digestOf({ a: 1 }));
    expect(digestOf({ a: ['1'] })).not.toBe(digestOf({ a: '["1"]' }));
  });

  it('is shortened to what two people can read to each other', () => {
    expect(shortDigest(digestOf(FACTS))).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('the facts that changed', () => {
  it('are none when nothing changed, in whatever order it is told', () => {
    expect(changedFacts(FACTS, reversed(FACTS))).toEqual([]);
  });

  it('are named by path with both values', () => {
    const after = { ...FACTS, target: { ...FACTS.target, address: { ip: '10.0.0.7', port: 6380 } } };
    expect(changedFacts(FACTS, after)).toEqual(['target.address.ip: "10.0.1.8" became "10.0.0.7"']);
  });

  it('include what is new and what is gone, and show a list whole', () => {
    expect(changedFacts({ a: 1, same: 1 }, { b: [1, 2], same: 1 })).toEqual([
      'a: 1 became null',
      'b: null became [1,2]',
    ]);
  });

  it('are named exactly when the digest differs', () => {
    const after = { ...FACTS, differences: 3 };
    expect(changedFacts(FACTS, after)).toEqual(['differences: 0 became 3']);
    expect(digestOf(after)).not.toBe(digestOf(FACTS));
  });
});
