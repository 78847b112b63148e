import type { Entry } from '../history.ts';
import type { Violation } from './check-history.ts';
import type { LastWord } from './last-word.ts';

/** one-writer. While one of the two instances holds the old address, the other takes no write of a client. */
export function checkWriters(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  let holder: string | undefined;
  for (const entry of entries) {
    if (entry.kind === 'address') {
      const isOld = entry.ip === last.oldAddress.ip && entry.port === last.oldAddress.port;
      if (isOld) holder = entry.instance;
      else if (holder === entry.instance) holder = undefined;
    }
    if (entry.kind !== 'executed' || holder === undefined || entry.instance === holder) continue;
    const message = `${entry.instance} took write ${entry.op} of ${entry.client} at ${entry.t} ms while ${holder} held the old address`;
    violations.push({ invariant: 'one-writer', message });
  }
  return violations.slice(0, 3);
}
