import { bytesSinceLast, type Lane } from '../lane/lane.ts';
import { waitForPace } from '../pace/slice.ts';
import type { Work } from './mender.ts';

/**
 * Waits until this lane may read on: the limits hold what it has read so far against it, and the brake asks the source how it is. Gives
 * false when the slice ended first.
 */
export async function waitForTurn(work: Work, lane: Lane): Promise<boolean> {
  const { brake, pace, context } = work;
  pace.takeBytes(bytesSinceLast(lane));
  if (!(await waitForPace(pace, work.time))) return false;
  if (brake.isDue()) {
    const askedAt = context.clock.now();
    // Nothing of ours is before it on this connection, so it waits in line as any other client's command does.
    await lane.ungatedSource.command('PING');
    brake.feel(context.clock.now() - askedAt);
  }
  // For the turn after this one: who has waited may read, or slices shorter than the pause would never get anywhere.
  if (brake.isBraking) pace.hold(brake.pauseMs);
  return true;
}
