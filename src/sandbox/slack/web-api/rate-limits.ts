import type { Clock } from '../clock.ts';
import type { Method } from './call.ts';

/** Messages a channel takes at once before the limit of one a second bites. */
const channelBurst = 5;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Slack's tiers as token buckets: one for each method, one for each channel posted to. */
export class RateLimits {
  enabled: boolean;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, enabled: boolean) {
    this.#clock = clock;
    this.enabled = enabled;
  }

  /** Seconds to wait, as in Retry-After; undefined when the call may pass. */
  check(name: string, method: Method, channel: string): number | undefined {
    if (!this.enabled || method.perMinute === undefined) return undefined;
    if (method.perMinute === 'channel') return this.#take(`${name} ${channel}`, channelBurst, 1);
    return this.#take(name, method.perMinute, method.perMinute / 60);
  }

  #take(key: string, capacity: number, perSecond: number): number | undefined {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, filledAt: now };
    const tokens = Math.min(capacity, bucket.tokens + ((now - bucket.filledAt) / 1_000) * perSecond);
    const passes = tokens >= 1;
    this.#buckets.set(key, { tokens: passes ? tokens - 1 : tokens, filledAt: now });
    return passes ? undefined : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }
}
