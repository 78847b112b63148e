import type { Sample } from './metrics.ts';

/** One point of an answer. */
export interface Point {
  /** Unix seconds: where the period begins. */
  timestamp: number;
  average: number;
  highest: number;
  lowest: number;
}

export interface PointsQuery {
  metric: string;
  periodSeconds: number;
  fromMs: number;
  untilMs: number;
  /** Only periods that are over by then are shown. */
  visibleUntilMs: number;
}

/** Folds samples into one point a period. Periods without a sample, or not over yet, are absent. */
export function foldPoints(samples: readonly Sample[], query: PointsQuery): Point[] {
  const byPeriod = new Map<number, number[]>();
  for (const { atMs, values } of samples) {
    const value = values[query.metric];
    const timestamp = Math.floor(atMs / 1000 / query.periodSeconds) * query.periodSeconds;
    const isWanted = timestamp * 1000 >= query.fromMs && timestamp * 1000 <= query.untilMs;
    const isOver = (timestamp + query.periodSeconds) * 1000 <= query.visibleUntilMs;
    if (value === undefined || !isWanted || !isOver) continue;
    const period = byPeriod.get(timestamp) ?? [];
    byPeriod.set(timestamp, period);
    period.push(value);
  }
  return [...byPeriod].map(([timestamp, values]) => ({
    timestamp,
    average: round(values.reduce((sum, value) => sum + value, 0) / values.length),
    highest: round(Math.max(...values)),
    lowest: round(Math.min(...values)),
  }));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
