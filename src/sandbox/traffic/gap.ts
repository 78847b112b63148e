/** Measures the longest time between two successes. Times are milliseconds of a monotonic clock. */
export class GapMeter {
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #longestMs = 0;
  #longestFromMs = 0;
  #count = 0;

  /** A success at this time. */
  success(atMs: number): void {
    if (this.#lastMs !== undefined && atMs - this.#lastMs > this.#longestMs) {
      this.#longestMs = atMs - this.#lastMs;
      this.#longestFromMs = this.#lastMs;
    }
    this.#firstMs ??= atMs;
    this.#lastMs = atMs;
    this.#count++;
  }

  /** 0 until there have been two successes. A gap that has not ended does not count: nobody knows its length. */
  longest(): { ms: number; fromMs: number } {
    return { ms: this.#longestMs, fromMs: this.#longestFromMs };
  }

  /** Successes a second between the first and the last, the longest gap left out; 0 when there is nothing to divide by. */
  ratePerSecond(): number {
    if (this.#firstMs === undefined || this.#lastMs === undefined) return 0;
    const activeMs = this.#lastMs - this.#firstMs - this.#longestMs;
    return activeMs <= 0 ? 0 : (this.#count * 1000) / activeMs;
  }
}

/** Counts successes of the last full second. */
export class RateMeter {
  #second = 0;
  #count = 0;
  #before = 0;

  success(atMs: number): void {
    this.#turn(atMs);
    this.#count++;
  }

  lastSecond(nowMs: number): number {
    this.#turn(nowMs);
    return this.#before;
  }

  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    this.#before = second === this.#second + 1 ? this.#count : 0;
    this.#second = second;
    this.#count = 0;
  }
}
