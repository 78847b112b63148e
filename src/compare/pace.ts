import type { Clock } from './comparison-options.ts';

/** Spreads keys evenly over time: no more than `maxKeysPerSecond`, whatever the batches look like. Unset, it never waits. */
export class Pace {
  readonly #msPerKey: number;
  readonly #clock: Clock;
  #nextAt = 0;

  constructor(maxKeysPerSecond: number | undefined, clock: Clock) {
    this.#msPerKey = maxKeysPerSecond === undefined ? 0 : 1_000 / maxKeysPerSecond;
    this.#clock = clock;
  }

  /** How long the next batch has to wait, in ms. */
  waitMs(): number {
    return Math.max(0, this.#nextAt - this.#clock.now());
  }

  /** Says that so many keys were taken now. */
  take(keys: number): void {
    this.#nextAt = Math.max(this.#nextAt, this.#clock.now()) + keys * this.#msPerKey;
  }
}
