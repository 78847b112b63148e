import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../src/compare/wire/resp-commands.ts';
import { RedisErrorReply } from '../../../src/compare/wire/resp-reply.ts';
import { CORRUPTIONS, HARMLESS, seed } from './catalogue.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { QUICK, runComparison } from './run-comparison.ts';
import { runRepair } from './run-repair.ts';

let source: TestServer;
let target: TestServer;

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});
beforeEach(async () => {
  for (const server of [source, target]) await run(server, [['FLUSHALL'], ...seed()]);
});

async function run(server: TestServer, commands: Command[]): Promise<void> {
  const replies = await Promise.all(commands.map((command) => server.client.command(...command)));
  for (const reply of replies) if (reply instanceof RedisErrorReply) throw new Error(reply.message);
}

// Pages of 100 elements, so that every kind of value comes small and large.
const OPTIONS = { ...QUICK, rounds: 2, roundDelayMs: 0, pageElements: 100, pageBytes: 2_048, batchKeys: 37 };
const sides = () => ({ source: source.endpoint, target: target.endpoint });
const compare = () => runComparison(sides(), OPTIONS);

async function temporaryKeys(server: TestServer): Promise<unknown> {
  return server.client.command('KEYS', 'redis-upgrade:*');
}

/** Everything a client can see of a key that must not change when the key is copied from the other side. */
async function digestOf(server: TestServer): Promise<string> {
  const keys = await server.client.command('KEYS', '*');
  if (!Array.isArray(keys)) throw new Error('no keys');
  const names = keys.filter((key) => Buffer.isBuffer(key)).sort(Buffer.compare);
  const digests = await Promise.all(names.map((key) => server.client.command('TYPE', key)));
  return names.map((key, index) => `${key.toString('hex')} ${digests[index]}`).join('\n');
}

describe.each(['source', 'target'] as const)('a repair from the %s', (from) => {
  it.each(CORRUPTIONS)('repairs %s', async (...[, kind, , commands]) => {
    await run(target, commands);
    const giver = from === 'source' ? source : target;
    const before = await digestOf(giver);
    const outcome = await runRepair({ ...sides(), from, options: OPTIONS });
    expect(outcome).toMatchObject({ equal: true, complete: true, stillDifferent: 0, unsettledKeys: 0 });
    expect(outcome.byKind[kind]).toBe(1);
    expect(outcome.keysRepaired + outcome.keysDeleted).toBe(
      Object.values(outcome.byType).reduce((a, b) => a + b),
    );
    expect(await compare()).toMatchObject({ equal: true, differences: 0 });
    expect(await digestOf(giver)).toBe(before);
    expect(await digestOf(from === 'source' ? target : source)).toBe(before);
    for (const server of [source, target]) expect(await temporaryKeys(server)).toEqual([]);
  });

  it.each(HARMLESS)('leaves alone %s', async (_, commands) => {
    await run(target, commands);
    const outcome = await runRepair({ ...sides(), from, options: OPTIONS });
    expect(outcome).toMatchObject({ equal: true, keysRepaired: 0, keysDeleted: 0, examples: [] });
  });
});
