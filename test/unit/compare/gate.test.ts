import { describe, expect, it } from 'vitest';
import { Gate, GatedConnection } from '../../../src/compare/lane/gate.ts';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';

/** A connection whose pipelines are answered by hand, and that knows how many are under way on all of its kind. */
function byHand() {
  const underWay: (() => void)[] = [];
  const order: string[] = [];
  const open = (name: string): RedisConnection => ({
    command: async () => null,
    pipeline: () =>
      new Promise((resolve) => {
        order.push(name);
        underWay.push(() => resolve([Buffer.from('+OK\r\n')]));
      }),
    close: () => undefined,
  });
  return { open, underWay, order, answer: () => underWay.shift()?.() };
}

const ASK = encodeCommands([['PING']]);
const settle = () => new Promise(setImmediate);

describe('a gate', () => {
  it('lets one pipeline through at a time, from whatever connection, in the order they came', async () => {
    const server = byHand();
    const gate = new Gate(1);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new GatedConnection(server.open(name), gate));
    const all = [a?.pipeline(ASK), b?.command('GET', 'x'), c?.pipeline(ASK)];
    for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      await settle();
      expect(server.order).toEqual(expected);
      expect(server.underWay).toHaveLength(1);
      server.answer();
    }
    await Promise.all(all);
  });

  it('has as many places as it was given', async () => {
    const server = byHand();
    const gate = new Gate(2);
    const connection = new GatedConnection(server.open('a'), gate);
    const all = [connection.pipeline(ASK), connection.pipeline(ASK), connection.pipeline(ASK)];
    await settle();
    expect(server.underWay).toHaveLength(2);
    while (server.order.length < 3 || server.underWay.length > 0) {
      server.answer();
      await settle();
    }
    await Promise.all(all);
  });

  it('gives the place of one that failed to the next', async () => {
    const gate = new Gate(1);
    const failing = gate.pass(() => Promise.reject(new Error('lost')));
    const next = gate.pass(async () => 'passed');
    await expect(failing).rejects.toThrow('lost');
    expect(await next).toBe('passed');
  });
});
