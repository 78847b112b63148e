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
  const refusals = new Refusals(last.oldAddress.ip);
  for (const entry of entries) {
    refusals.see(entry);
    if (entry.kind !== 'call' || entry.action !== 'changeAddress' || entry.args[1] === last.oldAddress.ip)
      continue;
    const [instance] = entry.args;
    const since = refusals.since(instance);
    const budgetMs = instance === last.source ? last.cutoverBudgetMs : last.rollbackBudgetMs;
    const why = since === undefined ? undefined : whyOver(entry.t - since, budgetMs);
    if (why === undefined) continue;
    violations.push({
      invariant: 'bounded-cutover',
      message: `the address was taken from ${instance} ${why}`,
    });
  }
  return violations;
}

/** Since when each instance refuses the writes of clients that come by the old address. */
class Refusals {
  private readonly closedAt = new Map<unknown, number>();
  private readonly servesSince = new Map<unknown, number>();
  private readonly oldIp: string;

  constructor(oldIp: string) {
    this.oldIp = oldIp;
  }

  see(entry: Entry): void {
    if (entry.kind === 'address' && entry.ip === this.oldIp) this.servesSince.set(entry.instance, entry.t);
    if (entry.kind !== 'gate') return;
    if (!entry.readOnly) this.closedAt.delete(entry.instance);
    else if (!this.closedAt.has(entry.instance)) this.closedAt.set(entry.instance, entry.t);
  }

  /** An instance that gives the address back at once, as it never took writes there, kept nobody waiting. */
  since(instance: unknown): number | undefined {
    const closedAt = this.closedAt.get(instance);
    return closedAt === undefined ? undefined : Math.max(closedAt, this.servesSince.get(instance) ?? 0);
  }
}

function whyOver(elapsedMs: number, budgetMs: number): string | undefined {
  return elapsedMs <= budgetMs + SLACK_MS ? undefined : `${Math.round(elapsedMs / 1_000)} s after the fence`;
}
