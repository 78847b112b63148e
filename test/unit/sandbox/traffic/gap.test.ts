import { expect, test } from 'vitest';
import { GapMeter, RateMeter } from '../../../../src/sandbox/traffic/gap.ts';

test('the gap is the longest time between one success and the next', () => {
  const meter = new GapMeter();
  for (const at of [100, 101, 103, 253, 254, 300]) meter.success(at);
  expect(meter.longest()).toEqual({ ms: 150, fromMs: 103 });
});

test('one success alone has no gap', () => {
  const meter = new GapMeter();
  meter.success(5_000);
  expect(meter.longest().ms).toBe(0);
});

test('the rate leaves the longest gap out', () => {
  const meter = new GapMeter();
  for (let at = 0; at < 1000; at++) meter.success(at);
  for (let at = 6000; at < 7000; at++) meter.success(at);
  expect(meter.ratePerSecond()).toBeCloseTo(1001, 0);
});

test('the last full second is counted, not the one that runs', () => {
  const meter = new RateMeter();
  for (let at = 1_000; at < 2_000; at += 10) meter.success(at);
  meter.success(2_001);
  expect(meter.lastSecond(2_500)).toBe(100);
  expect(meter.lastSecond(3_100)).toBe(1);
  expect(meter.lastSecond(9_000)).toBe(0);
});
