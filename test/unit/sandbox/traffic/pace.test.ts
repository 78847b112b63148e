import { expect, test } from 'vitest';
import { Pace } from '../../../../src/sandbox/traffic/pace.ts';

test('operations fall due at the pace asked for', () => {
  const pace = new Pace(200, 0);
  let taken = 0;
  for (let now = 0; now <= 1_000; now += 4) taken += pace.take(now, 32);
  expect(taken).toBe(200);
});

test('what cannot be taken now is taken later', () => {
  const pace = new Pace(100, 0);
  expect(pace.take(100, 4)).toBe(4);
  expect(pace.take(100, 100)).toBe(6);
});

test('after a long stand-still at most half a second is made up for', () => {
  const pace = new Pace(100, 0);
  expect(pace.take(60_000, 1_000)).toBe(50);
});

test('nothing is taken when there is no room', () => {
  const pace = new Pace(100, 0);
  expect(pace.take(1_000, -3)).toBe(0);
});
