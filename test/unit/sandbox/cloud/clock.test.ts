import { describe, expect, it } from 'vitest';
import { beijingTime, parseBeijingTime } from '../../../../src/sandbox/cloud/clock.ts';

describe('Beijing time', () => {
  it('is eight hours ahead of UTC', () => {
    expect(beijingTime(Date.UTC(2026, 10, 22, 20, 30, 5))).toBe('2026-11-23 04:30:05');
  });

  it('shows a time never set as Tencent does', () => {
    expect(beijingTime(undefined)).toBe('0000-00-00 00:00:00');
  });

  it('is read back, and nothing else is', () => {
    const at = Date.UTC(2026, 0, 1);
    expect(parseBeijingTime(beijingTime(at))).toBe(at);
    for (const text of [
      '2026-01-01',
      '2026-13-01 00:00:00',
      '0000-00-00 00:00:00',
      'now',
      '2026-01-01T00:00:00',
    ]) {
      expect(parseBeijingTime(text)).toBeUndefined();
    }
  });
});
