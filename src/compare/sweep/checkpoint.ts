import { z } from 'zod';
import { KeyFingerprint } from '../names/key-fingerprint.ts';
import type { Sample } from '../names/sampling.ts';
import {
  DIFFERENCE_KINDS,
  type Difference,
  type DifferenceKind,
  type Finding,
  withoutHeld,
} from '../values/difference.ts';
import type { PagedProgress } from '../values/paged-progress.ts';
import { READABLE_TYPES } from '../values/whole-value.ts';
import { CompareError } from '../wire/compare-error.ts';

const count = z.int().min(0);
const base64 = z.base64();
const finding = z.strictObject({ kind: z.enum(DIFFERENCE_KINDS), where: z.string(), evidence: z.string() });
const suspect = z.strictObject({
  db: count,
  key: base64,
  type: z.string(),
  sightings: z.int().min(1),
  round: z.int().min(1),
  findings: z.array(finding),
});
const paged = z.strictObject({
  db: count,
  key: base64,
  type: z.enum(READABLE_TYPES),
  position: z.string().optional(),
  page: z.int().min(1),
  seen: count,
  surplus: z.boolean(),
  reverse: z.boolean(),
  findings: z.array(finding),
});
const difference = z.strictObject({
  db: count,
  key: z.string(),
  keyBase64: base64,
  type: z.string(),
  kind: z.enum(DIFFERENCE_KINDS),
  where: z.string(),
});

/**
 * Everything a comparison knows, as JSON: handing the last one to a new process goes on where the old one was. Its size is
 * bounded by `maxSuspects`, `maxSuspectBytes`, `maxMovingKeys` and `maxExamples`. It holds names of keys and
 * no values. Opaque to the caller.
 */
export const checkpointSchema = z.strictObject({
  version: z.literal(2),
  phase: z.enum(['sweep', 'recheck', 'done']),
  /** The sweep: which database, which part of the work on it, and where SCAN goes on. */
  databases: z.array(count),
  databaseIndex: count,
  /** The part of all keys that is looked at; absent: all of them. */
  sample: z.strictObject({ share: z.number().gt(0).lt(1), seed: count }).optional(),
  stage: z.enum(['values', 'extras', 'finished']),
  cursor: z.string(),
  /** Where the counting of the target's keys goes on, beside the values. */
  countCursor: z.string(),
  fingerprint: z.string().optional(),
  sourceRunId: z.string().optional(),
  targetRunId: z.string().optional(),
  round: z.int().min(1),
  /** Moment in ms before which the next round must not begin. */
  notBefore: count,
  suspects: z.array(suspect),
  paged: z.array(paged),
  keysCompared: count,
  keysCounted: count,
  keysTotalEstimate: count,
  sourceKeys: count,
  targetKeys: count,
  /** Time spent working, the waits for the pace included, those between rounds not. */
  activeMs: z.number().min(0),
  /** How hard it brakes. */
  pauseMs: z.number().min(0),
  /** Keys proven to differ. */
  differences: count,
  byKind: z.partialRecord(z.enum(DIFFERENCE_KINDS), count),
  byType: z.record(z.string(), count),
  examples: z.array(difference),
  unsettled: count,
  movingKeys: z.array(z.string()),
  movingKeysDropped: count,
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** A key that differed when it was last looked at, and is to be looked at again. */
export interface Suspect {
  readonly db: number;
  readonly key: Buffer;
  type: string;
  /** Rounds in a row in which the same difference was seen. */
  sightings: number;
  /** The round in which it was last looked at. */
  round: number;
  findings: Finding[];
}

/** The same as a checkpoint, in the form the work is done in. */
export interface ComparisonState
  extends Omit<Checkpoint, 'suspects' | 'paged' | 'fingerprint' | 'examples' | 'byKind'> {
  /** By `suspectId`. */
  suspects: Map<string, Suspect>;
  paged: PagedProgress[];
  fingerprint: KeyFingerprint;
  examples: Difference[];
  byKind: Partial<Record<DifferenceKind, number>>;
}

export function suspectId(db: number, key: Buffer): string {
  return `${db}:${key.toString('latin1')}`;
}

/** The state before anything was looked at. */
export function freshState(sample?: Sample): ComparisonState {
  return {
    version: 2,
    sample,
    phase: 'sweep',
    databases: [],
    databaseIndex: 0,
    stage: 'values',
    cursor: '0',
    countCursor: '0',
    fingerprint: new KeyFingerprint(),
    sourceRunId: undefined,
    targetRunId: undefined,
    round: 1,
    notBefore: 0,
    suspects: new Map(),
    paged: [],
    keysCompared: 0,
    keysCounted: 0,
    keysTotalEstimate: 0,
    sourceKeys: 0,
    targetKeys: 0,
    activeMs: 0,
    pauseMs: 0,
    differences: 0,
    byKind: {},
    byType: {},
    examples: [],
    unsettled: 0,
    movingKeys: [],
    movingKeysDropped: 0,
  };
}

/** Writes a state down. */
export function toCheckpoint(state: ComparisonState): Checkpoint {
  return {
    ...state,
    fingerprint: state.stage === 'finished' ? undefined : state.fingerprint.toJSON(),
    suspects: [...state.suspects.values()].map(written),
    paged: state.paged.map(written),
    databases: [...state.databases],
    byKind: { ...state.byKind },
    byType: { ...state.byType },
    examples: [...state.examples],
    movingKeys: [...state.movingKeys],
  };
}

function written<T extends { key: Buffer; findings: Finding[] }>(one: T) {
  return { ...one, key: one.key.toString('base64'), findings: withoutHeld(one.findings) };
}

/** Reads a checkpoint, which may have come from anywhere; throws `COMPARE_CHECKPOINT`. */
export function fromCheckpoint(checkpoint: unknown): ComparisonState {
  const parsed = checkpointSchema.safeParse(checkpoint);
  const unreadable = 'resuming a comparison: the checkpoint cannot be read';
  if (!parsed.success) throw new CompareError('COMPARE_CHECKPOINT', unreadable, { cause: parsed.error });
  const { suspects, paged: big, fingerprint: text, ...rest } = parsed.data;
  const fingerprint = text === undefined ? new KeyFingerprint() : KeyFingerprint.from(text);
  if (fingerprint === undefined) throw new CompareError('COMPARE_CHECKPOINT', unreadable);
  const bytes = (key: string) => Buffer.from(key, 'base64');
  return {
    ...rest,
    fingerprint,
    sourceRunId: rest.sourceRunId,
    suspects: new Map(
      suspects.map((one) => [suspectId(one.db, bytes(one.key)), { ...one, key: bytes(one.key) }]),
    ),
    paged: big.map((one) => ({ ...one, key: bytes(one.key), position: one.position })),
  };
}
