import type { Clock } from '../comparison-options.ts';

/** How much of each there may be per second; undefined: no limit. */
export interface PaceLimits {
  readonly keys?: number | undefined;
  readonly repairs?: number | undefined;
  /** Bytes of replies, from both sides together. */
  readonly bytes?: number | undefined;
}

/**
 * Spreads work evenly over time, whatever the batches look like. Keys read and keys changed take their time one after the other; bytes
 * are counted beside them, and the longer wait counts. Without limits it never waits.
 */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Clock;
  readonly #nextAt = { keys: 0, bytes: 0, held: 0 };

  constructor(limits: PaceLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How long the next batch has to wait, in ms. */
  waitMs(): number {
    const { keys, bytes, held } = this.#nextAt;
    return Math.max(0, Math.max(keys, bytes, held) - this.#clock.now());
  }

  /** Says that so many keys were read now. */
  take(keys: number): void {
    this.#spend('keys', keys, this.#limits.keys);
  }

  /** Says that so many keys were changed now. */
  takeRepairs(keys: number): void {
    this.#spend('keys', keys, this.#limits.repairs);
  }

  /** Says that so many bytes came in now. */
  takeBytes(bytes: number): void {
    this.#spend('bytes', bytes, this.#limits.bytes);
  }

  /** Lets nothing begin for so long from now, whatever the limits say. */
  hold(ms: number): void {
    this.#nextAt.held = Math.max(this.#nextAt.held, this.#clock.now() + ms);
  }

  #spend(on: 'keys' | 'bytes', count: number, perSecond: number | undefined): void {
    if (perSecond === undefined) return;
    this.#nextAt[on] = Math.max(this.#nextAt[on], this.#clock.now()) + (count * 1_000) / perSecond;
  }
}
