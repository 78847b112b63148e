import type { ResolvedOptions } from '../comparison-options.ts';
import { describeDifference, type Finding, MAX_FINDINGS_PER_KEY, withoutHeld } from '../values/difference.ts';
import { type ComparisonState, suspectId } from './checkpoint.ts';

/** One look at one key: what was different, nothing when it was equal. */
export interface Look {
  readonly db: number;
  readonly key: Buffer;
  readonly type: string;
  readonly findings: readonly Finding[];
}

/**
 * What a look made of a key: `settled`, equal; `known`, a suspect already that is not looked at before its round;
 * `suspect`, to be looked at again; `proven`, counted as different.
 */
export type Standing = 'settled' | 'known' | 'suspect' | 'proven';

/**
 * Writes down what a look showed. A key that differs becomes a suspect; a suspect counts as different when the same difference was
 * seen in `rounds` rounds in a row; one that is equal once is settled, and is named as moving. A key that
 * differs in another way each time is being written to: its count starts again.
 */
export function noteLook(state: ComparisonState, look: Look, options: ResolvedOptions): Standing {
  const id = suspectId(look.db, look.key);
  const known = state.suspects.get(id);
  // A SCAN may name a key twice; a suspect is looked at again in its round, not before.
  if (known !== undefined && state.phase === 'sweep') return 'known';
  const findings = look.findings.slice(0, MAX_FINDINGS_PER_KEY);
  if (findings.length === 0) {
    if (known !== undefined) settle(state, look, options);
    return 'settled';
  }
  const again = known !== undefined && shareEvidence(known.findings, findings);
  const sightings = again ? known.sightings + 1 : 1;
  if (sightings >= options.rounds) {
    state.suspects.delete(id);
    countDifference(state, { ...look, findings }, options);
    return 'proven';
  }
  const { db, key, type } = look;
  const remembered = { sightings, round: state.round, findings: withoutHeld(findings) };
  state.suspects.set(id, { db, key, type, ...remembered });
  return 'suspect';
}

/** Starts the count of a suspect again, after something was done about it that helped. */
export function forgetEvidence(state: ComparisonState, key: { db: number; key: Buffer }): void {
  const suspect = state.suspects.get(suspectId(key.db, key.key));
  if (suspect === undefined) return;
  suspect.sightings = 1;
  suspect.findings = [];
}

/** Lets go of a suspect that is equal now; it is remembered as moving. */
export function settle(
  state: ComparisonState,
  key: { db: number; key: Buffer },
  options: ResolvedOptions,
): void {
  if (state.suspects.delete(suspectId(key.db, key.key))) noteMoving(state, key, options);
}

function shareEvidence(before: readonly Finding[], now: readonly Finding[]): boolean {
  const known = new Set(before.map((one) => one.evidence));
  return now.some((one) => known.has(one.evidence));
}

function countDifference(state: ComparisonState, look: Look, options: ResolvedOptions): void {
  state.differences += 1;
  state.byType[look.type] = (state.byType[look.type] ?? 0) + 1;
  for (const kind of new Set(look.findings.map((one) => one.kind))) {
    state.byKind[kind] = (state.byKind[kind] ?? 0) + 1;
  }
  const [first] = look.findings;
  if (first !== undefined && state.examples.length < options.maxExamples) {
    state.examples.push(describeDifference(look, first));
  }
}

function noteMoving(
  state: ComparisonState,
  key: { db: number; key: Buffer },
  options: ResolvedOptions,
): void {
  const name = movingKeyName(key.db, key.key);
  if (state.movingKeys.length >= options.maxMovingKeys) state.movingKeysDropped += 1;
  else if (!state.movingKeys.includes(name)) state.movingKeys.push(name);
}

/** Gives up on the suspects that never held still: they are neither equal nor different, and are named first for the delta check. */
export function releaseUnsettled(state: ComparisonState, options: ResolvedOptions): void {
  const names = [...state.suspects.values()].map(({ db, key }) => movingKeyName(db, key));
  state.unsettled += names.length;
  state.suspects.clear();
  const all = [...new Set([...names, ...state.movingKeys])];
  state.movingKeysDropped += Math.max(0, all.length - options.maxMovingKeys);
  state.movingKeys = all.slice(0, options.maxMovingKeys);
}

/** Whether there are as many suspects as may be kept. */
export function isFullOfSuspects(state: ComparisonState, options: ResolvedOptions): boolean {
  if (state.suspects.size >= options.maxSuspects) return true;
  let bytes = 0;
  for (const suspect of state.suspects.values()) bytes += suspect.key.length;
  return bytes >= options.maxSuspectBytes;
}

/** `db:base64`: a key as one word, for `movingKeys`. */
export function movingKeyName(db: number, key: Buffer): string {
  return `${db}:${key.toString('base64')}`;
}

/** Reads what `movingKeyName` wrote; undefined when it is something else. */
export function parseMovingKeyName(name: string): { db: number; key: Buffer } | undefined {
  const match = /^(\d{1,9}):([A-Za-z0-9+/]*={0,2})$/.exec(name);
  return match === null ? undefined : { db: Number(match[1]), key: Buffer.from(match[2] ?? '', 'base64') };
}
