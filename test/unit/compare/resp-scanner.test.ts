import { describe, expect, it } from 'vitest';
import type { RawReply } from '../../../src/compare/wire/raw-reply.ts';
import { ReplyBlock } from '../../../src/compare/wire/reply-block.ts';
import {
  decodeReply,
  elementsOf,
  errorOf,
  integerOf,
  lengthOf,
  scanPageOf,
} from '../../../src/compare/wire/resp-reply.ts';
import { ReplyScanner } from '../../../src/compare/wire/resp-scanner.ts';

const LIMIT = 1_000_000;
const STREAM = [
  '+OK\r\n',
  '-ERR no\r\n',
  ':-12\r\n',
  '$5\r\na\r\nb\0\r\n',
  '$0\r\n\r\n',
  '$-1\r\n',
  '*0\r\n',
  '*-1\r\n',
  '*3\r\n$1\r\n*\r\n:7\r\n*2\r\n$-1\r\n*0\r\n',
  '*2\r\n$1\r\n0\r\n*2\r\n$3\r\n$1\r\r\n$2\r\n\r\n\r\n',
];

const ENOUGH = 100;

/** The replies that these chunks complete, read into this block. */
function scan(chunks: Iterable<Buffer>, limit = LIMIT, block = new ReplyBlock()): RawReply[] {
  const scanner = new ReplyScanner(limit);
  scanner.begin(block, ENOUGH);
  for (const chunk of chunks) scanner.push(chunk);
  return Array.from({ length: block.count }, (_, index) => block.raw(index));
}

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

describe('the reply scanner', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'finds the same replies in chunks of %i bytes',
    (size) => {
      const replies = scan(cut(Buffer.from(STREAM.join(''), 'latin1'), size));
      expect(replies.map((raw) => (Buffer.isBuffer(raw) ? raw.toString('latin1') : raw))).toEqual(STREAM);
    },
  );

  it('holds back a reply until its last byte is there', () => {
    const bytes = Buffer.from('*2\r\n$3\r\nabc\r\n:1\r\n');
    for (let length = 0; length < bytes.length; length += 1)
      expect(scan([bytes.subarray(0, length)])).toEqual([]);
  });

  it.each([7, 1_000, 65_536])('hashes and drops a reply above the limit, in chunks of %i bytes', (size) => {
    const large = Buffer.concat([
      Buffer.from('$200000\r\n'),
      Buffer.alloc(200_000, 'x'),
      Buffer.from('\r\n'),
    ]);
    const replies = scan(cut(Buffer.concat([large, Buffer.from('+NEXT\r\n'), large]), size), 70_000);
    expect(replies).toHaveLength(3);
    expect(replies[0]).toMatchObject({ bytes: large.length });
    expect(replies[2]).toEqual(replies[0]);
    expect(replies[1]).toEqual(Buffer.from('+NEXT\r\n'));
  });

  it('drops what a block has no room for, and keeps what is small enough', () => {
    const large = (letter: string) => `$500\r\n${letter.repeat(500)}\r\n`;
    const bytes = Buffer.from(`${large('a')}${large('b')}:12\r\n`);
    for (const size of [1, 30, 600, 5_000]) {
      const block = new ReplyBlock(600);
      const [first, second, third] = scan(cut(bytes, size), LIMIT, block);
      expect(String(first)).toBe(large('a'));
      expect(second).toMatchObject({ bytes: 508 });
      expect(String(third)).toBe(':12\r\n');
      expect([block.kindOf(0), block.kindOf(1), block.kindOf(2)]).toEqual([36, 0, 58]);
    }
  });

  it('gives back what lies behind the last reply it waits for, and can be filled again', () => {
    const block = new ReplyBlock();
    const scanner = new ReplyScanner(LIMIT);
    scanner.begin(block, 2);
    expect(String(scanner.push(Buffer.from('+A\r\n:12\r\n+C\r')))).toBe('+C\r');
    expect(scanner.isWaiting).toBe(false);
    expect([String(block.raw(0)), block.integerAt(0), block.integerAt(1)]).toEqual(['+A\r\n', undefined, 12]);
    scanner.begin(block, 1);
    expect(scanner.push(Buffer.from('+C\r'))).toBeUndefined();
    expect(block.count).toBe(0);
    expect(scanner.push(Buffer.from('\n'))).toBeUndefined();
    expect([block.count, String(block.raw(0))]).toEqual([1, '+C\r\n']);
    expect(() => scanner.push(Buffer.from('+D\r\n'))).toThrow(
      expect.objectContaining({ code: 'COMPARE_PROTOCOL' }),
    );
  });

  it.each(['HTTP/1.1 400\r\n', '$x\r\n', '*1x\r\n', '%1\r\n', '\r\n'])(
    'refuses bytes that are not Redis: %j',
    (text) => {
      expect(() => scan([Buffer.from(text)])).toThrow(expect.objectContaining({ code: 'COMPARE_PROTOCOL' }));
    },
  );

  it('refuses a line without end', () => {
    const endless = Buffer.concat([Buffer.from('+'), Buffer.alloc(200_000, 'x')]);
    expect(() => scan(cut(endless, 65_536))).toThrow(expect.objectContaining({ code: 'COMPARE_PROTOCOL' }));
  });
});

