import type { JournalEvent } from '../../src/upgrade/events.ts';
import type { Entry } from '../simulation/history.ts';
import { type Journey, travel } from './journeys.ts';

/** A line of the journal, and the name of the fault that kills the process right before or after the store took it. */
export interface CrashPoint {
  when: 'before' | 'after';
  /** `step_intended of fence-source, line 41`. */
  what: string;
  fault: string;
}

/** Every line of a journey that is left alone, from the first one that is its own. */
export async function crashPoints(journey: Journey): Promise<CrashPoint[]> {
  const { history } = await travel(journey);
  const lines = history.flatMap(linesOf);
  const first = lines.findIndex((event) => isOwn(journey, event));
  const counts = new Map<string, number>();
  return lines.flatMap((event, index) => {
    const place = `store.${index === 0 ? 'create' : `append-${event.type}`}`;
    const number = (counts.get(place) ?? 0) + 1;
    counts.set(place, number);
    if (index < first) return [];
    const what = `${event.type}${'step' in event ? ` of ${event.step}` : ''}, line ${index}`;
    // A click that dies on its way was never made, and nobody makes it again.
    const times =
      CLICKS.has(event.type) && event.actor.kind === 'person'
        ? (['after'] as const)
        : (['before', 'after'] as const);
    return times.map((when) => ({
      when,
      what,
      fault: `crash-${when}-call@${place}#${number}`,
    }));
  });
}

const CLICKS = new Set<JournalEvent['type']>(['rollback_requested', 'repair_requested']);

export function linesOf(entry: Entry): JournalEvent[] {
  return entry.kind === 'journal' ? [JSON.parse(entry.line) as JournalEvent] : [];
}

/** What comes before is the same as in the upgrade by address, whose every line is tried. */
function isOwn({ how, mode, repair }: Journey, event: JournalEvent): boolean {
  if (repair !== undefined) return event.type === 'repair_requested';
  if (mode !== undefined) return event.type === 'rollback_requested';
  return how === 'address' || ('step' in event && event.step === 'hand-out-address');
}
