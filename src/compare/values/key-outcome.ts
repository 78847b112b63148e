import type { Clock, ResolvedOptions } from '../comparison-options.ts';
import type { Finding } from './difference.ts';
import type { ReadableType } from './whole-value.ts';

/** What a look at one key on both sides gave. */
export type KeyOutcome =
  /** Equal, or on neither side any more. */
  | { readonly equal: true; readonly onTarget: boolean }
  | { readonly equal: false; readonly type: string; readonly onTarget: boolean; readonly findings: Finding[] }
  /** Exists on both sides and is too large for one command. */
  | { readonly paged: ReadableType };

/** What every look at a key goes by. */
export interface BatchContext {
  readonly options: ResolvedOptions;
  readonly clock: Clock;
}
