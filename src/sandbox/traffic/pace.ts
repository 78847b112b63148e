const maxArrearsMs = 500;

/** Tells how many operations are due. Falls behind without end it does not: what half a second could not do is dropped. */
export class Pace {
  readonly #perSecond: number;
  #due = 0;
  #lastMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#lastMs = nowMs;
  }

  /** Takes up to `max` due operations. */
  take(nowMs: number, max: number): number {
    const most = Math.max(1, (this.#perSecond * maxArrearsMs) / 1000);
    this.#due = Math.min(most, this.#due + ((nowMs - this.#lastMs) * this.#perSecond) / 1000);
    this.#lastMs = nowMs;
    const taken = Math.min(Math.floor(this.#due), Math.max(0, max));
    this.#due -= taken;
    return taken;
  }
}
