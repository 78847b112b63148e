import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import type { Violation } from './violation.ts';

/** What one pass may still do that began within the budget: a call that is late, a process that stands still under its lease. */
const SLACK_MS = 30_000;

/**
 * bounded-cutover. Writes are refused from the fence on, for a promised time: after it the address is not taken from the fenced
 * instance any more, but clients write there again. The same for the way back.
 */
export function checkBudget(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  const fencedAt = new Map<unknown, number>();
  for (const entry of entries) {
    if (entry.kind !== 'call') continue;
    const [instance, to] = entry.args;
    const since = fencedAt.get(instance);
    if (entry.action === 'setReadOnly') {
      if (to === true) fencedAt.set(instance, since ?? entry.t);
      else fencedAt.delete(instance);
    }
    if (entry.action !== 'changeAddress' || to === last.oldAddress.ip || since === undefined) continue;
    const budgetMs = instance === last.source ? last.cutoverBudgetMs : last.rollbackBudgetMs;
    const why = whyOver(entry.t - since, budgetMs);
    const message = `the address was taken from ${instance} ${why}`;
    if (why !== undefined) violations.push({ invariant: 'bounded-cutover', message });
  }
  return violations;
}

function whyOver(elapsedMs: number, budgetMs: number): string | undefined {
  return elapsedMs <= budgetMs + SLACK_MS ? undefined : `${Math.round(elapsedMs / 1_000)} s after the fence`;
}
