import { describe, expect, it } from 'vitest';
import { NameList } from '../../../src/compare/wire/name-list.ts';
import { CommandWriter, elementTemplate, encodeCommands } from '../../../src/compare/wire/resp-commands.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const BINARY = Buffer.from([0, 13, 10, 36, 255]);

function pageOf(cursor: string, names: readonly Buffer[]): NameList {
  const list = new NameList();
  const page = [
    bytes(`*2\r\n$${cursor.length}\r\n${cursor}\r\n*${names.length}\r\n`),
    ...names.flatMap((name) => [bytes(`$${name.length}\r\n`), name, bytes('\r\n')]),
  ];
  list.emptied().add(Buffer.concat(page));
  expect(list.takePage()).toBe(cursor);
  return list;
}

describe('a list of names', () => {
  const names = [bytes('a'), BINARY, bytes(''), bytes('x'.repeat(1_000))];

  it('holds the names of a page, whatever bytes they are', () => {
    const list = pageOf('170', names);
    expect(list.count).toBe(4);
    expect(list.toArray()).toEqual(names);
  });

  it('can be filled from keys, and is then another one', () => {
    const list = NameList.of([bytes('before')]);
    list.fill(names);
    expect(list.toArray()).toEqual(names);
    list.fill([]);
    expect(list.count).toBe(0);
  });

  it('keeps some of them in their order', () => {
    const list = pageOf('0', [bytes('a1'), bytes('b1'), bytes('a2'), bytes('b2')]);
    list.keepIf((all, start) => all[start] === 'b'.charCodeAt(0));
    expect(list.toArray()).toEqual([bytes('b1'), bytes('b2')]);
  });

  it('has parts, which are not disturbed by one another', () => {
    const list = pageOf('0', [bytes('a'), bytes('b'), bytes('c')]);
    const [first, last] = [list.part(0, 2), list.part(2, 9)];
    expect(first.toArray()).toEqual([bytes('a'), bytes('b')]);
    expect(last.toArray()).toEqual([bytes('c')]);
    expect(list.part(3, 9).count).toBe(0);
  });

  it.each([
    '-ERR no\r\n',
    ':1\r\n',
    '*1\r\n$1\r\n0\r\n',
    '*2\r\n:1\r\n*0\r\n',
    '*2\r\n$1\r\n0\r\n$1\r\nx\r\n',
  ])('is empty after what is no page: %j', (reply) => {
    const list = pageOf('0', names);
    list.emptied().add(bytes(reply));
    expect(list.takePage()).toBeUndefined();
    expect(list.count).toBe(0);
  });

  it('is written into commands as if each name had been spelled out', () => {
    const list = pageOf('0', names);
    const writer = new CommandWriter();
    const question = elementTemplate('SISMEMBER', BINARY);
    for (let index = 0; index < list.count; index += 1) writer.addAround(question, list, index);
    expect(writer.finish()).toEqual(encodeCommands(names.map((name) => ['SISMEMBER', BINARY, name])));
    writer.clear();
    writer.addList(['HMGET', BINARY], list, 2);
    writer.addList(['SMISMEMBER', BINARY], list, 1);
    const [first = '', , third = ''] = names;
    expect(writer.finish()).toEqual(
      encodeCommands([
        ['HMGET', BINARY, first, third],
        ['SMISMEMBER', BINARY, ...names],
      ]),
    );
  });
});
