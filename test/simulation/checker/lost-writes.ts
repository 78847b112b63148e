import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import type { Violation } from './violation.ts';

interface Line {
  type: string;
  step?: string;
  output?: { lostWrites?: number; exact?: boolean };
}

/** Writes of clients that the target took since the latest cutover, and what of them a fast rollback may lose. */
export class TargetWrites {
  /** Since the copy had ended. */
  readonly taken: number[] = [];
  /** Counted to people and given up. */
  readonly forgiven = new Set<number>();
  private counted: number[] = [];
  /** They are counted, and neither given up yet nor kept: a fast rollback is under way. */
  isUndecided = false;
  private readonly target: string;

  constructor(target: string) {
    this.target = target;
  }

  /** The count that people were told with this entry, if it is one. */
  see(entry: Entry): { lostWrites: number; exact: boolean } | undefined {
    if (entry.kind === 'executed' && entry.instance === this.target) this.taken.push(entry.op);
    if (entry.kind !== 'journal') return undefined;
    const isCalledOff = entry.line.includes('rollback_called_off');
    if (!isCalledOff && !entry.line.includes('step_succeeded')) return undefined;
    const { type, step, output } = JSON.parse(entry.line) as Line;
    if (type === 'rollback_called_off') this.counted = [];
    if (type === 'rollback_called_off' || step === 'probe-source') this.isUndecided = false;
    if (type !== 'step_succeeded') return undefined;
    if (step === 'complete-sync') this.taken.length = 0;
    if (step === 'probe-source') for (const op of this.counted) this.forgiven.add(op);
    if (step !== 'count-lost-writes') return undefined;
    this.counted = [...this.taken];
    this.isUndecided = true;
    return output?.lostWrites === undefined
      ? undefined
      : { lostWrites: output.lostWrites, exact: output.exact === true };
  }
}

/** honest-loss. A fast rollback says how many writes it loses: exactly, or at most. */
export function checkLostWrites(entries: readonly Entry[], last: LastWord): Violation[] {
  const writes = new TargetWrites(last.target);
  const violations: Violation[] = [];
  let forgot = false;
  for (const entry of entries) {
    // What the bot itself wrote since is not known to a store that has forgotten it.
    if (entry.kind === 'store-lost') forgot = true;
    const told = writes.see(entry);
    if (told === undefined) continue;
    const taken = writes.taken.length;
    const isHonest = told.exact && !forgot ? told.lostWrites === taken : told.lostWrites >= taken;
    if (isHonest) continue;
    const said = `${told.exact ? '' : 'at most '}${told.lostWrites}`;
    const message = `people were told at ${entry.t} ms that ${said} writes are lost, and the target had taken ${taken}`;
    violations.push({ invariant: 'honest-loss', message });
  }
  return violations;
}
