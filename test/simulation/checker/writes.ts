import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import { TargetWrites } from './lost-writes.ts';
import { servingAtEnd } from './serving.ts';
import type { Violation } from './violation.ts';

interface Write {
  op: number;
  key: string;
  value: string | null;
  invokedAt: number;
  /** When its client was told; infinite while it was not, or was told nothing sure: it may take effect at any time. */
  doneAt: number;
  told: 'acknowledged' | 'refused' | 'unknown' | undefined;
}

/**
 * no-lost-write. What the serving instance holds of a key must be what some write left there that no acknowledged write came
 * after: one that began when the other had ended already. A write that was refused must not be found.
 */
export function checkWrites(entries: readonly Entry[], last: LastWord): Violation[] {
  const target = new TargetWrites(last.target);
  for (const entry of entries) target.see(entry);
  const holder = waitsForAPerson(target, last) ? last.target : servingAtEnd(entries, last);
  if (holder === undefined) return [];
  const lost = target.forgiven;
  const violations: Violation[] = [];
  for (const [key, writes] of writesByKey(entries)) {
    const found = last.values[holder]?.[key] ?? null;
    const counted = writes.filter((write) => !lost.has(write.op));
    const why = whyWrong(counted, found, writes);
    if (why !== undefined) {
      violations.push({ invariant: 'no-lost-write', message: `${key} on ${holder}: ${why}` });
    }
  }
  return violations;
}

function writesByKey(entries: readonly Entry[]): Map<string, Write[]> {
  const byKey = new Map<string, Write[]>();
  const byOp = new Map<number, Write>();
  for (const entry of entries) {
    if (entry.kind === 'invoke') {
      const { op, key, value, t } = entry;
      const write: Write = {
        op,
        key,
        value,
        invokedAt: t,
        doneAt: Number.POSITIVE_INFINITY,
        told: undefined,
      };
      byOp.set(op, write);
      const writes = byKey.get(key);
      if (writes === undefined) byKey.set(key, [write]);
      else writes.push(write);
    } else if (entry.kind === 'acknowledged' || entry.kind === 'refused' || entry.kind === 'unknown') {
      const write = byOp.get(entry.op);
      if (write === undefined) continue;
      write.told = entry.kind;
      if (entry.kind === 'acknowledged') write.doneAt = entry.t;
    }
  }
  return byKey;
}

/** Every write whose value is the one found, the beginning included, is a candidate; one without a later acknowledged one is enough. */
function whyWrong(
  counted: readonly Write[],
  found: string | null,
  all: readonly Write[],
): string | undefined {
  const acknowledged = counted.filter((write) => write.told === 'acknowledged');
  const isInitial = found === null || found === 'v0';
  if (isInitial && acknowledged.length === 0) return undefined;
  const candidates = all.filter((write) => write.value === found && write.told !== 'refused');
  const fits = (write: Write) =>
    acknowledged.every((later) => later.invokedAt <= write.doneAt || later === write);
  if (candidates.some(fits)) return undefined;
  const newest = acknowledged.at(-1);
  const lost =
    newest === undefined
      ? 'nothing was acknowledged'
      : `the acknowledged write ${newest.op} (${newest.value ?? 'deleted'}) is lost`;
  return `${found ?? 'nothing'} is found, ${lost}`;
}

/**
 * A fast rollback that stopped half-way, with the source at the old address and still refusing writes: a person can have either, so
 * everything must still be on the target.
 */
function waitsForAPerson(target: TargetWrites, last: LastWord): boolean {
  const sourceRefuses = last.holder === last.source && !last.writable.includes(last.source);
  return last.outcome === 'stuck' && target.isUndecided && sourceRefuses;
}
