import type { DifferenceKind } from '../../../src/compare/values/difference.ts';
import type { Command } from '../../../src/compare/wire/resp-commands.ts';

export const BINARY = Buffer.from([0, 13, 10, 255, 36, 42, 0, 200]);
export const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** One key of every type in every size class: small, larger than a page, and odd. Pages in these tests have 100 elements. */
export function seed(): Command[] {
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
    ['ZADD', 'thirds', ...range(30).flatMap((n) => [`${n / 3}`, `member-${n}`])],
    ['ZADD', 'skiplist', ...range(30).flatMap((n) => [`${n / 3}`, `${'long'.repeat(20)}-${n}`])],
    ['ZADD', 'tiny-scores', '0', 'a', '1e-20', 'b', '-1e-20', 'c'],
    ['HSET', 'hash', 'f', 'v', '', '', BINARY, BINARY, 'g', 'w'],
    ['HSET', 'big-hash', ...range(1_000).flatMap((n) => [`field-${n}`, `value-${n}`])],
    ['XADD', 'stream', '1-1', 'f', 'v'],
    ['XADD', 'stream', '2-1', 'f', 'v2'],
    ['XGROUP', 'CREATE', 'stream', 'group', '1-1'],
    ...range(300).map((n) => ['XADD', 'big-stream', `${n + 1}-0`, 'f', `v${n}`]),
    ...range(500).map((n) => ['SET', `filler-${n}`, `v${n}`]),
  ];
}

/** Changes of the target that are no difference. */
export const HARMLESS: [string, Command[]][] = [
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
  ['a sorted set with scores spelled otherwise', [['ZADD', 'zset', '1.000', 'a', '25e-1', 'b', '1e-1', '']]],
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
  [
    'a sorted set filled in another order',
    [
      ['DEL', 'zset'],
      ['ZADD', 'zset', '1e300', 'huge', '+inf', 'z', '-inf', BINARY, '0.1', '', '2.5', 'b', '1', 'a'],
    ],
  ],
  [
    'a big set filled from its end',
    [
      ['DEL', 'big-set'],
      ['SADD', 'big-set', ...range(1_000).map((n) => `member-${999 - n}`)],
    ],
  ],
  [
    'a big hash filled from its end',
    [
      ['DEL', 'big-hash'],
      ['HSET', 'big-hash', ...range(1_000).flatMap((n) => [`field-${999 - n}`, `value-${999 - n}`])],
    ],
  ],
  [
    'a list built from its other end',
    [
      ['DEL', 'list'],
      ['LPUSH', 'list', BINARY, '', 'c', 'b', 'a'],
    ],
  ],
  [
    'a big list that was shifted and shifted back',
    [
      ['LPUSH', 'big-list', 'x'],
      ['LPOP', 'big-list'],
      ['RPOPLPUSH', 'big-list', 'big-list'],
      ['LMOVE', 'big-list', 'big-list', 'LEFT', 'RIGHT'],
    ],
  ],
  [
    'a set of numbers that once held a word',
    [
      ['SADD', 'ints', 'word'],
      ['SREM', 'ints', 'word'],
    ],
  ],
  [
    'a hash that once held a long value',
    [
      ['HSET', 'hash', 'f', 'x'.repeat(5_000)],
      ['HSET', 'hash', 'f', 'v'],
    ],
  ],
  [
    'a sorted set that once held a long member',
    [
      ['ZADD', 'zset', '1', 'x'.repeat(5_000)],
      ['ZREM', 'zset', 'x'.repeat(5_000)],
    ],
  ],
  [
    'a string written in pieces',
    [
      ['SET', 'string', 'va'],
      ['APPEND', 'string', 'lue'],
    ],
  ],
  [
    'a string that was overwritten and restored',
    [
      ['SETRANGE', 'big-string', '3001', 'X'],
      ['SETRANGE', 'big-string', '3001', 'f'],
    ],
  ],
  ['scores written a second time', [['ZADD', 'zset', '1', 'a', '+inf', 'z']]],
  [
    'a key that was renamed and renamed back',
    [
      ['RENAME', 'hash', 'elsewhere'],
      ['RENAME', 'elsewhere', 'hash'],
    ],
  ],
  [
    'a key that was deleted and created again',
    [
      ['DEL', 'empty'],
      ['SET', 'empty', ''],
    ],
  ],
  [
    'an expiry set in seconds and then exactly',
    [
      ['EXPIRE', 'expiring', '3600'],
      ['PEXPIRE', 'expiring', '3600500'],
    ],
  ],
  [
    'a key that was read often',
    [
      ['GET', 'number'],
      ['GET', 'number'],
      ['TOUCH', 'number'],
    ],
  ],
  [
    'a consumer group that was made and unmade',
    [
      ['XGROUP', 'CREATE', 'big-stream', 'short-lived', '0'],
      ['XGROUP', 'DESTROY', 'big-stream', 'short-lived'],
    ],
  ],
];
export type Case = [name: string, kind: DifferenceKind, where: string | RegExp, commands: Command[]];
/** Changes of the target, and how a comparison has to name each. */
export const CORRUPTIONS: Case[] = [
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
  [
    'a score that is other in its last digit',
    'score',
    /^member/,
    [['ZADD', 'thirds', `${1 / 3 + 2 ** -54}`, 'member-1']],
  ],
  ['a score below what 17 places show', 'score', /^member/, [['ZADD', 'tiny-scores', '2e-20', 'b']]],
  [
    'a score in a skiplist of one page',
    'score',
    /^member/,
    [['ZADD', 'skiplist', '7', `${'long'.repeat(20)}-20`]],
  ],
  [
    'a member less in a skiplist of one page',
    'element_missing',
    /^member/,
    [['ZREM', 'skiplist', `${'long'.repeat(20)}-29`]],
  ],
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
