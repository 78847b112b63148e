import { bytesSinceLast, type Lane } from '../lane/lane.ts';
import { waitForPace } from '../pace/slice.ts';
import type { Work } from './mender.ts';

/**
 * Waits until this lane, at rest, may read on: the limits hold what it has read so far against it, and the brake asks the spared side how
 * it is. Gives false when the slice ended first.
 */
export async function waitForTurn(work: Work, lane: Lane): Promise<boolean> {
  if (!(await waitForPage(work, lane))) return false;
  await feelPulse(work, lane);
  return true;
}

/** The same for a lane that may be reading still, from which nothing can be told about anybody else's waits. */
export async function waitForPage(work: Work, lane: Lane): Promise<boolean> {
  const { brake, pace } = work;
  chargeBytes(work, lane);
  if (!(await waitForPace(pace, work.time))) return false;
  // For the turn after this one: who has waited may read, or slices shorter than the pause would never get anywhere.
  if (brake.isBraking) pace.hold(brake.pauseMs);
  return true;
}

/** Says what this lane has read. */
export function chargeBytes(work: Work, lane: Lane): void {
  work.pace.takeBytes(bytesSinceLast(lane));
}

/** Asks the spared side how it is, when that is due. */
export async function feelPulse({ brake, context }: Work, lane: Lane): Promise<void> {
  if (!brake.isDue()) return;
  const askedAt = context.clock.now();
  // No values of ours are before it on this connection, so it waits in line as any other client's command does.
  await lane.pulse.command('PING');
  brake.feel(context.clock.now() - askedAt);
}
