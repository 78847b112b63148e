import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import { servingAtEnd } from './serving.ts';
import { mayBeStuckAt, stuckAt } from './stuck.ts';
import type { Violation } from './violation.ts';

interface Event {
  type: string;
  step?: string;
}

/**
 * crash-anywhere. When nothing goes wrong any more and people help, an upgrade is completed, rolled back, or stuck, and stuck only
 * after an undo failed for good or a step after the point of no return did. What has ended is let go of, nothing is left that costs,
 * and clients can write at the old address.
 */
export function checkEnd(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  const complain = (message: string) => violations.push({ invariant: 'crash-anywhere', message });
  for (const { id, events } of last.upgrades) {
    const journal = events.map((line) => JSON.parse(line) as Event);
    const end = journal.at(-1);
    if (end === undefined) continue;
    const stuck = stuckAt(events);
    if (end.type !== 'ended' && stuck === undefined)
      complain(`${id} has not ended: its last event is ${end.type} ${end.step ?? ''}`);
    if (stuck !== undefined && !mayBeStuckAt(stuck))
      complain(`${id} is stuck at ${stuck.step}, where it had to go back by itself`);
  }
  if (last.outcome === 'completed' || last.outcome === 'rolled back') checkEnded(entries, last, complain);
  return violations;
}

function checkEnded(entries: readonly Entry[], last: LastWord, complain: (message: string) => void): void {
  const serving = last.outcome === 'completed' ? last.target : last.source;
  const found = servingAtEnd(entries, last);
  if (found !== serving) complain(`it is ${last.outcome}, and ${found ?? 'nobody'} serves the clients`);
  if (!last.writable.includes(serving)) complain(`it is ${last.outcome}, and ${serving} takes no writes`);
  if (last.outcome === 'completed' && last.writable.includes(last.source)) {
    complain('it is completed, and the old source takes writes');
  }
  if (last.liveJobs.length > 0)
    complain(`it is ${last.outcome}, and ${last.liveJobs.join(', ')} may still cost`);
  if (last.unfinished.length > 0 || last.heldInstances.length > 0) {
    complain(`it is ${last.outcome}, and ${last.heldInstances.join(', ')} are still held`);
  }
}
