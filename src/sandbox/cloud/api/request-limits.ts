import type { Clock } from '../clock.ts';
import { ApiError } from './api-error.ts';

/** Printed on every page of the Redis and DTS APIs. */
export const maxRequestsPerSecond = 20;

/** Counts the calls of each action in the last second. */
export class RequestLimits {
  readonly #clock: Clock;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one call; throws RequestLimitExceeded when it is the 21st within a second. */
  admit(action: string): void {
    const now = this.#clock.now();
    const recent = (this.#calls.get(action) ?? []).filter((at) => at > now - 1_000);
    this.#calls.set(action, recent);
    if (recent.length >= maxRequestsPerSecond) throw limitExceeded(action);
    recent.push(now);
  }
}

export function limitExceeded(action: string): ApiError {
  return new ApiError(
    'RequestLimitExceeded',
    `Your current request times equals to \`${maxRequestsPerSecond + 1}\` in a second, which exceeds the frequency limit ` +
      `\`${maxRequestsPerSecond}\` for a second (${action}).`,
  );
}
