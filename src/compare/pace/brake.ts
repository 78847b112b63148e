import type { Clock } from '../comparison-options.ts';

/** How often the source is asked, at most: a PING costs it about a microsecond. */
const ASK_EVERY_MS = 20;
/** Even beside a source that is slow for hours a comparison moves on, a few batches a second. */
const MAX_PAUSE_MS = 200;
const MIN_PAUSE_MS = 1;
/** With each quick answer the pauses shrink to this share of what they were. */
const RECOVERY = 0.8;
/** Keys of a batch are divided by this while the source answers slowly. */
const SMALLER_BATCHES = 4;

/**
 * Spares a source that answers slowly. It is told how long the source takes for a PING; with an answer slower than
 * `latencyMs` the comparison pauses before each batch, as long as the answer took and twice as long each time it stays slow, and takes smaller
 * batches. Quick answers shrink the pauses little by little. What is measured holds the way to the server and back too.
 */
export class Brake {
  readonly #latencyMs: number;
  readonly #clock: Clock;
  #askedAt = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;

  /** `latencyMs` 0: it never brakes and never asks. */
  constructor(latencyMs: number, clock: Clock) {
    this.#latencyMs = latencyMs;
    this.#clock = clock;
  }

  /** Whether the source should be asked now; the answer is then told to `feel`. */
  isDue(): boolean {
    if (this.#latencyMs === 0 || this.#clock.now() - this.#askedAt < ASK_EVERY_MS) return false;
    this.#askedAt = this.#clock.now();
    return true;
  }

  /** Says how long the source took to answer. */
  feel(answerMs: number): void {
    if (answerMs > this.#latencyMs) {
      this.#pauseMs = Math.min(MAX_PAUSE_MS, Math.max(answerMs, this.#pauseMs * 2));
      return;
    }
    const pauseMs = this.#pauseMs * RECOVERY;
    this.#pauseMs = pauseMs < MIN_PAUSE_MS ? 0 : pauseMs;
  }

  get isBraking(): boolean {
    return this.#pauseMs > 0;
  }

  /** The wait before each batch, in ms. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Goes on as another brake left off, which paused for so long; one that is off does not. */
  resume(pauseMs: number): void {
    this.#pauseMs = this.#latencyMs === 0 ? 0 : Math.min(MAX_PAUSE_MS, pauseMs);
  }

  /** How many keys to take instead of so many. */
  batchOf(keys: number): number {
    return this.isBraking ? Math.ceil(keys / SMALLER_BATCHES) : keys;
  }
}
