import type { Clock } from '../clock.ts';
import { ApiError } from './api-error.ts';

/** Printed on every page of the Redis and DTS APIs: calls of each action in a second. */
export const defaultRequestsPerSecond = 20;

/** Counts the calls of each action in the last second. */
export class RequestLimits {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Counts one call; throws RequestLimitExceeded when it is one too many within a second. */
  admit(action: string): void {
    const now = this.#clock.now();
    const recent = (this.#calls.get(action) ?? []).filter((at) => at > now - 1_000);
    this.#calls.set(action, recent);
    if (recent.length >= this.#perSecond) throw limitExceeded(action, this.#perSecond);
    recent.push(now);
  }
}

export function limitExceeded(action: string, perSecond: number): ApiError {
  return new ApiError(
    'RequestLimitExceeded',
    `Your current request times equals to \`${perSecond + 1}\` in a second, which exceeds the frequency limit ` +
      `\`${perSecond}\` for a second (${action}).`,
  );
}
