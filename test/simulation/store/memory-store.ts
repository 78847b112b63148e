import type { JournalEvent } from '../../../src/upgrade/events.ts';

/** What the bot keeps in its own Redis, as its scripts there see it. */
export class MemoryStore {
  readonly journals = new Map<string, { line: string; event: JournalEvent }[]>();
  readonly unfinished = new Map<string, number>();
  readonly upgrades = new Map<string, number>();
  readonly holders = new Map<string, string>();
  readonly approvals = new Map<string, string>();
  readonly leases = new Map<string, { token: string; untilMs: number }>();
  readonly progress = new Map<string, string>();
  readonly scratch = new Map<string, string>();
  private readonly now: () => number;
  private changes: { atMs: number; revert: () => void }[] = [];

  constructor(now: () => number) {
    this.now = now;
  }

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    this.remember(map, key);
    map.set(key, value);
  }

  remove<K, V>(map: Map<K, V>, key: K): void {
    this.remember(map, key);
    map.delete(key);
  }

  push(upgradeId: string, entry: { line: string; event: JournalEvent }): void {
    const journal = this.journals.get(upgradeId) ?? [];
    this.set(this.journals, upgradeId, [...journal, entry]);
  }

  /** Forgets everything since a moment, as a store does that is restarted and had not written it down yet. */
  forgetSince(sinceMs: number): void {
    for (
      let change = this.changes.at(-1);
      change !== undefined && change.atMs > sinceMs;
      change = this.changes.at(-1)
    ) {
      change.revert();
      this.changes.pop();
    }
  }

  private remember<K, V>(map: Map<K, V>, key: K): void {
    const had = map.has(key);
    const before = map.get(key);
    const atMs = this.now();
    this.changes.push({
      atMs,
      revert: () => {
        if (had) map.set(key, before as V);
        else map.delete(key);
      },
    });
    // Older than anything that a store may forget.
    if (this.changes.length > 2_000)
      this.changes = this.changes.filter((change) => change.atMs > atMs - 2_000);
  }
}
