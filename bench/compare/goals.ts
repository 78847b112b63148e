import { medianOf } from '../figures.ts';

/** What one pass of one contender cost. */
export interface Figures {
  readonly keys: number;
  readonly differences: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly sourceCpuSeconds: number;
  readonly targetCpuSeconds: number;
}

export const YARDSTICK = 'ioredis pipelines';
export const FAST = 'fast';
export const GENTLE = 'gentle';
export const UNBRAKED = 'gentle, without the brake';
export const NOBODY = 'nobody';

/** What another client of the source felt beside one pass. */
export interface Felt {
  readonly keys: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A goal, what was measured for it, and whether it holds. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly holds: boolean;
}

/** Keys per second as a multiple of the yardstick's, run by run: the contenders of one run had the same machine. */
export function ratios(all: readonly Figures[], yardstick: readonly Figures[]): number[] {
  return all.flatMap((one, run) => {
    const base = yardstick[run];
    return base === undefined ? [] : [one.keys / one.seconds / (base.keys / base.seconds)];
  });
}

const median = (all: readonly Figures[], figure: (one: Figures) => number) => medianOf(all.map(figure));

/**
 * The goals that can be judged without RedisFullCheck: that one makes about 60,000 keys/s, four times the yardstick, on the machine where
 * both were measured. The CPU of a full pass is held against its 8 s on the source and 11 s of its own for each million keys, and is
 * only worth believing on a machine that does nothing else.
 */
export function judgeGoals(
  figures: ReadonlyMap<string, readonly Figures[]>,
  felt: ReadonlyMap<string, readonly Felt[]>,
  growth?: Growth,
): Goal[] {
  const yardstick = figures.get(YARDSTICK) ?? [];
  const fast = figures.get(FAST) ?? [];
  const gentle = figures.get(GENTLE) ?? [];
  const millions = median(fast, (one) => one.keys) / 1e6;
  const all = [...fast, ...gentle];
  const goals = [
    atLeast('fast: 7 times the keys/s of the yardstick', medianOf(ratios(fast, yardstick)), 7),
    atMost(
      'fast: own CPU s, a quarter of 11 a million keys',
      median(fast, (one) => one.cpuSeconds),
      2.75 * millions,
    ),
    atMost(
      'fast: source CPU s, 0.75 of 8 a million keys',
      median(fast, (one) => one.sourceCpuSeconds),
      6 * millions,
    ),
    atLeast(
      'gentle: 5.6 times the keys/s of the yardstick (1.4 of RedisFullCheck)',
      medianOf(ratios(gentle, yardstick)),
      5.6,
    ),
    atMost(
      'gentle: p99 of another client, ms',
      medianOf((felt.get(GENTLE) ?? []).map((one) => one.p99Ms)),
      1,
    ),
    atMost('memory: RSS in MB', Math.max(...all.map((one) => one.rssMb)), 128),
  ];
  if (growth !== undefined) {
    goals.push(atMost(`memory: RSS in MB at ${growth.keys} keys`, growth.rssMb, 128));
  }
  return goals.filter((goal) => yardstick.length > 0 || !goal.goal.includes('yardstick'));
}

/** A pass over the data set after it was filled up. */
export interface Growth {
  readonly keys: number;
  readonly rssMb: number;
}

function atLeast(goal: string, value: number, limit: number): Goal {
  return { goal, measured: `${value.toFixed(2)} (at least ${limit.toFixed(2)})`, holds: value >= limit };
}

function atMost(goal: string, value: number, limit: number): Goal {
  return { goal, measured: `${value.toFixed(2)} (at most ${limit.toFixed(2)})`, holds: value <= limit };
}
