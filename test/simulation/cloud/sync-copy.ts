import type { Faults } from '../faults.ts';
import type { Change, SimulatedServer } from '../redis/simulated-server.ts';
import type { Random } from '../time/random.ts';
import type { Timeline } from '../time/timeline.ts';

/** Bytes that one change counts for in the lag. */
const BYTES_A_CHANGE = 100;

/**
 * Copies one server to another: a snapshot, then every change in order, each some time after it was made. What was not applied
 * when it ends is lost.
 */
export class SyncCopy {
  private readonly source: SimulatedServer;
  private readonly target: SimulatedServer;
  private readonly timeline: Timeline;
  private readonly random: Random;
  private readonly faults: Faults;
  private readonly usualLagMs: number;
  private readonly waiting: Change[] = [];
  private unfollow: () => void = () => undefined;
  private loaded = false;
  private over = false;
  private lastDueMs = 0;

  constructor(
    sides: { source: SimulatedServer; target: SimulatedServer },
    parts: { timeline: Timeline; random: Random; faults: Faults },
  ) {
    this.source = sides.source;
    this.target = sides.target;
    this.timeline = parts.timeline;
    this.random = parts.random;
    this.faults = parts.faults;
    this.usualLagMs = parts.random.pick([1, 20, 200, 1_000]);
  }

  /** Takes the snapshot now; it is on the target, and the stream begins to flow, after so long. */
  begin(loadMs: number, onLoaded: () => void): void {
    const snapshot = this.source.snapshot();
    this.unfollow = this.source.follow((change) => this.queue(change));
    this.timeline.after(loadMs, () => {
      if (this.over) return;
      for (const change of snapshot) if (!this.hasOutlived(change)) this.target.apply(change);
      this.loaded = true;
      for (const _ of this.waiting) this.schedule();
      onLoaded();
    });
  }

  get lagBytes(): number {
    return this.waiting.length * BYTES_A_CHANGE;
  }

  /** Ends it. With `drains`, what is on its way still arrives, at once. */
  end(drains: boolean): void {
    if (this.over) return;
    if (drains) for (const change of this.waiting.splice(0)) this.target.apply(change);
    this.over = true;
    this.unfollow();
  }

  /** What the renewal then finds on the target is no key, so nothing brings it any more. */
  private hasOutlived({ stored }: Change): boolean {
    return stored?.expiresAtMs !== undefined && this.faults.strikes('copy-outlives-a-key', 'copy');
  }

  private queue(change: Change): void {
    if (this.faults.strikes('copy-misses-a-change', 'copy')) return;
    this.waiting.push(change);
    if (this.loaded) this.schedule();
  }

  /** One change arrives after the lag of that moment; never before the one ahead of it. */
  private schedule(): void {
    const grown = this.faults.strikes('lag-grows', 'copy') ? this.random.next() * 5_000 : 0;
    const lagMs = this.usualLagMs * (0.5 + this.random.next()) + grown;
    this.lastDueMs = Math.max(this.lastDueMs, this.timeline.exactly() + lagMs);
    this.timeline.at(this.lastDueMs, () => {
      if (this.over) return;
      const change = this.waiting.shift();
      if (change !== undefined) this.target.apply(change);
    });
  }
}
