import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DifferenceKind } from '../../../src/compare/difference.ts';
import type { Command } from '../../../src/compare/resp-commands.ts';
import { RedisErrorReply } from '../../../src/compare/resp-reply.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { QUICK, runComparison } from './run-comparison.ts';

let source: TestServer;
let target: TestServer;

beforeAll(async () => {
  // Other thresholds on the target: the same data is held in other encodings there.
  const encodings = ['hash-max-listpack-entries', 'zset-max-listpack-entries', 'set-max-intset-entries'];
  const small = encodings.flatMap((name) => [`--${name}`, '2']);
  [source, target] = await Promise.all([startRedis(), startRedis(...small, '--list-max-listpack-size', '4')]);
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});
beforeEach(async () => {
  await run(source, [['FLUSHALL']]);
  await run(target, [['FLUSHALL']]);
  await both(seed());
});

async function run(server: TestServer, commands: Command[]): Promise<void> {
  const replies = await Promise.all([
    server.client.command('SELECT', '0'),
    ...commands.map((command) => server.client.command(...command)),
  ]);
  for (const reply of replies) if (reply instanceof RedisErrorReply) throw new Error(reply.message);
}

async function both(commands: Command[]): Promise<void> {
  await Promise.all([run(source, commands), run(target, commands)]);
}

const BINARY = Buffer.from([0, 13, 10, 255, 36, 42, 0, 200]);
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** One key of every type in every size class: small, larger than a page, and odd. Pages in these tests have 100 elements. */
function seed(): Command[] {
  return [
    ['SET', 'string', 'value'],
    ['SET', 'empty', ''],
    ['SET', BINARY, BINARY],
    ['SET', 'crlf\r\nkey', 'crlf\r\nvalue'],
    ['SET', 'number', '12345'],
    ['SET', 'big-string', Buffer.alloc(5_000, 'abcdefg')],
    ['SET', 'lasting', 'x'],
    ['SET', 'expiring', 'x', 'PX', '3600000'],
    ['SET', 'page-string', Buffer.alloc(2_048, 'q')],
    ['RPUSH', 'list', 'a', 'b', 'c', '', BINARY],
    ['RPUSH', 'big-list', ...range(1_000).map((n) => `element-${n}`)],
    ['RPUSH', 'page-list', ...range(100).map((n) => `element-${n}`)],
    ['SADD', 'set', 'a', 'b', '', BINARY],
    ['SADD', 'ints', '1', '2', '3', '4', '5'],
    ['SADD', 'big-set', ...range(1_000).map((n) => `member-${n}`)],
    ['ZADD', 'zset', '1', 'a', '2.5', 'b', '0.1', '', '-inf', BINARY, '+inf', 'z', '1e300', 'huge'],
    ['ZADD', 'big-zset', ...range(1_000).flatMap((n) => [`${n / 3}`, `member-${n}`])],
    ['HSET', 'hash', 'f', 'v', '', '', BINARY, BINARY, 'g', 'w'],
    ['HSET', 'big-hash', ...range(1_000).flatMap((n) => [`field-${n}`, `value-${n}`])],
    ['XADD', 'stream', '1-1', 'f', 'v'],
    ['XADD', 'stream', '2-1', 'f', 'v2'],
    ['XGROUP', 'CREATE', 'stream', 'group', '1-1'],
    ...range(300).map((n) => ['XADD', 'big-stream', `${n + 1}-0`, 'f', `v${n}`]),
    ...range(500).map((n) => ['SET', `filler-${n}`, `v${n}`]),
  ];
}

const OPTIONS = { ...QUICK, rounds: 2, pageElements: 100, pageBytes: 2_048, batchKeys: 37 };
const compare = () => runComparison({ source: source.endpoint, target: target.endpoint }, OPTIONS);

