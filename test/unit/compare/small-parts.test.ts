import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../src/compare/comparison-options.ts';
import { KeyFingerprint } from '../../../src/compare/names/key-fingerprint.ts';
import { Pace } from '../../../src/compare/pace/pace.ts';
import { freshState, fromCheckpoint, toCheckpoint } from '../../../src/compare/sweep/checkpoint.ts';
import {
  movingKeyName,
  noteLook,
  parseMovingKeyName,
  releaseUnsettled,
} from '../../../src/compare/sweep/suspects.ts';
import { finding, printable } from '../../../src/compare/values/difference.ts';
import { compareExpiry } from '../../../src/compare/values/expiry.ts';
import { sameScore } from '../../../src/compare/values/whole-value.ts';
import { CompareError, refusal } from '../../../src/compare/wire/compare-error.ts';
import { databasesOf, parseKeyspace, totalKeys } from '../../../src/compare/wire/keyspace.ts';
import { CommandWriter, commandTemplate, encodeCommands } from '../../../src/compare/wire/resp-commands.ts';

const bytes = (text: string) => Buffer.from(text);
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('the fingerprint of keys', () => {
  it('is zero when both sides name the same keys, in any order', () => {
    const fingerprint = new KeyFingerprint();
    for (const n of range(5_000)) fingerprint.add(bytes(`key-${n}`));
    for (const n of range(5_000).reverse()) fingerprint.remove(bytes(`key-${n}`));
    expect(fingerprint.isZero()).toBe(true);
  });

  it('shows the bucket of a key that only one side named, also when it was named twice', () => {
    const fingerprint = new KeyFingerprint();
    for (const n of range(100)) fingerprint.add(bytes(`key-${n}`));
    for (const n of range(100)) fingerprint.remove(bytes(`key-${n}`));
    fingerprint.remove(bytes('extra'));
    fingerprint.remove(bytes('extra'));
    expect(fingerprint.isZero()).toBe(false);
    expect(fingerprint.isBalanced(bytes('extra'))).toBe(false);
    expect(range(100).filter((n) => !fingerprint.isBalanced(bytes(`key-${n}`))).length).toBeLessThan(5);
  });

  it('spreads keys that are alike over all its buckets', () => {
    const fingerprint = new KeyFingerprint();
    for (const n of range(20)) fingerprint.add(bytes(`user:${n}`));
    const touched = range(10_000).filter((n) => !fingerprint.isBalanced(bytes(`user:${n + 1_000}`))).length;
    expect(touched).toBeGreaterThan(50);
    expect(touched).toBeLessThan(200);
  });

  it('survives being written down', () => {
    const fingerprint = new KeyFingerprint();
    fingerprint.add(bytes('a'));
    const copy = KeyFingerprint.from(fingerprint.toJSON());
    copy?.remove(bytes('a'));
    expect(copy?.isZero()).toBe(true);
    expect(KeyFingerprint.from('AAAA')).toBeUndefined();
  });
});

describe('expiry', () => {
  const compare = (source: number, target: number, now = 1_000_000) =>
    compareExpiry({ source, target }, { now, toleranceMs: 2_000 });

  it.each([
    [-1, -1],
    [5_000, 5_000],
    [5_000, 7_000],
    [7_000, 5_000],
    [0, 2_000],
  ])('is the same at %i and %i ms', (source, target) => expect(compare(source, target)).toEqual([]));

  it.each([
    [-1, 1, 'expires on the target only'],
    [1, -1, 'expires on the source only'],
    [5_000, 7_001, 'expires later on the target'],
    [7_001, 5_000, 'expires earlier on the target'],
  ])('differs at %i and %i ms', (source, target, where) =>
    expect(compare(source, target)[0]).toMatchObject({ where }),
  );

  it('is recognised in a later look at the same moment of expiry, wherever it falls', () => {
    for (const start of range(4_000)) {
      const evidence = (now: number, left: number) =>
        compare(left, left + 9_000, now).map((one) => one.evidence);
      const before = new Set(evidence(1_000_000 + start, 50_000));
      // 1.2 s later, and the answers took 3 ms longer.
      expect(evidence(1_001_203 + start, 48_800).some((one) => before.has(one))).toBe(true);
    }
  });

  it('is another difference when the expiry was renewed meanwhile', () => {
    const first = compare(60_000, 50_000, 1_000_000).map((one) => one.evidence);
    const second = compare(60_000, 50_000, 1_010_000).map((one) => one.evidence);
    expect(first.some((one) => second.includes(one))).toBe(false);
  });
});

