import { type JournalEvent, parseEvent } from '../upgrade/events.ts';

/** Journals whose lines are kept, the latest read; the others are parsed afresh. */
const MOST_JOURNALS = 32;

interface Read {
  lines: readonly string[];
  events: readonly JournalEvent[];
}

/**
 * Makes events of a journal's lines. A journal is read at every doorbell and only ever grows, so a line that stands where it stood
 * at the last reading is not parsed again: its event is the same object, which is frozen for that reason.
 */
export class ReadLines {
  private readonly latest = new Map<string, Read>();

  /** Throws when a line cannot be read, and keeps nothing of that reading. */
  parse(upgradeId: string, lines: readonly string[]): JournalEvent[] {
    const before = this.latest.get(upgradeId);
    const events = lines.map((line, index) => {
      const known = before?.lines[index] === line ? before.events[index] : undefined;
      return known ?? frozen(parseEvent(line));
    });
    this.latest.delete(upgradeId);
    this.latest.set(upgradeId, { lines, events });
    this.forgetOldest();
    // A copy: whoever reads may do with the list as they like.
    return [...events];
  }

  private forgetOldest(): void {
    if (this.latest.size <= MOST_JOURNALS) return;
    const [oldest] = this.latest.keys();
    if (oldest !== undefined) this.latest.delete(oldest);
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
