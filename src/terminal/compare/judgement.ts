import type { Verdict } from '../../compare/comparison.ts';
import type { RepairOutcome } from '../../compare/repair.ts';
import { kindsOf } from './kind-words.ts';

/** The answer to "are they equal?". */
export type Answer = 'equal' | 'different' | 'undecided';

/** Exit codes of the command. Wrong use is 2 as well: it could not be told. */
export const EXIT_CODES: Readonly<Record<Answer, number>> = { equal: 0, different: 1, undecided: 2 };

/**
 * What a comparison says. One key that was proven to differ is enough for `different`. Keys that were written to in every round, and
 * keys that cannot be read, are not proven to differ, but not proven equal either: with nothing else it is `undecided`.
 */
export function answerOf(verdict: Verdict): Answer {
  const proven = kindsOf(verdict.byKind).some(([kind]) => kind !== 'not_compared');
  if (proven) return 'different';
  const isOpen = verdict.differences > 0 || verdict.unsettledKeys > 0 || !verdict.complete;
  return isOpen ? 'undecided' : 'equal';
}

/** What a repair that changed something says about the two sides afterwards. */
export function answerAfterRepair(outcome: RepairOutcome): Answer {
  if (outcome.stillDifferent + outcome.unrepairableCount > 0) return 'different';
  return outcome.equal ? 'equal' : 'undecided';
}
