import { expect } from 'vitest';
import type { RepairOptions } from '../../../src/compare/repair/repair-options.ts';
import type { Command } from '../../../src/compare/wire/resp-commands.ts';
import { RedisErrorReply } from '../../../src/compare/wire/resp-reply.ts';
import type { TestServer } from './redis-servers.ts';
import { QUICK, runComparison } from './run-comparison.ts';

export const range = (count: number) => Array.from({ length: count }, (_, index) => index);
export const SMALL_PAGES: RepairOptions = {
  ...QUICK,
  rounds: 2,
  roundDelayMs: 0,
  pageElements: 50,
  pageBytes: 2_048,
};

export async function run(server: TestServer, commands: Command[]): Promise<void> {
  for (const command of commands) {
    const reply = await server.client.command(...command);
    if (reply instanceof RedisErrorReply) throw new Error(`${String(command[0])}: ${reply.message}`);
  }
}

/** Keys of every type that 2.8 has, small and large. */
export function oldTypes(): Command[] {
  return [
    ['MSET', ...range(200).flatMap((n) => [`key-${n}`, `value-${n}`])],
    ['SET', 'string', 'x'.repeat(10_000)],
    ['SET', 'expiring', 'x'],
    ['PEXPIRE', 'expiring', '3600000'],
    ...[5, 500].flatMap((size) => [
      ['RPUSH', `list-${size}`, ...range(size).map(String)],
      ['SADD', `set-${size}`, ...range(size).map((n) => `m${n}`)],
      ['ZADD', `zset-${size}`, ...range(size).flatMap((n) => [`${n / 3}`, `m${n}`])],
      ['HMSET', `hash-${size}`, ...range(size).flatMap((n) => [`f${n}`, `v${n}`])],
      ['PEXPIRE', `hash-${size}`, '7200000'],
    ]),
  ];
}

/** Breaks keys in every way that makes the repair do something else. */
export const BREAKS: Command[] = [
  ['DEL', 'key-5'],
  ['DEL', 'list-500'],
  ['SET', 'extra', 'x'],
  ['SADD', 'extra-500', ...range(500).map(String)],
  ['ZREM', 'zset-500', 'm250'],
  ['ZADD', 'zset-500', '7', 'surplus'],
  ['SADD', 'set-500', 'surplus'],
  ['SREM', 'set-500', 'm7'],
  ['HMSET', 'hash-500', 'f7', 'other', 'surplus', 'x'],
  ['APPEND', 'string', 'more'],
  ['PERSIST', 'expiring'],
  ['PEXPIRE', 'key-6', '3600000'],
  ['HDEL', 'hash-5', 'f1'],
  ['DEL', 'set-5'],
  ['RPUSH', 'set-5', ...range(500).map(String)],
  ['DEL', 'list-5'],
  ['SET', 'list-5', 'x'],
];

export async function commandsOf(server: TestServer): Promise<Map<string, number>> {
  const stats = String(await server.client.command('INFO', 'commandstats'));
  const all = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  return new Map(all.map(([, name = '', calls]) => [name, Number(calls)]));
}

export async function expectEqual(source: TestServer, target: TestServer): Promise<void> {
  const sides = { source: source.endpoint, target: target.endpoint };
  const verdict = await runComparison(sides, { ...QUICK, rounds: 2, ttlToleranceMs: 50 });
  expect(verdict.examples).toEqual([]);
  expect(verdict).toMatchObject({ equal: true, differences: 0, unsettledKeys: 0 });
  for (const server of [source, target])
    expect(await server.client.command('KEYS', 'redis-upgrade:*')).toEqual([]);
}
