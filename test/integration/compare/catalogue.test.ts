import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../src/compare/wire/resp-commands.ts';
import { RedisErrorReply } from '../../../src/compare/wire/resp-reply.ts';
import { BINARY, CORRUPTIONS, HARMLESS, range, seed } from './catalogue.ts';
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

  it.each(HARMLESS)('finds nothing in %s', async (_, commands) => {
    await run(target, commands);
    expect((await compare()).examples).toEqual([]);
  });

  it('settles a key that expires while it is compared', async () => {
    await run(source, [['SET', 'short', 'x', 'PX', '20']]);
    const verdict = await compare();
    expect(verdict).toMatchObject({ equal: true, differences: 0 });
  });
});

describe('a comparison of data that differs', () => {
  it.each(CORRUPTIONS)('finds and names %s', async (...[, kind, where, commands]) => {
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
