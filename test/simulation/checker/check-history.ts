import type { Entry } from '../history.ts';
import { checkAddress } from './address.ts';
import { checkApprovals } from './approvals.ts';
import { checkBudget } from './budget.ts';
import { checkEnd } from './end.ts';
import { checkGates } from './gates.ts';
import type { LastWord } from './last-word.ts';
import { checkLostWrites } from './lost-writes.ts';
import { checkRunners } from './runners.ts';
import { checkSecrets } from './secrets.ts';
import type { Violation } from './violation.ts';
import { checkWriters } from './writers.ts';
import { checkWrites } from './writes.ts';

/** Verifies every invariant by what happened alone. It knows clients, the cloud and people, and nothing of the engine. */
export function checkHistory(entries: readonly Entry[], last: LastWord): Violation[] {
  return [
    ...checkWrites(entries, last),
    ...checkLostWrites(entries, last),
    ...checkWriters(entries, last),
    ...checkGates(entries, last),
    ...checkAddress(entries, last),
    ...checkApprovals(entries, last),
    ...checkBudget(entries, last),
    ...checkRunners(entries),
    ...checkEnd(entries, last),
    ...checkSecrets(entries, last),
  ];
}
