import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import { Serving } from './serving.ts';
import type { Violation } from './violation.ts';

/**
 * one-writer. While one of the two instances serves, the other takes no write of a client. Clients that are told an address
 * change it one after the other: until then a write may be taken where they are, but never while both instances take writes.
 */
export function checkWriters(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  const serving = new Serving(last);
  const closed = new Set<string>();
  for (const entry of entries) {
    serving.see(entry);
    if (entry.kind === 'gate') {
      if (entry.readOnly) closed.add(entry.instance);
      else closed.delete(entry.instance);
    }
    const { now } = serving;
    if (entry.kind !== 'executed' || now === undefined || entry.instance === now) continue;
    if (last.switch === 'code' && closed.has(now)) continue;
    const message = `${entry.instance} took write ${entry.op} of ${entry.client} at ${entry.t} ms while ${now} served`;
    violations.push({ invariant: 'one-writer', message });
  }
  return violations.slice(0, 3);
}
