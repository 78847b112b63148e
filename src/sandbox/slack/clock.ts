/** The time as the fake Slack sees it: timestamps of messages, life of triggers and response addresses. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
