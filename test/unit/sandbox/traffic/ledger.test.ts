import { expect, test } from 'vitest';
import { Ledger } from '../../../../src/sandbox/traffic/ledger.ts';

test('only acknowledged writes must be there later', () => {
  const ledger = new Ledger(100);
  const key = ledger.open('app:set', { kind: 'set' });
  for (const [token, outcome] of [
    ['1.1', 'acknowledged'],
    ['1.2', 'refused'],
    ['1.3', 'unknown'],
  ] as const) {
    ledger.begin([key]);
    ledger.end([key], token, outcome);
  }
  expect([...key.tokens]).toEqual(['1.1']);
  expect(ledger.counts).toEqual({ acknowledged: 1, refused: 1, unknown: 1 });
  expect(key.inFlight).toBe(0);
});

test('increments that answer numbers already given show how many were lost, each counted once', () => {
  const ledger = new Ledger(100);
  const key = ledger.open('app:counter', { kind: 'counter' });
  for (const reply of [1, 2, 3, 2, 3, 4]) ledger.counted(key, reply);
  expect(ledger.lost()).toBe(2);
  expect(ledger.lostExamples[0]).toBe('app:counter increment 2');
});

test('a counter that jumps lost nothing: a repeated command counts twice', () => {
  const ledger = new Ledger(100);
  const key = ledger.open('app:counter', { kind: 'counter' });
  for (const reply of [1, 2, 5]) ledger.counted(key, reply);
  expect(ledger.lost()).toBe(0);
});

test('a register that shows an older value than the last acknowledged lost it', () => {
  const ledger = new Ledger(100);
  const key = ledger.open('app:register', { kind: 'register' });
  ledger.exchanged(key, 0, 1);
  ledger.exchanged(key, 1, 2);
  expect(ledger.lost()).toBe(0);
  ledger.exchanged(key, 1, 3);
  expect(ledger.lost()).toBe(1);
});

test('old keys are offered for deletion once there are too many writes, those still written to are not', () => {
  const ledger = new Ledger(2);
  const keys = ['a', 'b', 'c', 'd'].map((name) => ledger.open(name, { kind: 'string' }));
  for (const key of keys) {
    ledger.begin([key]);
    ledger.end([key], '1.1', 'acknowledged');
    if (key.name !== 'b') key.state = 'closed';
  }
  expect(ledger.toRetire(10).map((key) => key.name)).toEqual(['a', 'c', 'd']);
});

test('a deleted key is no longer counted, and is still known to be gone', () => {
  const ledger = new Ledger(0);
  const key = ledger.open('a', { kind: 'string' });
  ledger.begin([key]);
  ledger.end([key], '1.1', 'acknowledged');
  ledger.removing(key);
  ledger.removed(key);
  expect(ledger.toRetire(10)).toEqual([]);
  expect([...ledger.keys()].map(({ name, state }) => [name, state])).toEqual([['a', 'removed']]);
});

test('refusals are counted by their first word', () => {
  const ledger = new Ledger(1);
  ledger.refusedWith("READONLY You can't write against a read only replica.");
  ledger.refusedWith('READONLY again');
  ledger.refusedWith('NOAUTH Authentication required.');
  expect(Object.fromEntries(ledger.refusedBy)).toEqual({ READONLY: 2, NOAUTH: 1 });
});
