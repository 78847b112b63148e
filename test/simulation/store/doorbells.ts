import type { Answer } from '../../../src/engine/bell.ts';
import type { Faults } from '../faults.ts';
import type { Random } from '../time/random.ts';
import type { Timeline } from '../time/timeline.ts';

/** A process that answers doorbells. */
export interface Listener {
  name: string;
  isAlive(): boolean;
  answer(upgradeId: string): Promise<Answer>;
}

/** After this long without its process a doorbell being answered is handed to another one. */
const STALLED_MS = 5_000;
/** After an answer that threw. */
const RETRY_MS = 2_000;
/** A doorbell that is late is late by at most so much. */
const LATE_MS = 20_000;

interface Waiting {
  dueMs: number;
  serial: number;
}

/**
 * The queue of doorbells: it outlives the processes, hands each doorbell to any of them, and may lose, double or delay one.
 * Doorbells of one process for one upgrade fall together into one, the latest.
 */
export class Doorbells {
  private readonly listeners: Listener[] = [];
  private readonly waiting = new Map<string, Waiting>();
  private serial = 0;
  private readonly timeline: Timeline;
  private readonly faults: Faults;
  private readonly random: Random;

  constructor(parts: { timeline: Timeline; faults: Faults; random: Random }) {
    this.timeline = parts.timeline;
    this.faults = parts.faults;
    this.random = parts.random;
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  ring(scope: string, upgradeId: string, delayMs: number): void {
    const { faults } = this;
    if (faults.strikes('bell-lost', 'ring')) return;
    const lateMs = faults.strikes('bell-late', 'ring') ? this.random.next() * LATE_MS : 0;
    this.schedule(`${upgradeId}.${scope}`, upgradeId, delayMs + lateMs + 0.5);
    if (faults.strikes('bell-doubled', 'ring')) {
      this.schedule(`${upgradeId}.${scope}.double`, upgradeId, delayMs + this.random.next() * 1_000);
    }
  }

  /** A store that is restarted may have forgotten them all. */
  forget(): void {
    this.waiting.clear();
  }

  private schedule(id: string, upgradeId: string, delayMs: number): void {
    const dueMs = this.timeline.exactly() + delayMs;
    // One that says "soon" is not overwritten by one that says "later".
    if ((this.waiting.get(id)?.dueMs ?? Number.POSITIVE_INFINITY) <= dueMs) return;
    this.serial += 1;
    const mine: Waiting = { dueMs, serial: this.serial };
    this.waiting.set(id, mine);
    this.timeline.after(delayMs, () => {
      if (this.waiting.get(id)?.serial !== mine.serial) return;
      this.waiting.delete(id);
      this.deliver(id, upgradeId);
    });
  }

  private deliver(id: string, upgradeId: string): void {
    const alive = this.listeners.filter((listener) => listener.isAlive());
    const listener = alive[this.random.whole(0, Math.max(0, alive.length - 1))];
    if (listener === undefined) {
      this.schedule(id, upgradeId, 1_000);
      return;
    }
    let done = false;
    const finish = (next: () => void) => {
      if (done) return;
      done = true;
      next();
    };
    this.timeline.after(STALLED_MS, () => {
      if (!listener.isAlive()) finish(() => this.schedule(id, upgradeId, 0));
    });
    listener.answer(upgradeId).then(
      (said) => finish(() => this.goOn(id, { upgradeId, scope: listener.name, said })),
      () => finish(() => this.ring(listener.name, upgradeId, RETRY_MS)),
    );
  }

  private goOn(id: string, heard: { upgradeId: string; scope: string; said: Answer }): void {
    const { upgradeId, scope, said } = heard;
    if (said === 'rest') return;
    if ('busyMs' in said) this.schedule(id, upgradeId, said.busyMs);
    else this.ring(scope, upgradeId, said.ringInMs);
  }
}
