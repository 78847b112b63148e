import type { CommandTemplate } from '../wire/resp-commands.ts';
import { FIRST_READ, isExactPage } from './sorted-set-page.ts';
import { type IsWhole, type WholeLimits, type WholeType, wholeReads, wholeTest } from './whole-value.ts';

/** How values are read by one command each, and whether such a reply holds all that there is to know. */
export interface Reading {
  readonly reads: Readonly<Record<WholeType, CommandTemplate>>;
  readonly isWhole: IsWhole;
  /** Sorted sets are read in the cheap way, which leaves some of them open. */
  readonly isFirst: boolean;
}

interface Readings {
  readonly first: Reading;
  /** For sorted sets that the first reading left open. */
  readonly exact: Reading;
}

const known = new WeakMap<WholeLimits, Readings>();

/** The readings within these limits, made once. */
export function readingsWithin(limits: WholeLimits): Readings {
  const made = known.get(limits) ?? makeReadings(limits);
  known.set(limits, made);
  return made;
}

function makeReadings(limits: WholeLimits): Readings {
  const reads = wholeReads(limits);
  const isWhole = wholeTest(limits);
  return {
    first: {
      reads: { ...reads, zset: FIRST_READ },
      isWhole: (type, bytes, start) =>
        type === 'zset' ? isExactPage(bytes, start) : isWhole(type, bytes, start),
      isFirst: true,
    },
    exact: { reads, isWhole, isFirst: false },
  };
}
