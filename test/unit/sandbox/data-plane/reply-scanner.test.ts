import { describe, expect, it } from 'vitest';
import { ReplyScanner } from '../../../../src/sandbox/cloud/data-plane/resp/reply-scanner.ts';

const replies = [
  '+OK\r\n',
  '-ERR no\r\n',
  ':12\r\n',
  '$-1\r\n',
  '$0\r\n\r\n',
  '$6\r\n+OK\r\n*\r\n',
  '*-1\r\n',
  '*0\r\n',
  '*3\r\n$7\r\nmessage\r\n*2\r\n:1\r\n$2\r\n\r\n\r\n+x\r\n',
  '_\r\n',
  '#t\r\n',
  ',3.14\r\n',
  '(349999999999999999999\r\n',
  '=7\r\ntxt:abc\r\n',
  '!5\r\nERR x\r\n',
  '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n',
  '~2\r\n:1\r\n:2\r\n',
  '|1\r\n+ttl\r\n:5\r\n*2\r\n:1\r\n:2\r\n',
  '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n',
];
const bytes = Buffer.from(replies.join(''));

function scan(chunks: readonly Buffer[]): { text: string; type: string; firstElement: string }[] {
  const scanner = new ReplyScanner();
  const found: { text: string; type: string; firstElement: string }[] = [];
  let text = '';
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      const end = scanner.scan(chunk, at);
      text += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
      if (end < 0) break;
      found.push({ text, type: String.fromCharCode(scanner.type), firstElement: scanner.firstElement });
      text = '';
      at = end;
    }
  }
  expect(scanner.atBoundary()).toBe(true);
  return found;
}

describe('ReplyScanner', () => {
  const whole = scan([bytes]);

  it('finds every top-level reply of RESP2 and RESP3', () => {
    expect(whole.map(({ text }) => text)).toEqual(replies);
    expect(whole.map(({ type }) => type)).toEqual(replies.map((reply) => reply.charAt(0)));
  });

  it('tells the kind of a list or push by its first element', () => {
    expect(
      whole.filter(({ firstElement }) => firstElement !== '').map(({ firstElement }) => firstElement),
    ).toEqual(['message', 'invalidate']);
  });

  it('finds the same wherever the bytes are split', () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(scan([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
    expect(scan(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('throws at bytes that are no reply', () => {
    expect(() => new ReplyScanner().scan(Buffer.from('HTTP/1.1'), 0)).toThrow('unknown type');
  });
});
