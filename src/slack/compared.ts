import type { JournalEvent } from '../upgrade/events.ts';

/** A comparison that ended with differences. */
export interface Compared {
  /** Number of the event that says so. */
  seq: number;
  /** Which of the comparisons of this upgrade that found some, from 1. */
  ordinal: number;
}

/**
 * The last comparison of source and target that found differences. Its list is the only one that is kept: an earlier one that never
 * got into the thread never will.
 */
export function lastWithDifferences(journal: readonly JournalEvent[]): Compared | undefined {
  const ends = journal.filter(foundDifferences);
  const seq = ends.at(-1)?.seq;
  return seq === undefined ? undefined : { seq, ordinal: ends.length };
}

function foundDifferences(event: JournalEvent): boolean {
  if (event.type === 'step_failed')
    return event.step === 'verify-data' && event.error.code === 'data_differs';
  return event.type === 'step_noted' && event.step === 'verify-data' && event.note['code'] === 'data_differs';
}
