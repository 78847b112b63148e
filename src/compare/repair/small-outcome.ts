import type { ReadableType } from '../values/whole-value.ts';

/**
 * What was done about a key. `large`: nothing yet, it has to be gone through in pages. `none`: nothing to do any more, or
 * it changed while it was read; the next look tells. `unrepairable`: it has no form on the receiver.
 */
export type SmallOutcome =
  | {
      readonly did: 'copied' | 'deleted' | 'expiry';
      /** Whether the receiver, read again behind the write, holds what was copied; undefined when that was not read. */
      readonly isEqual: boolean | undefined;
    }
  | { readonly did: 'none' }
  | { readonly did: 'large'; readonly type: ReadableType | 'none'; readonly inPlace: boolean }
  | { readonly did: 'unrepairable'; readonly type: string; readonly why: string };

/** What was done about some keys. */
export interface SmallRepair {
  readonly outcomes: SmallOutcome[];
  /** Size of the values that were read for it. */
  readonly bytes: number;
}
