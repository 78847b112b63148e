import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import type { Violation } from './violation.ts';

/**
 * one-writer, at the gates. A source that was fenced is not open again while the target holds the old address, unless somebody
 * asked for a rollback: a client that kept its connection would write there and be told that its write is kept.
 */
export function checkGates(entries: readonly Entry[], last: LastWord): Violation[] {
  const watch = new GateWatch(last);
  for (const entry of entries) watch.see(entry);
  return watch.violations.slice(0, 3);
}

class GateWatch {
  readonly violations: Violation[] = [];
  private readonly last: LastWord;
  private holder: string | undefined;
  private reopened = false;
  private rollingBack = false;

  constructor(last: LastWord) {
    this.last = last;
  }

  see(entry: Entry): void {
    if (entry.kind === 'journal' && entry.line.includes('"rollback_requested"')) this.rollingBack = true;
    if (entry.kind === 'gate') this.seeGate(entry);
    if (entry.kind === 'address') this.seeAddress(entry);
  }

  private seeGate({ t, instance, readOnly }: Extract<Entry, { kind: 'gate' }>): void {
    if (instance !== this.last.source) return;
    this.reopened = !readOnly;
    this.check(t);
  }

  private seeAddress({ t, instance, ip, port }: Extract<Entry, { kind: 'address' }>): void {
    const isOld = ip === this.last.oldAddress.ip && port === this.last.oldAddress.port;
    if (isOld) this.holder = instance;
    else if (this.holder === instance) this.holder = undefined;
    this.check(t);
  }

  private check(t: number): void {
    const { source, target } = this.last;
    if (!this.reopened || this.rollingBack || this.holder !== target) return;
    const message = `${source} was open again at ${t} ms while ${target} held the old address`;
    this.violations.push({ invariant: 'one-writer', message });
  }
}
