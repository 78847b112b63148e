import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import type { Violation } from './violation.ts';

/**
 * The longest hand-over: its deadline, the undo's patience, tasks that are slow or fail three times over, a process that has to be
 * started again and a cloud that does not answer. Beyond it a person must have been called.
 */
const LONGEST_HAND_OVER_MS = 6 * 60_000;

/** address-never-orphaned. The old address is without one of the two for a bounded time only, unless a person was called. */
export function checkAddress(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  let orphanedAt: number | undefined;
  let called = false;
  let holder: string | undefined;
  const close = (t: number) => {
    if (orphanedAt === undefined || called || t - orphanedAt <= LONGEST_HAND_OVER_MS) return;
    const message = `nobody held the old address from ${orphanedAt} to ${t} ms, and no person was called`;
    violations.push({ invariant: 'address-never-orphaned', message });
  };
  for (const entry of entries) {
    if (entry.kind === 'journal') called ||= orphanedAt !== undefined && isCall(entry.line);
    if (entry.kind !== 'address') continue;
    const isOld = entry.ip === last.oldAddress.ip && entry.port === last.oldAddress.port;
    if (isOld) {
      close(entry.t);
      orphanedAt = undefined;
      holder = entry.instance;
    } else if (holder === entry.instance) {
      holder = undefined;
      orphanedAt = entry.t;
      called = false;
    }
  }
  close(entries.at(-1)?.t ?? 0);
  const ended = last.outcome === 'completed' || last.outcome === 'rolled back';
  if (ended && last.holder === undefined) {
    violations.push({
      invariant: 'address-never-orphaned',
      message: 'in the end nobody holds the old address',
    });
  }
  return violations;
}

/** A person is called when an undo, or a step that cannot be undone by itself, has failed. */
function isCall(line: string): boolean {
  return line.includes('"undo_failed"') || line.includes('"step_failed"');
}
