import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../../../src/sandbox/cloud/data-plane/resp/encode-command.ts';
import {
  ProtocolError,
  RequestParser,
} from '../../../../src/sandbox/cloud/data-plane/resp/request-parser.ts';

function parse(chunks: readonly Buffer[]): Buffer[][] {
  const parser = new RequestParser();
  const requests: Buffer[][] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    while (parser.next()) requests.push(parser.arguments().map((argument) => Buffer.from(argument)));
  }
  expect(parser.pendingBytes()).toBe(0);
  return requests;
}

const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const pipeline = Buffer.concat([
  encodeCommand(['SET', 'key', binary]),
  Buffer.from('PING\r\n'),
  Buffer.from('\r\n*0\r\n*-1\r\n'),
  encodeCommand(['GET', '']),
  Buffer.from(`SET "a b" 'c\\'d' "\\x41\\n"\n`),
  encodeCommand(['MSET', '*1\r\n$4\r\nPING\r\n', '$-1\r\n']),
]);
const expected = [
  [Buffer.from('SET'), Buffer.from('key'), binary],
  [Buffer.from('PING')],
  [Buffer.from('GET'), Buffer.alloc(0)],
  [Buffer.from('SET'), Buffer.from('a b'), Buffer.from("c'd"), Buffer.from('A\n')],
  [Buffer.from('MSET'), Buffer.from('*1\r\n$4\r\nPING\r\n'), Buffer.from('$-1\r\n')],
];

describe('RequestParser', () => {
  it('finds the same requests wherever the bytes are split in two', () => {
    for (let at = 0; at <= pipeline.length; at++) {
      expect(parse([pipeline.subarray(0, at), pipeline.subarray(at)])).toEqual(expected);
    }
  });

  it('finds the same requests when every byte comes by itself', () => {
    expect(parse(Array.from(pipeline, (byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('hands out a request as the bytes that were sent', () => {
    const parser = new RequestParser();
    const first = encodeCommand(['SET', 'k', 'v']);
    const second = encodeCommand(['GET', 'k']);
    parser.push(Buffer.concat([first, second]));
    parser.next();
    expect(parser.buffer.subarray(parser.start, parser.end)).toEqual(first);
    parser.next();
    expect(parser.buffer.subarray(parser.start, parser.end)).toEqual(second);
    expect(parser.next()).toBe(false);
  });

  it('keeps bytes that it handed out untouched while it takes in more', () => {
    const parser = new RequestParser();
    const bytes = Buffer.concat(
      Array.from({ length: 500 }, (_, i) => encodeCommand(['SET', `key-${i}`, 'x'.repeat(i)])),
    );
    const handedOut: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 97) {
      parser.push(bytes.subarray(at, at + 97));
      while (parser.next()) handedOut.push(parser.buffer.subarray(parser.start, parser.end));
    }
    expect(Buffer.concat(handedOut).equals(bytes)).toBe(true);
  });

  it.each([
    ['*x\r\n', 'invalid multibulk length'],
    ['*9999999999\r\n', 'invalid multibulk length'],
    ['*1\r\n:1\r\n', "expected '$', got ':'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$999999999999\r\n', 'invalid bulk length'],
    ['SET "a\r\n', 'unbalanced quotes'],
  ])('refuses %j as Redis does', (bytes, message) => {
    const parser = new RequestParser();
    parser.push(Buffer.from(bytes));
    expect(() => parser.next()).toThrow(ProtocolError);
    expect(() => parser.next()).toThrow(message);
  });

  it('refuses a line without an end instead of collecting it', () => {
    const parser = new RequestParser();
    parser.push(Buffer.alloc(70_000, 'a'));
    expect(() => parser.next()).toThrow('too big inline request');
  });
});
