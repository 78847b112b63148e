import type { CloudClock, CloudLimits } from './cloud-limits.ts';

const WINDOW_MS = 1_000;

/** Grants each action its requests, first come first served. */
export interface RequestPace {
  /**
   * How long to wait before sending this action's next request, which counts as sent at that time. undefined when the
   * wait would pass the deadline (epoch milliseconds); nothing is counted then.
   */
  reserve(action: string, deadlineMs: number): number | undefined;
}

/**
 * A bucket of `requestsPerSecond` tokens for each action; a token comes back one second after it was spent. So a burst
 * may spend all of them at once, and still no second ever holds more, which a bucket refilled drop by drop cannot promise.
 * Tencent counts by account and action and not by region, as far as its documents say; so does this.
 */
export function createRequestPace(
  clock: Pick<CloudClock, 'now'>,
  limits: Pick<CloudLimits, 'requestsPerSecond'>,
): RequestPace {
  const sentAt = new Map<string, number[]>();
  return {
    reserve(action, deadlineMs) {
      const now = clock.now();
      const sent = sentAt.get(action) ?? [];
      const oldest = sent.length < limits.requestsPerSecond ? undefined : sent[0];
      const at = oldest === undefined ? now : Math.max(now, oldest + WINDOW_MS);
      if (at > deadlineMs) {
        return;
      }
      sentAt.set(action, [...sent, at].slice(-limits.requestsPerSecond));
      return at - now;
    },
  };
}
