import type { Clock } from './comparison-options.ts';

/** How much of each there may be per second; undefined: no limit. */
export interface PaceLimits {
  readonly keys?: number | undefined;
  readonly repairs?: number | undefined;
}

/** Spreads work evenly over time, whatever the batches look like. Without limits it never waits. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Clock;
  #nextAt = 0;

  constructor(limits: PaceLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How long the next batch has to wait, in ms. */
  waitMs(): number {
    return Math.max(0, this.#nextAt - this.#clock.now());
  }

  /** Says that so many keys were read now. */
  take(keys: number): void {
    this.#spend(keys, this.#limits.keys);
  }

  /** Says that so many keys were changed now. */
  takeRepairs(keys: number): void {
    this.#spend(keys, this.#limits.repairs);
  }

  #spend(count: number, perSecond: number | undefined): void {
    if (perSecond === undefined) return;
    this.#nextAt = Math.max(this.#nextAt, this.#clock.now()) + (count * 1_000) / perSecond;
  }
}
