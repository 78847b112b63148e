import type { Entry } from '../history.ts';
import type { Violation } from './check-history.ts';
import type { LastWord } from './last-word.ts';

/** What one pass may still do that began within the budget: a call that is late, a process that stands still under its lease. */
const SLACK_MS = 30_000;

/**
 * bounded-cutover. Writes are refused from the fence on, for a promised time: after it the address is not taken from the source any
 * more, but clients write there again.
 */
export function checkBudget(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  let fencedAt: number | undefined;
  for (const entry of entries) {
    if (entry.kind !== 'call' || entry.args[0] !== last.source) continue;
    const [, to] = entry.args;
    if (entry.action === 'setReadOnly') fencedAt = to === true ? (fencedAt ?? entry.t) : undefined;
    if (entry.action !== 'changeAddress' || to === last.oldAddress.ip || fencedAt === undefined) continue;
    const elapsedMs = entry.t - fencedAt;
    if (elapsedMs <= last.cutoverBudgetMs + SLACK_MS) continue;
    const message = `the address was taken from ${last.source} ${Math.round(elapsedMs / 1_000)} s after the fence`;
    violations.push({ invariant: 'bounded-cutover', message });
  }
  return violations;
}
