import type { Clock } from '../comparison-options.ts';
import type { Receiver } from './receiver-writes.ts';
import type { Abilities, RepairEnds } from './repair-ends.ts';

/** What the pages of a repair are moved with. */
export interface MendContext {
  readonly ends: RepairEnds;
  readonly abilities: Abilities;
  readonly receiver: Receiver;
  readonly limits: {
    readonly pageBytes: number;
    readonly pageElements: number;
    readonly ttlToleranceMs: number;
  };
  readonly clock: Clock;
}

/** One page: `more` and `last` were written; `lost`: the value changed under the work; `too_large`: an element cannot be read. */
export interface FilledPage {
  readonly end: 'more' | 'last' | 'lost' | 'too_large';
  readonly elements: number;
  readonly bytes: number;
}
