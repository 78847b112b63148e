import { describe, expect, it } from 'vitest';
import { isTemporaryKey, ownerOf, temporaryKey } from '../../../src/compare/names/temporary-key.ts';
import { Pace } from '../../../src/compare/pace/pace.ts';
import { expireCommand } from '../../../src/compare/repair/copied-expiry.ts';
import { startMend } from '../../../src/compare/repair/mend.ts';
import { writeGroups } from '../../../src/compare/repair/receiver-writes.ts';
import { type Abilities, readAbilities } from '../../../src/compare/repair/repair-ends.ts';
import { resolveRepairOptions } from '../../../src/compare/repair/repair-options.ts';
import { addElements, writeWhole } from '../../../src/compare/values/value-commands.ts';
import { CompareError } from '../../../src/compare/wire/compare-error.ts';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { bulksOf } from '../../../src/compare/wire/reply-bulks.ts';
import { type EncodedCommands, encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { decodeReply } from '../../../src/compare/wire/resp-reply.ts';

const bytes = (text: string) => Buffer.from(text);

/** A server that answers each pipeline with the replies that a function gives to its text. */
function serverThat(answer: (commands: string) => string[]): RedisConnection {
  const pipeline = async (commands: EncodedCommands) =>
    answer(commands.bytes.toString('latin1')).map((reply) => Buffer.from(reply));
  return {
    pipeline,
    command: async (...command) => decodeReply(Buffer.from(answer(command.join(' '))[0] ?? '$-1\r\n')),
    close: () => {},
  };
}

describe('temporary keys', () => {
  it.each([
    'key',
    '{tag}rest',
    'a}b',
    '{}x',
    '',
    '{',
    'a{b}c{d}',
    '\0\r\n',
    'redis-upgrade:repair:new:{x}:x',
  ])('lead back to the key they were made for: %j', (name) => {
    for (const role of ['new', 'old'] as const) {
      const temporary = temporaryKey(role, bytes(name));
      expect(isTemporaryKey(temporary)).toBe(true);
      expect(ownerOf(temporary)?.toString()).toBe(name);
    }
  });

  it.each(['redis-upgrade:repair:', 'redis-upgrade:repair:new:{a}:b', 'redis-upgrade:journal:x', 'r', ''])(
    'are not taken for what they are not: %j',
    (name) => {
      expect(isTemporaryKey(bytes(name))).toBe(false);
    },
  );
});

describe('the expiry of a copy', () => {
  const abilities = (clockOffsetMs: number | undefined): Abilities => ({
    types: new Set(),
    restore: true,
    clockOffsetMs,
  });
  it.each([
    ['the same moment, where the clocks agree', 0, ['PEXPIREAT', 'k', '1005000']],
    ['the same moment by the clock of a receiver that is ahead', 70_000, ['PEXPIREAT', 'k', '1075000']],
    ['the same moment by the clock of a receiver that is behind', -300, ['PEXPIREAT', 'k', '1004700']],
    ['the same rest, where a server does not tell the time', undefined, ['PEXPIRE', 'k', '5000']],
  ])('is %s', (_, offset, expected) => {
    const command = expireCommand(bytes('k'), { pttl: 5_000, readAt: 1_000_000 }, abilities(offset));
    expect(command?.map(String)).toEqual(expected);
  });
  it('is none for a key that lasts', () => {
    expect(expireCommand(bytes('k'), { pttl: -1, readAt: 1_000_000 }, abilities(0))).toBeUndefined();
  });

  const timeReply = (ms: number) => {
    const [seconds, micros] = [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)];
    return `*2\r\n$${seconds.length}\r\n${seconds}\r\n$${micros.length}\r\n${micros}\r\n`;
  };
  const telling = (ms: number, version: string) => {
    const text = `redis_version:${version}\r\n`;
    return serverThat((commands) => {
      if (commands.includes('TIME')) return [timeReply(ms)];
      if (commands.includes('INFO')) return [`$${text.length}\r\n${text}\r\n`];
      return [version.startsWith('2') ? "-ERR unknown command 'XLEN'\r\n" : ':0\r\n'];
    });
  };
  const abilitiesOf = async (giver: RedisConnection, receiver: RedisConnection, tookMs = 1) => {
    let now = 0;
    const clock = { now: () => (now += tookMs) };
    return readAbilities({ giver, receiver, giverHasDb: true, receiverHasDb: true }, clock);
  };
  it('counts on the difference of the clocks of the two servers', async () => {
    const found = await abilitiesOf(telling(1_000_000, '4.0.14'), telling(1_061_500, '2.8.24'));
    expect(found.clockOffsetMs).toBe(61_500);
  });
  it('does not take the time that a question takes for a difference of clocks', async () => {
    const found = await abilitiesOf(telling(1_000_000, '4.0.14'), telling(1_000_004, '4.0.14'), 5);
    expect(found.clockOffsetMs).toBe(0);
  });
  it('restores dumps only on a server that is not older', async () => {
    const [old, young] = [telling(0, '2.8.24'), telling(0, '7.0.15')];
    expect((await abilitiesOf(young, old)).restore).toBe(false);
    expect((await abilitiesOf(old, young)).restore).toBe(true);
    expect((await abilitiesOf(young, old)).types.has('stream')).toBe(false);
    expect((await abilitiesOf(young, young)).types.has('stream')).toBe(true);
  });
});

