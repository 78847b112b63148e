import type { JournalEvent } from './events.ts';
import type { UpgradeState } from './state.ts';

/** An event as it was folded once: behind which other, and what came of it where somebody asked. */
interface Folded {
  before: Folded | undefined;
  state: UpgradeState | undefined;
}

const FOLDED = new WeakMap<JournalEvent, Folded>();

/** The longest beginning of a journal whose state is known: of the very same events, in the same order. */
export function recall(events: readonly JournalEvent[]): { count: number; state: UpgradeState } | undefined {
  let found: { count: number; state: UpgradeState } | undefined;
  let before: Folded | undefined;
  let count = 0;
  for (const event of events) {
    const folded = FOLDED.get(event);
    if (folded === undefined || folded.before !== before) break;
    before = folded;
    count += 1;
    if (folded.state !== undefined) found = { count, state: folded.state };
  }
  return found;
}

/** Keeps what came of these events for as long as somebody has them; only of events that nobody can change any more. */
export function remember(events: readonly JournalEvent[], state: UpgradeState): void {
  if (!events.every(Object.isFrozen)) return;
  let last: Folded | undefined;
  for (const event of events) {
    const known = FOLDED.get(event);
    const folded: Folded =
      known !== undefined && known.before === last ? known : { before: last, state: undefined };
    if (folded !== known) FOLDED.set(event, folded);
    last = folded;
  }
  Object.freeze(state.steps);
  Object.freeze(state);
  if (last !== undefined) last.state = state;
}
