import { describe, expect, it } from 'vitest';
import { haveSameMembers } from '../../../src/compare/values/same-members.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A last page of SSCAN. */
function page(members: readonly string[]): Buffer {
  const bulks = members.map((member) => `$${member.length}\r\n${member}\r\n`).join('');
  return Buffer.from(`*2\r\n$1\r\n0\r\n*${members.length}\r\n${bulks}`, 'latin1');
}

const same = (source: readonly string[], target: readonly string[]) =>
  haveSameMembers(page(source), page(target));

describe('two pages of members', () => {
  it.each([0, 1, 2, 20, 1_000, 5_000])('are the same in any order: %i members', (count) => {
    const members = range(count).map((n) => `member-${n}`);
    expect(same(members, [...members].reverse())).toBe(true);
  });

  it('are not when one member is another of the same length, wherever it stands', () => {
    const members = range(1_500).map((n) => `member-${String(n).padStart(4, '0')}`);
    for (const at of [0, 749, 1_499]) {
      const other = [...members].reverse();
      other[at] = 'member-9999';
      expect(same(members, other)).toBe(false);
    }
  });

  it('are not when one names a member twice in place of another', () => {
    expect(same(['aa', 'bb', 'cc'], ['aa', 'aa', 'cc'])).toBe(false);
    expect(same(['aa', 'aa', 'cc'], ['aa', 'bb', 'cc'])).toBe(false);
    expect(same(['aa', 'bb', 'aa'], ['aa', 'aa', 'bb'])).toBe(true);
  });

  it('are told apart by every byte of long and binary members', () => {
    const long = 'x'.repeat(100);
    expect(same([`${long}a`, `${long}b`], [`${long}b`, `${long}a`])).toBe(true);
    expect(same([`${long}a`, `${long}b`], [`${long}b`, `${long}c`])).toBe(false);
    expect(same(['\r\n$1', '\u0000\u00ff'], ['\u0000\u00ff', '\r\n$1'])).toBe(true);
  });

  it('of other lengths are not looked at', () => {
    expect(same(['a'], ['ab'])).toBe(false);
    expect(same(['ab', 'c'], ['a', 'bc'])).toBe(false);
  });
});
