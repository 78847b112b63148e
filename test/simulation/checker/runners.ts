import type { Entry } from '../history.ts';
import type { Violation } from './violation.ts';

/**
 * one-runner. No call that changes the cloud leaves a process without the right to act, or with one after which the store has
 * granted another for the same upgrade, and no line of such a process gets into the journal; but for rights that a store has forgotten when it lost its last second.
 */
export function checkRunners(entries: readonly Entry[]): Violation[] {
  const rights = new Rights();
  const violations: Violation[] = [];
  for (const entry of entries) {
    if (entry.kind === 'lease') rights.grant(entry);
    if (entry.kind === 'store-lost') rights.forget();
    if (entry.kind === 'journal' && rights.isForeign(entry)) {
      const message = `${entry.process} wrote at ${entry.t} ms although another process had been granted the lease`;
      violations.push({ invariant: 'one-runner', message });
    }
    if (entry.kind !== 'call' || entry.process === 'person') continue;
    // A process that looks after two upgrades has two: one of them must be good.
    const reasons = entry.token.split(',').map((token) => rights.whyWrong(token));
    if (reasons.includes(undefined)) continue;
    const [why] = reasons;
    const call = `${entry.action}(${entry.args.join(', ')}) of ${entry.process} at ${entry.t} ms`;
    violations.push({ invariant: 'one-runner', message: `${call} was made ${why}` });
  }
  return violations.slice(0, 3);
}

class Rights {
  /** The latest right of each upgrade, and those that a forgetful store may have granted over. */
  private readonly latest = new Map<string, string>();
  private readonly upgradeOf = new Map<string, string>();
  private readonly excused = new Set<string>();
  private readonly processOf = new Map<string, string>();

  grant({ upgrade, token, process }: Extract<Entry, { kind: 'lease' }>): void {
    this.latest.set(upgrade, token);
    this.upgradeOf.set(token, upgrade);
    this.processOf.set(upgrade, process);
  }

  /** A line that a worker wrote after the store had granted the lease to another process. People need none. */
  isForeign({ upgrade, process, line }: Extract<Entry, { kind: 'journal' }>): boolean {
    const holder = this.processOf.get(upgrade);
    if (holder === undefined || holder === process) return false;
    return (JSON.parse(line) as { actor: { kind: string } }).actor.kind === 'worker';
  }

  forget(): void {
    for (const token of this.latest.values()) this.excused.add(token);
    // An older lease may have come back.
    this.processOf.clear();
  }

  whyWrong(token: string): string | undefined {
    const upgrade = this.upgradeOf.get(token);
    if (upgrade === undefined) return 'without a lease';
    const latest = this.latest.get(upgrade);
    if (latest === token || this.excused.has(token)) return undefined;
    return `under ${token} although ${latest} had been granted`;
  }
}
