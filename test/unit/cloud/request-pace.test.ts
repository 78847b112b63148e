import { describe, expect, it } from 'vitest';
import { createRequestPace } from '../../../src/cloud/request-pace.ts';

describe('the pace of requests', () => {
  const paceAt = (clock: { ms: number }, requestsPerSecond = 18) =>
    createRequestPace({ now: () => clock.ms }, { requestsPerSecond });

  it('lets a full burst through at once and holds the next one for the rest of the second', () => {
    const clock = { ms: 1_000 };
    const pace = paceAt(clock);
    for (let index = 0; index < 18; index += 1) {
      expect(pace.reserve('DescribeInstances', Number.POSITIVE_INFINITY)).toBe(0);
    }
    clock.ms += 400;
    expect(pace.reserve('DescribeInstances', Number.POSITIVE_INFINITY)).toBe(600);
  });

  it('never puts more than its requests into any one second, whatever the rhythm of those who ask', () => {
    const clock = { ms: 0 };
    const pace = paceAt(clock);
    const sentAt: number[] = [];
    for (let index = 0; index < 500; index += 1) {
      clock.ms += (index * 37) % 61;
      sentAt.push(clock.ms + (pace.reserve('GetMonitorData', Number.POSITIVE_INFINITY) ?? Number.NaN));
    }
    for (const start of sentAt) {
      expect(sentAt.filter((at) => at >= start && at < start + 1_000).length).toBeLessThanOrEqual(18);
    }
    // And it does not dawdle: under constant pressure it gets through 18 a second.
    const elapsedSeconds = ((sentAt.at(-1) ?? 0) - (sentAt[0] ?? 0)) / 1_000;
    expect(500 / elapsedSeconds).toBeGreaterThan(17);
  });

  it('counts each action by itself', () => {
    const pace = paceAt({ ms: 0 }, 1);
    expect(pace.reserve('StartMigrateJob', 5_000)).toBe(0);
    expect(pace.reserve('StopMigrateJob', 5_000)).toBe(0);
    expect(pace.reserve('StartMigrateJob', 5_000)).toBe(1_000);
  });

  it('takes no place in the queue for a request that would miss its deadline', () => {
    const pace = paceAt({ ms: 0 }, 1);
    expect(pace.reserve('StartMigrateJob', 100)).toBe(0);
    expect(pace.reserve('StartMigrateJob', 999)).toBeUndefined();
    expect(pace.reserve('StartMigrateJob', 1_000)).toBe(1_000);
  });
});
