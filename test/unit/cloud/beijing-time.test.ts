import { describe, expect, it } from 'vitest';
import { formatBeijingIso, formatBeijingTime, parseBeijingTime } from '../../../src/cloud/beijing-time.ts';

describe('times as Tencent prints them', () => {
  it('reads a time without an offset as Beijing time', () => {
    expect(parseBeijingTime('2026-04-23 20:21:35')).toBe(Date.parse('2026-04-23T12:21:35Z'));
  });

  it('takes a time that has an offset at its word', () => {
    expect(parseBeijingTime('2026-04-23T20:21:35+08:00')).toBe(Date.parse('2026-04-23T12:21:35Z'));
    expect(parseBeijingTime('2026-04-23T20:21:35Z')).toBe(Date.parse('2026-04-23T20:21:35Z'));
  });

  it.each(['0000-00-00 00:00:00', '', 'soon', '2026-13-45 00:00:00', '2026-04-23'])(
    'knows no time in %j',
    (text) => {
      expect(parseBeijingTime(text)).toBeUndefined();
    },
  );

  it('prints what it reads, across midnight too', () => {
    const ms = Date.parse('2026-12-31T16:00:01Z');
    expect(formatBeijingTime(ms)).toBe('2027-01-01 00:00:01');
    expect(formatBeijingIso(ms)).toBe('2027-01-01T00:00:01+08:00');
    expect(parseBeijingTime(formatBeijingTime(ms))).toBe(ms);
  });
});
