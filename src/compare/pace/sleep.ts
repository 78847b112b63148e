import { setTimeout as systemSleep } from 'node:timers/promises';
import type { Clock } from '../comparison-options.ts';

/** Waits by the given clock, by the system's when that one has no `sleep`. Rejects when the signal is aborted. */
export async function sleepBy(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (clock.sleep !== undefined) return clock.sleep(ms, signal);
  await systemSleep(ms, undefined, signal === undefined ? {} : { signal });
}
