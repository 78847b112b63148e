import { type Finding, finding } from './difference.ts';

/** PTTL of a key that does not exist (since 2.8). */
export const NO_KEY = -2;
const NO_EXPIRY = -1;

/** What PTTL said on both sides, about the same moment. */
export interface ExpiryPair {
  readonly source: number;
  readonly target: number;
}

/** Whether two answers to PTTL of a key that exists on both sides mean the same. */
export function isSameExpiry(source: number, target: number, toleranceMs: number): boolean {
  if (source < 0 || target < 0) return source === NO_EXPIRY && target === NO_EXPIRY;
  return Math.abs(source - target) <= toleranceMs;
}

/**
 * Compares the expiry of a key that exists on both sides. The evidence holds the moment at which the source's key expires: a key whose
 * expiry is renewed all the time, and reaches the target a little later each time, gives another evidence in each round.
 */
export function compareExpiry(pair: ExpiryPair, at: { now: number; toleranceMs: number }): Finding[] {
  const { source, target } = pair;
  if (isSameExpiry(source, target, at.toleranceMs)) return [];
  if (source === NO_EXPIRY) return [finding('ttl', 'expires on the target only')];
  if (target === NO_EXPIRY) return withMoment('expires on the source only', at.now + source, at.toleranceMs);
  const where = target > source ? 'expires later on the target' : 'expires earlier on the target';
  return withMoment(where, at.now + source, at.toleranceMs);
}

/**
 * Two findings, with the moment rounded down to steps that lie half a step apart: two looks at one moment, with some
 * jitter, agree in at least one of them, whatever side of a step's edge they fall on.
 */
function withMoment(where: string, expiresAt: number, toleranceMs: number): Finding[] {
  const step = Math.max(1_000, toleranceMs);
  return [0, step / 2].map((shift) =>
    finding('ttl', where, [`${shift}`, String(Math.floor((expiresAt + shift) / step))]),
  );
}
