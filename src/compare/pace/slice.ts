import type { Clock } from '../comparison-options.ts';
import type { Lane } from '../lane/lane.ts';
import type { Pace } from './pace.ts';
import { sleepBy } from './sleep.ts';

/** One piece of work on one lane. */
export type Unit = (lane: Lane) => Promise<void>;

/** The time in which lanes may begin new units of work. Units are small, so a slice ends soon after its deadline. */
export interface SliceTime {
  readonly clock: Clock;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

export function isOver(time: SliceTime): boolean {
  return time.signal?.aborted === true || time.clock.now() >= time.deadline;
}

/**
 * Lets every lane take units until there are none or the time is over. When one fails, the others finish the unit they are at,
 * and the first error is thrown. Even a slice without time does one unit: no budget is so small that nothing ever moves.
 */
export async function runLanes(
  lanes: readonly Lane[],
  nextUnit: (lane: Lane) => Promise<Unit | undefined>,
  time: SliceTime,
): Promise<void> {
  let failed = false;
  const work = async (lane: Lane): Promise<void> => {
    try {
      do {
        const unit = await nextUnit(lane);
        if (unit === undefined) return;
        await unit(lane);
      } while (!failed && !isOver(time));
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(lanes.map(work));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Waits for the pace, but not beyond the slice; false when the slice ended first. */
export async function waitForPace(pace: Pace, time: SliceTime): Promise<boolean> {
  // Another lane may have made the wait longer meanwhile.
  for (let wait = pace.waitMs(); wait > 0; wait = pace.waitMs()) {
    if (isOver(time)) return false;
    const left = time.deadline - time.clock.now();
    try {
      await sleepBy(time.clock, Math.ceil(Math.min(wait, left)), time.signal);
    } catch (error) {
      if (!isOver(time)) throw error;
    }
  }
  return true;
}
