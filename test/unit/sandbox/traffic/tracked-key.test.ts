import { describe, expect, test } from 'vitest';
import {
  type KeyKind,
  lostOf,
  newKey,
  payloadOf,
  type TrackedKey,
} from '../../../../src/sandbox/traffic/tracked-key.ts';

function keyWith(kind: KeyKind, ...tokens: string[]): TrackedKey {
  const key = newKey('app:key', kind);
  for (const token of tokens) key.tokens.add(token);
  return key;
}

const whole: [KeyKind, unknown][] = [
  ['string', payloadOf('1.a')],
  ['hash', { '1.a': payloadOf('1.a') }],
  ['list', ['1.a']],
  ['set', ['1.a']],
  ['zset', ['1.a', '10']],
];

const damaged: [string, KeyKind, unknown][] = [
  ['a missing string', 'string', null],
  ['a string with another value', 'string', payloadOf('1.b')],
  ['a string that was cut', 'string', payloadOf('1.a').slice(0, -1)],
  ['a missing field', 'hash', { '1.b': payloadOf('1.b') }],
  ['a field with a changed value', 'hash', { '1.a': 'other' }],
  ['a missing list element', 'list', ['1.b']],
  ['a missing member', 'set', []],
  ['a changed score', 'zset', ['1.a', '11']],
];

describe('looking a key up', () => {
  test.each(whole)('a whole %s has lost nothing', (kind, reply) => {
    expect(lostOf(keyWith(kind, '1.a'), reply, undefined)).toEqual([]);
  });

  test.each(damaged)('%s is a lost write', (_, kind, reply) => {
    expect(lostOf(keyWith(kind, '1.a'), reply, undefined)).toEqual(['1.a']);
  });

  test('elements that nobody acknowledged are no fault: their writer never heard', () => {
    expect(lostOf(keyWith('set', '1.a'), ['1.a', '1.b'], undefined)).toEqual([]);
  });

  test('a lost write shows although others came after it', () => {
    expect(lostOf(keyWith('list', '1.a', '1.b', '1.c'), ['1.a', '1.c'], undefined)).toEqual(['1.b']);
  });

  test('a key that lost its time to live has lost its write', () => {
    const key = newKey('app:session', 'string', true);
    key.tokens.add('1.a');
    expect(lostOf(key, payloadOf('1.a'), 80_000)).toEqual([]);
    expect(lostOf(key, payloadOf('1.a'), -1)).toEqual(['1.a']);
  });

  test('a counter below the highest acknowledged reply lost the difference', () => {
    const key = newKey('app:counter', 'counter');
    key.value = 10;
    expect(lostOf(key, '8', undefined)).toEqual(['increment 9', 'increment 10']);
    expect(lostOf(key, '11', undefined)).toEqual([]);
    expect(lostOf(key, null, undefined)).toHaveLength(10);
  });

  test('a register that went back lost its last value', () => {
    const key = newKey('app:register', 'register');
    key.value = 7;
    expect(lostOf(key, '6', undefined)).toEqual(['value 7']);
  });

  test('a deleted key that is there is a lost deletion', () => {
    const key = keyWith('string');
    key.state = 'removed';
    expect(lostOf(key, payloadOf('1.a'), undefined)).toEqual(['DEL']);
    expect(lostOf(key, null, undefined)).toEqual([]);
  });

  test('a key whose deletion was not acknowledged is whole or gone, nothing between', () => {
    const key = keyWith('set', '1.a', '1.b');
    key.state = 'removing';
    expect(lostOf(key, [], undefined)).toEqual([]);
    expect(lostOf(key, ['1.a', '1.b'], undefined)).toEqual([]);
    expect(lostOf(key, ['1.a'], undefined)).toEqual(['1.b']);
  });
});
