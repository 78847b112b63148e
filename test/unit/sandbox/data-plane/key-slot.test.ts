import { describe, expect, it } from 'vitest';
import { splitByKey } from '../../../../src/sandbox/cloud/data-plane/proxy/aggregate-across-slots.ts';
import { keySlot } from '../../../../src/sandbox/cloud/data-plane/resp/key-slot.ts';

const slot = (key: string) => keySlot(Buffer.from(key));
const buffers = (...words: string[]) => words.map((word) => Buffer.from(word));

describe('keySlot', () => {
  // Figures of CLUSTER KEYSLOT.
  it.each([
    ['', 0],
    ['foo', 12182],
    ['123456789', 12739],
    ['{user1000}.following', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
  ])('puts %j into slot %i', (key, expected) => {
    expect(slot(key)).toBe(expected);
  });

  it('keeps keys with one hash tag together', () => {
    expect(slot('{user1000}.following')).toBe(slot('{user1000}.followers'));
  });
});

describe('splitByKey', () => {
  it('splits what the cloud aggregates into one command a key', () => {
    expect(splitByKey('mset', buffers('MSET', 'a', '1', 'b', '2'))).toEqual([
      buffers('MSET', 'a', '1'),
      buffers('MSET', 'b', '2'),
    ]);
    expect(splitByKey('del', buffers('DEL', 'a', 'b'))).toEqual([buffers('DEL', 'a'), buffers('DEL', 'b')]);
  });

  it('leaves alone what is in one slot, has one key, is malformed or may not cross slots', () => {
    expect(splitByKey('del', buffers('DEL', '{t}a', '{t}b'))).toBeUndefined();
    expect(splitByKey('del', buffers('DEL', 'a'))).toBeUndefined();
    expect(splitByKey('mset', buffers('MSET', 'a', '1', 'b'))).toBeUndefined();
    expect(splitByKey('rename', buffers('RENAME', 'a', 'b'))).toBeUndefined();
  });
});
