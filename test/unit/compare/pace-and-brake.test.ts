import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../src/compare/comparison-options.ts';
import { Brake } from '../../../src/compare/pace/brake.ts';
import { Pace } from '../../../src/compare/pace/pace.ts';

/** A clock that stands still until it is set. */
function standingClock() {
  const clock = { ms: 0, now: () => clock.ms };
  return clock;
}

describe('the pace in bytes', () => {
  it('spreads bytes over time beside keys, each for itself', () => {
    const clock = standingClock();
    const pace = new Pace({ keys: 1_000, bytes: 1_000_000 }, clock);
    pace.takeBytes(500_000);
    pace.take(100);
    expect(pace.waitMs()).toBe(500);
    pace.take(900);
    expect(pace.waitMs()).toBe(1_000);
    clock.ms = 2_000;
    pace.takeBytes(100_000);
    expect(pace.waitMs()).toBe(100);
  });

  it('counts bytes without a limit for nothing', () => {
    const pace = new Pace({ keys: 1_000 }, standingClock());
    pace.takeBytes(1e12);
    expect(pace.waitMs()).toBe(0);
  });

  it('can be held, which never shortens a wait', () => {
    const clock = standingClock();
    const pace = new Pace({ keys: 1_000 }, clock);
    pace.hold(50);
    expect(pace.waitMs()).toBe(50);
    pace.hold(20);
    expect(pace.waitMs()).toBe(50);
    pace.take(200);
    expect(pace.waitMs()).toBe(200);
  });
});

describe('the brake', () => {
  it('does nothing while the source answers quickly', () => {
    const brake = new Brake(10, standingClock());
    for (const answerMs of [0, 3, 10]) brake.feel(answerMs);
    expect([brake.isBraking, brake.pauseMs, brake.batchOf(100)]).toEqual([false, 0, 100]);
  });

  it('pauses as long as a slow answer took, then twice as long, up to a limit, with smaller batches', () => {
    const brake = new Brake(10, standingClock());
    brake.feel(11);
    expect(brake.pauseMs).toBe(11);
    brake.feel(12);
    expect(brake.pauseMs).toBe(22);
    brake.feel(90);
    expect(brake.pauseMs).toBe(90);
    for (let n = 0; n < 10; n += 1) brake.feel(11);
    expect(brake.pauseMs).toBe(200);
    expect([brake.batchOf(100), brake.batchOf(1)]).toEqual([25, 1]);
  });

  it('recovers little by little', () => {
    const brake = new Brake(10, standingClock());
    brake.feel(1_000);
    let quick = 0;
    for (let before = brake.pauseMs; brake.isBraking; before = brake.pauseMs) {
      brake.feel(1);
      quick += 1;
      expect(brake.pauseMs).toBeLessThan(before);
      expect(brake.pauseMs === 0 || brake.pauseMs >= before / 2).toBe(true);
    }
    expect(quick).toBeGreaterThan(20);
    expect(quick).toBeLessThan(30);
  });

  it('goes on as hard as one before it braked, within the limit', () => {
    const brake = new Brake(10, standingClock());
    brake.resume(50);
    expect([brake.pauseMs, brake.isBraking]).toEqual([50, true]);
    brake.resume(9_000);
    expect(brake.pauseMs).toBe(200);
    brake.resume(0);
    expect(brake.isBraking).toBe(false);
    const off = new Brake(0, standingClock());
    off.resume(50);
    expect(off.isBraking).toBe(false);
  });

  it('asks at most every 20 ms, and never when it is off', () => {
    const clock = standingClock();
    const brake = new Brake(10, clock);
    expect([brake.isDue(), brake.isDue()]).toEqual([true, false]);
    clock.ms = 19;
    expect(brake.isDue()).toBe(false);
    clock.ms = 20;
    expect(brake.isDue()).toBe(true);
    expect(new Brake(0, clock).isDue()).toBe(false);
  });
});

describe('the modes', () => {
  it('are gentle unless told, and fast ones have no brake', () => {
    const gentle = resolveOptions(undefined);
    const fast = resolveOptions({ mode: 'fast' });
    expect(gentle.mode).toBe('gentle');
    expect(gentle.brakeLatencyMs).toBeGreaterThan(0);
    expect(fast.brakeLatencyMs).toBe(0);
    expect(gentle.sparedRequests).toBe(1);
    expect(fast.sparedRequests).toBeGreaterThanOrEqual(fast.lanes);
    expect(fast.lanes * fast.batchKeys).toBeGreaterThan(gentle.lanes * gentle.batchKeys);
  });

  it('give way to what is set explicitly', () => {
    const options = { lanes: 2, sparedRequests: 2, batchKeys: 7, batchesPerScan: 3, brakeLatencyMs: 0 };
    expect(resolveOptions({ mode: 'gentle', ...options })).toMatchObject(options);
    const { lanes } = resolveOptions({ mode: 'fast' });
    expect(resolveOptions({ mode: 'fast', brakeLatencyMs: 3 })).toMatchObject({ lanes, brakeLatencyMs: 3 });
  });
});