describe('suspects', () => {
  const options = resolveOptions({ rounds: 3, maxMovingKeys: 2 });
  const at = { db: 0, key: bytes('key'), type: 'string' };
  const look = (seen: string) => ({
    ...at,
    findings: seen === '' ? [] : [finding('value', 'byte 1', [seen])],
  });
  const inRounds = (...seen: string[]) => {
    const state = freshState();
    noteLook(state, look(seen[0] ?? ''), options);
    state.phase = 'recheck';
    for (const one of seen.slice(1)) {
      state.round += 1;
      noteLook(state, look(one), options);
    }
    return state;
  };

  it('count when the same difference was seen in every round', () => {
    expect(inRounds('a', 'a', 'a').differences).toBe(1);
    expect(inRounds('a', 'a').differences).toBe(0);
  });

  it('are settled by one equal look, and named as moving', () => {
    const state = inRounds('a', 'a', '');
    expect(state.suspects.size).toBe(0);
    expect(state).toMatchObject({ differences: 0, movingKeys: [movingKeyName(0, at.key)] });
  });

  it('start again when the difference is another one', () => {
    expect(inRounds('a', 'a', 'b').differences).toBe(0);
    expect(inRounds('a', 'b', 'a', 'b', 'a').differences).toBe(0);
    expect(inRounds('a', 'a', 'b', 'b', 'b').differences).toBe(1);
  });

  it('that never hold still are given up, named first, and counted', () => {
    const state = inRounds('a', 'b', 'c');
    state.movingKeys = ['0:AAAA', '0:BBBB'];
    releaseUnsettled(state, options);
    expect(state).toMatchObject({ unsettled: 1, differences: 0, movingKeysDropped: 1 });
    expect(state.movingKeys).toEqual([movingKeyName(0, at.key), '0:AAAA']);
  });

  it('survive being written down', () => {
    const state = inRounds('a', 'a');
    const copy = fromCheckpoint(JSON.parse(JSON.stringify(toCheckpoint(state))));
    noteLook(copy, look('a'), options);
    expect(copy.differences).toBe(1);
    expect(state.differences).toBe(0);
  });
});

describe('names of moving keys', () => {
  it('hold the database and any bytes', () => {
    const key = Buffer.from([0, 255, 13, 10]);
    expect(parseMovingKeyName(movingKeyName(12, key))).toEqual({ db: 12, key });
  });
  it.each(['', 'x', '-1:AAAA', '0:*', '0'])('are not mistaken: %j', (name) => {
    expect(parseMovingKeyName(name)).toBeUndefined();
  });
});

describe('the keyspace in INFO', () => {
  const info =
    '# Server\r\nrun_id:abc123\r\n# Keyspace\r\ndb0:keys=10,expires=2,avg_ttl=0\r\ndb12:keys=5,expires=0\r\n';
  it('gives every database with its size, from old and new servers', () => {
    const keyspace = parseKeyspace(info);
    expect(keyspace.runId).toBe('abc123');
    expect(keyspace.databases.get(0)).toEqual({ keys: 10, expires: 2 });
    expect(totalKeys(keyspace)).toBe(15);
    expect(databasesOf(parseKeyspace(''), keyspace)).toEqual([0, 12]);
    expect(databasesOf(parseKeyspace(''), parseKeyspace(''))).toEqual([0]);
  });
});

describe('commands', () => {
  it('are encoded the same from a template and from a list', () => {
    const key = Buffer.from([0, 13, 10, 255]);
    const writer = new CommandWriter();
    writer.addTemplate(commandTemplate('LRANGE', '0', '99'), key);
    expect(writer.finish().bytes).toEqual(encodeCommands([['LRANGE', key, '0', '99']]).bytes);
    expect(encodeCommands([['ECHO', 'ü']]).bytes.toString()).toBe('*2\r\n$4\r\nECHO\r\n$2\r\nü\r\n');
  });

  it('may be many and large', () => {
    const large = Buffer.alloc(100_000, 'x');
    const { bytes: encoded, count } = encodeCommands(range(50).map(() => ['SET', 'k', large]));
    expect(count).toBe(50);
    expect(encoded.length).toBe(50 * (100_000 + '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n\r\n'.length));
  });
});

describe('the pace', () => {
  it('spreads keys over time, and does not save up what was not used', () => {
    let now = 0;
    const pace = new Pace({ keys: 1_000 }, { now: () => now });
    expect(pace.waitMs()).toBe(0);
    pace.take(100);
    expect(pace.waitMs()).toBe(100);
    now = 5_000;
    pace.take(50);
    expect(pace.waitMs()).toBe(50);
  });
  it('never waits when there is no limit', () => {
    const pace = new Pace({}, { now: () => 0 });
    pace.take(1_000_000);
    expect(pace.waitMs()).toBe(0);
  });
});

describe('scores', () => {
  it.each([
    ['0.10000000000000001', '0.1', true],
    ['1e+20', '100000000000000000000', true],
    ['inf', '+Inf', true],
    ['inf', '-inf', false],
    ['0.1', '0.1000001', false],
    ['', '0', false],
    ['nan', 'nan', true],
    ['x', 'y', false],
  ])('%s and %s: %s', (left, right, same) => expect(sameScore(bytes(left), bytes(right))).toBe(same));
});

describe('keys for people', () => {
  it('are printable whatever they hold, and not too long', () => {
    expect(printable(Buffer.from('a\\b\n\u0000é'))).toBe('a\\x5cb\\x0a\\x00\\xc3\\xa9');
    expect(printable(Buffer.alloc(1_000, 'x'))).toHaveLength(201);
  });
});

describe('error replies', () => {
  it.each([
    ['NOAUTH', 'COMPARE_AUTH', false],
    ['NOPERM', 'COMPARE_AUTH', false],
    ['LOADING', 'COMPARE_NOT_READY', true],
    ['MASTERDOWN', 'COMPARE_NOT_READY', true],
    ['MOVED', 'COMPARE_NOT_READY', true],
    ['ERR', 'COMPARE_REFUSED', false],
  ])('%s becomes %s', (...[code, expected, retryable]) => {
    const error = refusal({ code, message: `${code} text` }, 'reading');
    expect(error).toBeInstanceOf(CompareError);
    expect(error).toMatchObject({ code: expected, retryable });
  });
});
