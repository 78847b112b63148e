import type { Entry } from '../history.ts';
import type { Violation } from './check-history.ts';

/**
 * one-runner. No call that changes the cloud leaves a process without the right to act, or with one after which the store has
 * granted another for the same upgrade; but for rights that a store has forgotten when it lost its last second.
 */
export function checkRunners(entries: readonly Entry[]): Violation[] {
  const rights = new Rights();
  const violations: Violation[] = [];
  for (const entry of entries) {
    if (entry.kind === 'lease') rights.grant(entry.upgrade, entry.token);
    if (entry.kind === 'store-lost') rights.forget();
    if (entry.kind !== 'call' || entry.process === 'person') continue;
    const why = rights.whyWrong(entry.token);
    if (why === undefined) continue;
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

  grant(upgrade: string, token: string): void {
    this.latest.set(upgrade, token);
    this.upgradeOf.set(token, upgrade);
  }

  forget(): void {
    for (const token of this.latest.values()) this.excused.add(token);
  }

  whyWrong(token: string): string | undefined {
    const upgrade = this.upgradeOf.get(token);
    if (upgrade === undefined) return 'without a lease';
    const latest = this.latest.get(upgrade);
    if (latest === token || this.excused.has(token)) return undefined;
    return `under ${token} although ${latest} had been granted`;
  }
}
