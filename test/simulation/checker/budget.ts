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
  const refusesSince = new Map<unknown, number>();
  const servesSince = new Map<unknown, number>();
  for (const entry of entries) {
    if (entry.kind === 'address' && entry.ip === last.oldAddress.ip) servesSince.set(entry.instance, entry.t);
    if (entry.kind === 'gate' && !entry.readOnly) refusesSince.delete(entry.instance);
    else if (entry.kind === 'gate' && !refusesSince.has(entry.instance))
      refusesSince.set(entry.instance, entry.t);
    if (entry.kind !== 'call' || entry.action !== 'changeAddress') continue;
    const [instance, to] = entry.args;
    const since = refusesSince.get(instance);
    if (to === last.oldAddress.ip || since === undefined) continue;
    const budgetMs = instance === last.source ? last.cutoverBudgetMs : last.rollbackBudgetMs;
    // An instance that gives the address back at once, as it never took writes there, kept nobody waiting.
    const why = whyOver(entry.t - Math.max(since, servesSince.get(instance) ?? 0), budgetMs);
    const message = `the address was taken from ${instance} ${why}`;
    if (why !== undefined) violations.push({ invariant: 'bounded-cutover', message });
  }
  return violations;
}

function whyOver(elapsedMs: number, budgetMs: number): string | undefined {
  return elapsedMs <= budgetMs + SLACK_MS ? undefined : `${Math.round(elapsedMs / 1_000)} s after the fence`;
}
