import { describe, expect, it } from 'vitest';
import { foldPoints } from '../../../../src/sandbox/cloud/monitor/points.ts';

const sample = (atMs: number, CmdWrite: number) => ({ atMs, values: { CmdWrite } });
const query = { metric: 'CmdWrite', periodSeconds: 5, fromMs: 0, untilMs: 60_000, visibleUntilMs: 60_000 };

describe('points', () => {
  it('average the samples of a period and name its beginning', () => {
    const points = foldPoints([sample(5_100, 10), sample(9_900, 30), sample(10_000, 7)], query);
    expect(points).toEqual([
      { timestamp: 5, average: 20, highest: 30, lowest: 10 },
      { timestamp: 10, average: 7, highest: 7, lowest: 7 },
    ]);
  });

  it('never hide a write of their period behind a later silence', () => {
    const [point] = foldPoints([sample(5_100, 10), sample(9_900, 0)], query);
    expect(point?.average).toBeGreaterThan(0);
  });

  it('are absent where nothing was sampled, and while their period is not over', () => {
    const points = foldPoints([sample(1_000, 1), sample(31_000, 1)], { ...query, visibleUntilMs: 34_999 });
    expect(points.map(({ timestamp }) => timestamp)).toEqual([0]);
  });

  it('are only those of the time asked for', () => {
    const samples = [sample(1_000, 1), sample(6_000, 1), sample(11_000, 1)];
    const points = foldPoints(samples, { ...query, fromMs: 5_000, untilMs: 9_999 });
    expect(points.map(({ timestamp }) => timestamp)).toEqual([5]);
  });
});
