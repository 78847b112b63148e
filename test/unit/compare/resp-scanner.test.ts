import { describe, expect, it } from 'vitest';
import {
  decodeReply,
  elementsOf,
  errorOf,
  integerOf,
  lengthOf,
  scanPageOf,
} from '../../../src/compare/resp-reply.ts';
import { type RawReply, ReplyScanner } from '../../../src/compare/resp-scanner.ts';

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

function scan(chunks: Iterable<Buffer>, limit = LIMIT): RawReply[] {
  const replies: RawReply[] = [];
  const scanner = new ReplyScanner(limit, (raw) => replies.push(raw));
  for (const chunk of chunks) scanner.push(chunk);
  return replies;
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