describe('a block of replies', () => {
  const blockOf = (...replies: RawReply[]) => {
    const block = new ReplyBlock();
    for (const reply of replies) block.add(reply);
    return block;
  };

  it('tells equal replies from others, also between blocks, and never calls a dropped one equal', () => {
    const dropped = { bytes: 5, sha256: 'x' };
    const left = blockOf(Buffer.from('$1\r\na\r\n'), Buffer.from(':1\r\n'), dropped);
    const right = blockOf(dropped, Buffer.from('$1\r\nb\r\n'), Buffer.from('$1\r\na\r\n'));
    expect(left.isSame(0, right, 2)).toBe(true);
    expect(left.isSame(0, right, 1)).toBe(false);
    expect(left.isSame(1, right, 1)).toBe(false);
    expect(left.isSame(2, right, 0)).toBe(false);
    expect(left.raw(2)).toEqual(dropped);
  });
});

describe('reading a raw reply', () => {
  const raw = (text: string) => Buffer.from(text, 'latin1');

  it('decodes nested arrays, nil and binary strings', () => {
    expect(decodeReply(raw('*3\r\n$1\r\n*\r\n:7\r\n*2\r\n$-1\r\n*0\r\n'))).toEqual([
      Buffer.from('*'),
      7,
      [null, []],
    ]);
    expect(decodeReply(raw('$5\r\na\r\nb\0\r\n'))).toEqual(Buffer.from('a\r\nb\0'));
  });

  it('tells the kinds apart without decoding', () => {
    expect(errorOf(raw('-WRONGTYPE Operation against\r\n'))).toMatchObject({ code: 'WRONGTYPE' });
    expect(errorOf(raw('$3\r\n-no\r\n'))).toBeUndefined();
    expect(integerOf(raw(':-2\r\n'))).toBe(-2);
    expect(integerOf(raw('$1\r\n1\r\n'))).toBeUndefined();
    expect(lengthOf(raw('*12\r\n'))).toBe(12);
    expect(lengthOf(raw('$-1\r\n'))).toBe(-1);
    expect(elementsOf(raw('*2\r\n$-1\r\n$1\r\na\r\n'))).toEqual([null, Buffer.from('a')]);
    expect(elementsOf(raw('-ERR\r\n'))).toBeUndefined();
    expect(scanPageOf(raw('*2\r\n$2\r\n17\r\n*1\r\n$1\r\na\r\n'))).toEqual({
      cursor: '17',
      elements: [Buffer.from('a')],
    });
    expect(scanPageOf(raw('*1\r\n$2\r\n17\r\n'))).toBeUndefined();
  });
});