describe('writes of a repair', () => {
  const receiver = { side: 'source', host: '10.0.0.1', port: 6379 } as const;
  const group = [
    ['DEL', 'k'],
    ['SET', 'k', 'secret'],
  ];
  const write = (replies: string[]) =>
    writeGroups(
      serverThat(() => replies),
      [group],
      receiver,
    );

  it('give the errors of each transaction', async () => {
    const fine = ['+OK\r\n', '+QUEUED\r\n', '+QUEUED\r\n', '*2\r\n:0\r\n+OK\r\n'];
    expect(await write(fine)).toEqual([[]]);
    const failed = [...fine.slice(0, 3), '*2\r\n:0\r\n-ERR string exceeds maximum allowed size\r\n'];
    expect((await write(failed))[0]).toHaveLength(1);
  });
  it('are done one by one where a proxy has no transactions', async () => {
    const proxy = ['-ERR MULTI is not supported\r\n', ':1\r\n', '+OK\r\n', '-ERR EXEC is not supported\r\n'];
    expect(await write(proxy)).toEqual([[]]);
  });
  it.each([
    ["-READONLY You can't write against a read only replica.", 'COMPARE_WRITE_REFUSED', 'make it writable'],
    ["-OOM command not allowed when used memory > 'maxmemory'.", 'COMPARE_WRITE_REFUSED', 'more memory'],
    ['-MISCONF Redis is configured to save RDB snapshots', 'COMPARE_WRITE_REFUSED', 'save to its disk'],
    ['-NOPERM this user has no permissions', 'COMPARE_WRITE_REFUSED', 'allow this user'],
    ['-LOADING Redis is loading the dataset in memory', 'COMPARE_NOT_READY', 'LOADING'],
    ['-MOVED 866 10.0.0.2:6379', 'COMPARE_NOT_READY', 'slots of this cluster were moved'],
    ['-ASK 866 10.0.0.2:6379', 'COMPARE_NOT_READY', 'slots of this cluster were moved'],
  ])('fail with what to do, and on which side: %s', async (line, code, words) => {
    const refused = ['+OK\r\n', `${line}\r\n`, `${line}\r\n`, '-EXECABORT Transaction discarded\r\n'];
    const failure = await write(refused).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CompareError);
    expect(failure).toMatchObject({ code, retryable: code === 'COMPARE_NOT_READY' });
    expect(String(failure)).toContain('the source 10.0.0.1:6379');
    expect(String(failure)).toContain(words);
  });
  it('never repeat a value in a message', async () => {
    const line = "-ERR unknown command 'SET', with args beginning with: 'k' 'secret'\r\n";
    const failure = await write(['+OK\r\n', line, line, '-EXECABORT x\r\n']).catch((error: unknown) => error);
    expect(String(failure)).toContain('unknown command');
    expect(String(failure)).not.toContain('secret');
  });
});