describe('a comparison of equal data', () => {
  it('finds nothing, whatever the encodings', async () => {
    const encoding = async (server: TestServer) =>
      String(await server.client.command('OBJECT', 'ENCODING', 'hash'));
    expect(await encoding(source)).not.toBe(await encoding(target));
    const verdict = await compare();
    expect(verdict.examples).toEqual([]);
    expect(verdict).toMatchObject({
      equal: true,
      complete: true,
      differences: 0,
      unsettledKeys: 0,
      movingKeys: [],
    });
    expect(verdict.sourceKeys).toBe(verdict.targetKeys);
    expect(verdict.keysCompared).toBeGreaterThanOrEqual(verdict.sourceKeys);
  });

  const harmless: [string, Command[]][] = [
    ['an expiry one second off', [['PEXPIRE', 'expiring', '3599000']]],
    [
      'a set filled in another order',
      [
        ['DEL', 'set'],
        ['SADD', 'set', BINARY, '', 'b', 'a'],
      ],
    ],
    [
      'a hash filled in another order',
      [
        ['DEL', 'hash'],
        ['HSET', 'hash', 'g', 'w', BINARY, BINARY, '', '', 'f', 'v'],
      ],
    ],
    [
      'a sorted set with scores spelled otherwise',
      [['ZADD', 'zset', '1.000', 'a', '25e-1', 'b', '1e-1', '']],
    ],
    [
      'a number written as a raw string',
      [
        ['SET', 'number', '1'],
        ['APPEND', 'number', '2345'],
      ],
    ],
    [
      'a list that was longer once',
      [
        ['RPUSH', 'list', 'x'],
        ['RPOP', 'list'],
      ],
    ],
    ['a key that expired on the target only just now', [['SET', 'short', 'x', 'PX', '1']]],
    ['a consumer that reads nothing', [['XGROUP', 'CREATECONSUMER', 'stream', 'group', 'idle']]],
  ];
  it.each(harmless)('finds nothing in %s', async (_, commands) => {
    await run(target, commands);
    expect((await compare()).examples).toEqual([]);
  });

  it('settles a key that expires while it is compared', async () => {
    await run(source, [['SET', 'short', 'x', 'PX', '20']]);
    const verdict = await compare();
    expect(verdict).toMatchObject({ equal: true, differences: 0 });
  });
});

