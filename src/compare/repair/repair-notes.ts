import type { NotedLook } from '../sweep/mender.ts';
import { describeDifference } from '../values/difference.ts';
import type { RepairExample, RepairState } from './repair-checkpoint.ts';
import { describeUnrepairable } from './unrepairable.ts';

/** Where what is repaired, or would be, is told: the first ones in the state, all of them to whoever listens. */
export interface Told {
  readonly maxExamples: number;
  readonly onRepair: ((repair: RepairExample) => void) | undefined;
}

/** Counts a difference that is being repaired, or that a dry run would repair, and describes it. */
export function noteFound(
  state: RepairState,
  found: { look: NotedLook; isDelete: boolean },
  told: Told,
): void {
  const { look, isDelete } = found;
  state.byType[look.type] = (state.byType[look.type] ?? 0) + 1;
  for (const kind of new Set(look.findings.map((one) => one.kind)))
    state.byKind[kind] = (state.byKind[kind] ?? 0) + 1;
  const [first] = look.findings;
  const isExample = state.examples.length < told.maxExamples;
  if (first === undefined || (!isExample && told.onRepair === undefined)) return;
  const isExpiry = look.findings.every((one) => one.kind === 'ttl');
  const action = isDelete ? 'delete' : isExpiry ? 'expiry' : 'copy';
  const repair: RepairExample = { ...describeDifference(look, first), action };
  if (isExample) state.examples.push(repair);
  told.onRepair?.(repair);
}

/** Counts a key that has no form on the receiving side, and describes the first ones. */
export function listUnrepairable(
  state: RepairState,
  found: { at: { db: number; key: Buffer }; type: string; why: string },
  maxExamples: number,
): void {
  state.unrepairableCount += 1;
  if (state.unrepairable.length >= maxExamples) return;
  state.unrepairable.push(describeUnrepairable({ ...found.at, type: found.type }, found.why));
}