describe('a value as one command', () => {
  const limits = { pageElements: 3, pageBytes: 10 };
  it('hands the text of scores on as it is', () => {
    const pairs = ['a', '0.10000000000000001', 'b', '-inf'];
    const elements = bulksOf(bytes(`*4\r\n${pairs.map(bulk).join('')}`)) ?? { bytes: bytes(''), count: 0 };
    const encoded = encodeCommands([addElements(bytes('z'), 'zset', elements)]);
    const words = ['ZADD', 'z', '0.10000000000000001', 'a', '-inf', 'b'];
    expect(encoded).toEqual(encodeCommands([words]));
  });
  const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
  it.each([
    ['list', '*2\r\n$2\r\n\r\n\r\n$0\r\n\r\n', [['RPUSH', 'k', '\r\n', '']]],
    ['set', '*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n', [['SADD', 'k', 'a']]],
    ['hash', '*2\r\n$1\r\n0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n', [['HMSET', 'k', 'f', 'v']]],
    ['string', '$3\r\na\r\n\r\n', [['SET', 'k', 'a\r\n']]],
    ['string', '$0\r\n\r\n', [['SET', 'k', '']]],
  ] as const)('hands on the elements of a %s as they came', (type, raw, expected) => {
    const write = writeWhole({ key: bytes('k'), type, raw: bytes(raw) }, limits);
    expect(typeof write === 'string' ? write : encodeCommands([write])).toEqual(encodeCommands(expected));
  });
  it.each([
    ['string', '$10\r\n0123456789\r\n', 'paged'],
    ['list', '*3\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n', 'paged'],
    ['list', '*0\r\n', 'changed'],
    ['string', '$-1\r\n', 'changed'],
    ['set', '*2\r\n$1\r\n0\r\n*0\r\n', 'changed'],
    ['set', '-WRONGTYPE Operation against a key\r\n', 'changed'],
    ['hash', '*2\r\n$1\r\n7\r\n*0\r\n', 'paged'],
  ] as const)('is none for a %s that is not read whole: %j', (type, raw, expected) => {
    expect(writeWhole({ key: bytes('k'), type, raw: bytes(raw) }, limits)).toBe(expected);
  });
});

describe('the options of a repair', () => {
  it('look at a key at least three times, and not in vain', () => {
    expect(resolveRepairOptions({ rounds: 1 })).toMatchObject({ rounds: 3, looksPerRound: 1 });
    expect(resolveRepairOptions({ looksBeforeRepair: 2 })).toMatchObject({ rounds: 4, looksPerRound: 4 });
    expect(resolveRepairOptions({ dryRun: true, rounds: 1 })).toMatchObject({ rounds: 1 });
    expect(() => resolveRepairOptions({ maxRepairsPerSecond: 0 })).toThrow();
  });
  it('spread changes over time apart from reads', () => {
    const pace = new Pace({ keys: 1_000, repairs: 10 }, { now: () => 0 });
    pace.take(10);
    expect(pace.waitMs()).toBe(10);
    pace.takeRepairs(1);
    expect(pace.waitMs()).toBe(110);
  });
});

describe('a large repair', () => {
  it('corrects in place without clearing, and builds anew after clearing', () => {
    const at = { db: 0, key: bytes('k'), type: 'set' } as const;
    expect(startMend({ ...at, inPlace: true }).phase).toBe('fill');
    expect(startMend({ ...at, inPlace: false }).phase).toBe('clear');
  });
});