type Case = [name: string, kind: DifferenceKind, where: string | RegExp, commands: Command[]];
const onTarget: Case[] = [
  ['a changed string', 'value', 'byte 4', [['SET', 'string', 'valuE']]],
  ['one flipped bit in a big string', 'value', 'byte 3001', [['SETRANGE', 'big-string', '3001', 'X']]],
  ['a longer string', 'length', '5 and 6 bytes', [['APPEND', 'string', '!']]],
  ['a longer big string', 'length', '5000 and 5001 bytes', [['APPEND', 'big-string', '!']]],
  ['a longer string of exactly a page', 'length', '2048 and 2049 bytes', [['APPEND', 'page-string', '!']]],
  ['an empty string that is gone', 'missing', 'the whole key', [['DEL', 'empty']]],
  ['a string that is empty', 'length', '5 and 0 bytes', [['SET', 'string', '']]],
  ['a binary value', 'value', 'byte 1', [['SET', BINARY, Buffer.from([0, 10, 10, 255, 36, 42, 0, 200])]]],
  ['a CRLF in a value', 'value', 'byte 4', [['SET', 'crlf\r\nkey', 'crlf\n\rvalue']]],
  ['a missing key', 'missing', 'the whole key', [['DEL', 'filler-250']]],
  ['a missing big key', 'missing', 'the whole key', [['DEL', 'big-hash']]],
  ['an extra key', 'extra', 'the whole key', [['SET', 'extra', 'x']]],
  ['an extra empty string', 'extra', 'the whole key', [['SET', 'extra', '']]],
  ['an extra binary key', 'extra', 'the whole key', [['SET', Buffer.from([0, 1, 13, 10]), 'x']]],
  ['an extra big key', 'extra', 'the whole key', [['COPY', 'big-set', 'other-set']]],
  ['an extra stream', 'extra', 'the whole key', [['XADD', 'other', '1-1', 'f', 'v']]],
  ['a key swapped for another', 'missing', 'the whole key', [['RENAME', 'filler-3', 'filler-x']]],
  [
    'another type',
    'type',
    'string and list',
    [
      ['DEL', 'string'],
      ['RPUSH', 'string', 'value'],
    ],
  ],
  [
    'another type of a big key',
    'type',
    'set and list',
    [
      ['DEL', 'big-set'],
      ['RPUSH', 'big-set', 'a'],
    ],
  ],
  [
    'a string where a stream was',
    'type',
    'stream and string',
    [
      ['DEL', 'stream'],
      ['SET', 'stream', 'a'],
    ],
  ],
  ['an expiry that is gone', 'ttl', 'expires on the source only', [['PERSIST', 'expiring']]],
  ['an expiry that was not there', 'ttl', 'expires on the target only', [['EXPIRE', 'lasting', '3600']]],
  ['an expiry far later', 'ttl', 'expires later on the target', [['PEXPIRE', 'expiring', '3700000']]],
  ['an expiry far earlier', 'ttl', 'expires earlier on the target', [['PEXPIRE', 'expiring', '3500000']]],
  ['an expiry of a big key', 'ttl', 'expires on the target only', [['EXPIRE', 'big-list', '3600']]],
  ['a list with one element more', 'length', /first unequal index 5/, [['RPUSH', 'list', 'd']]],
  ['a list with one element less', 'length', /first unequal index 0/, [['LPOP', 'list']]],
  [
    'a list in another order',
    'order',
    'index 1',
    [
      ['LSET', 'list', '1', 'c'],
      ['LSET', 'list', '2', 'b'],
    ],
  ],
  ['a list with an empty element filled', 'value', 'index 3', [['LSET', 'list', '3', 'x']]],
  ['an element in the middle of a big list', 'value', 'index 543', [['LSET', 'big-list', '543', 'x']]],
  ['an element appended to a big list', 'length', 'index 1000', [['RPUSH', 'big-list', 'x']]],
  ['an element appended to a list of exactly a page', 'length', 'index 100', [['RPUSH', 'page-list', 'x']]],
  ['a set with a member more', 'element_extra', /^member sha256:/, [['SADD', 'set', 'c']]],
  ['a set with a member less', 'element_missing', /^member sha256:/, [['SREM', 'set', '']]],
  [
    'a set of numbers with another number',
    'element_missing',
    /^member/,
    [
      ['SREM', 'ints', '5'],
      ['SADD', 'ints', '6'],
    ],
  ],
  ['a big set with a member more', 'element_extra', /^member/, [['SADD', 'big-set', 'x']]],
  ['a big set with a member less', 'element_missing', /^member/, [['SREM', 'big-set', 'member-500']]],
  [
    'a big set with another member',
    'element_missing',
    /^member/,
    [
      ['SREM', 'big-set', 'member-5'],
      ['SADD', 'big-set', 'x'],
    ],
  ],
  ['another score', 'score', /^member/, [['ZADD', 'zset', '2.5000001', 'b']]],
  ['an infinite score of the other sign', 'score', /^member/, [['ZADD', 'zset', '+inf', BINARY]]],
  ['a sorted set with a member more', 'element_extra', /^member/, [['ZADD', 'zset', '1', 'c']]],
  ['a sorted set with a member less', 'element_missing', /^member/, [['ZREM', 'zset', 'a']]],
  ['a score in a big sorted set', 'score', /^member/, [['ZADD', 'big-zset', '166.67', 'member-500']]],
  ['a big sorted set with a member more', 'element_extra', /^member/, [['ZADD', 'big-zset', '100.1', 'x']]],
  ['a big sorted set with a member less', 'element_missing', /^member/, [['ZREM', 'big-zset', 'member-998']]],
  ['a value in a hash', 'value', 'field f', [['HSET', 'hash', 'f', 'V']]],
  ['an empty value in a hash filled', 'value', 'field ', [['HSET', 'hash', '', 'x']]],
  ['a hash with a field more', 'element_extra', 'field h', [['HSET', 'hash', 'h', 'x']]],
  ['a hash with a field less', 'element_missing', 'field g', [['HDEL', 'hash', 'g']]],
  ['a value in a big hash', 'value', 'field field-777', [['HSET', 'big-hash', 'field-777', 'x']]],
  ['a big hash with a field more', 'element_extra', 'field x', [['HSET', 'big-hash', 'x', '']]],
  ['a big hash with a field less', 'element_missing', 'field field-9', [['HDEL', 'big-hash', 'field-9']]],
  ['a stream with an entry less', 'element_missing', 'entry 1-1', [['XDEL', 'stream', '1-1']]],
  ['a stream with another last id', 'stream_state', /last id/, [['XSETID', 'stream', '9-9']]],
  [
    'a stream with another group position',
    'stream_state',
    /groups/,
    [['XGROUP', 'SETID', 'stream', 'group', '2-1']],
  ],
  [
    'a big stream with an entry less in the middle',
    'element_missing',
    'entry 150-0',
    [['XDEL', 'big-stream', '150-0']],
  ],
];

