import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import type { Violation } from './violation.ts';

/** secrets-stay-home. No password in journal, scratch, messages or logs. */
export function checkSecrets(entries: readonly Entry[], last: LastWord): Violation[] {
  const violations: Violation[] = [];
  const look = (text: string, where: string) => {
    if (!last.secrets.some((secret) => text.includes(secret))) return;
    violations.push({ invariant: 'secrets-stay-home', message: `a password is in ${where}` });
  };
  for (const entry of entries) {
    if (entry.kind === 'journal') look(entry.line, `the journal at ${entry.t} ms`);
    if (entry.kind === 'said') look(entry.text, `what was said at ${entry.t} ms`);
    if (entry.kind === 'shown') look(JSON.stringify(entry.facts), 'a request for approval');
  }
  for (const text of last.stored) look(text, 'the store');
  return violations.slice(0, 3);
}
