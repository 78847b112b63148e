import type { ReadableType } from '../values/whole-value.ts';

/**
 * What a large value goes through on the receiving side, in this order; steps that do not apply are left out.
 *
 * - `clear`: temporary keys that an earlier attempt left behind are emptied.
 * - `fill`: pages of the giver's value are written.
 * - `prune`: (in place) pages of the receiver's value are looked up on the giver, and what it lacks is removed.
 * - `swap`: the value takes its name, in one transaction with its expiry; what had the name before is set aside.
 * - `shrink`: what was set aside is emptied page by page, since one DEL of it could block the server.
 */
export const MEND_PHASES = ['clear', 'fill', 'prune', 'swap', 'shrink'] as const;
export type MendPhase = (typeof MEND_PHASES)[number];

/** A value too large for one command that is being repaired. Plain data, so that it can be part of a checkpoint. */
export interface Mend {
  readonly db: number;
  readonly key: Buffer;
  /** `none`: the giver has no such key, so it is taken away. */
  readonly type: ReadableType | 'none';
  phase: MendPhase;
  /** Large sets, hashes and sorted sets that are on both sides are corrected where they are: only what differs is written. */
  readonly inPlace: boolean;
  /** Where the next page starts, for the phases that cannot tell from the receiver. */
  position: string;
  /** Elements asked for next time; adapts to the size of the elements. */
  page: number;
  /** Elements or bytes gone through so far, for the pace. */
  moved: number;
}

const FIRST_PAGE_ELEMENTS = 64;

/** A repair that has not begun. */
export function startMend(at: Pick<Mend, 'db' | 'key' | 'type' | 'inPlace'>): Mend {
  return { ...at, phase: at.inPlace ? 'fill' : 'clear', position: '0', page: FIRST_PAGE_ELEMENTS, moved: 0 };
}