describe('a comparison of data that differs', () => {
  it.each(onTarget)('finds and names %s', async (...[, kind, where, commands]) => {
    await run(target, commands);
    const verdict = await compare();
    expect(verdict.equal).toBe(false);
    expect(verdict.byKind[kind]).toBe(1);
    const example = verdict.examples.find((one) => one.kind === kind);
    if (typeof where === 'string') expect(example?.where).toBe(where);
    else expect(example?.where).toMatch(where);
  });

  it('finds every one of many differences and counts them by kind and type', async () => {
    await run(target, [
      ['DEL', ...range(100).map((n) => `filler-${n}`)],
      ...range(50).map((n) => ['SET', `more-${n}`, 'x']),
      ['HSET', 'hash', 'f', 'other'],
      ['PERSIST', 'expiring'],
    ]);
    const verdict = await compare();
    expect(verdict.differences).toBe(152);
    expect(verdict.byKind).toMatchObject({ missing: 100, extra: 50, value: 1, ttl: 1 });
    expect(verdict.byType).toEqual({ string: 151, hash: 1 });
    expect(verdict.examples).toHaveLength(20);
  });

  it('finds a database that was swapped with another', async () => {
    await both([
      ['SELECT', '3'],
      ['SET', 'three', '3'],
      ['SELECT', '0'],
    ]);
    expect((await compare()).equal).toBe(true);
    await run(target, [['SWAPDB', '3', '5']]);
    const verdict = await compare();
    expect(verdict.byKind).toMatchObject({ missing: 1, extra: 1 });
    expect(verdict.examples.map(({ db, kind }) => ({ db, kind }))).toEqual(
      expect.arrayContaining([
        { db: 3, kind: 'missing' },
        { db: 5, kind: 'extra' },
      ]),
    );
  });

  it('never names a value, not even a member of a set', async () => {
    await run(target, [
      ['SADD', 'set', 'secret-member'],
      ['SET', 'string', 'secret'],
      ['LSET', 'list', '0', 'secret'],
    ]);
    const verdict = await compare();
    expect(verdict.differences).toBe(3);
    expect(JSON.stringify(verdict)).not.toContain('secret');
  });

  it('shows keys in printable form and as base64', async () => {
    await run(target, [['DEL', BINARY]]);
    const [example] = (await compare()).examples;
    expect(example?.key).toBe('\\x00\\x0d\\x0a\\xff$*\\x00\\xc8');
    expect(example?.keyBase64).toBe(BINARY.toString('base64'));
  });

  it('ends early when there are too many, and says so', async () => {
    await run(target, [['FLUSHALL']]);
    const sides = { source: source.endpoint, target: target.endpoint };
    const verdict = await runComparison(sides, { ...OPTIONS, maxSuspects: 50 });
    expect(verdict).toMatchObject({ equal: false, complete: false });
    expect(verdict.differences).toBeGreaterThanOrEqual(50);
    expect(verdict.keysCompared).toBeLessThan(verdict.sourceKeys);
  });
});
