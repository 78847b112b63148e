import { z } from 'zod';
import { checkpointSchema } from '../sweep/checkpoint.ts';
import { DIFFERENCE_KINDS } from '../values/difference.ts';
import { READABLE_TYPES } from '../values/whole-value.ts';
import { CompareError } from '../wire/compare-error.ts';
import { MEND_PHASES, type Mend } from './mend.ts';

const count = z.int().min(0);
const base64 = z.base64();
const mend = z.strictObject({
  db: count,
  key: base64,
  type: z.enum([...READABLE_TYPES, 'none']),
  phase: z.enum(MEND_PHASES),
  inPlace: z.boolean(),
  position: z.string(),
  page: z.int().min(1),
  moved: count,
});
const named = { db: count, key: z.string(), keyBase64: base64, type: z.string() };
const unrepairable = z.strictObject({ ...named, why: z.string() });
const example = z.strictObject({
  ...named,
  kind: z.enum(DIFFERENCE_KINDS),
  where: z.string(),
  action: z.enum(['copy', 'delete', 'expiry']),
});

/** The part of a repair's checkpoint that a comparison does not have. */
const repairPart = z.strictObject({
  mends: z.array(mend),
  keysRepaired: count,
  keysDeleted: count,
  byKind: z.partialRecord(z.enum(DIFFERENCE_KINDS), count),
  byType: z.record(z.string(), count),
  examples: z.array(example),
  unrepairable: z.array(unrepairable),
  unrepairableCount: count,
  rounds: count,
  /** Where the last look for temporary keys is: not needed, due, at a database and cursor, or done. */
  cleaning: z.union([
    z.enum(['unneeded', 'due', 'done']),
    z.strictObject({ databaseIndex: count, cursor: z.string() }),
  ]),
});

/**
 * Everything a repair knows, as JSON: handed to a new process, it goes on where the old one was. Bounded like the checkpoint of a comparison.
 * It holds names of keys and no values. Opaque to the caller.
 */
export const repairCheckpointSchema = z.strictObject({
  version: z.literal(1),
  from: z.enum(['source', 'target']),
  comparison: checkpointSchema,
  repair: repairPart,
});
export type RepairCheckpoint = z.infer<typeof repairCheckpointSchema>;

/** A key that was found to differ and what was, or in a dry run would be, done about it. */
export type RepairExample = z.infer<typeof example>;
/** A key that has no form on the receiving side. */
export type Unrepairable = z.infer<typeof unrepairable>;

/** The same as the repair's part of a checkpoint, in the form the work is done in. */
export interface RepairState extends Omit<RepairCheckpoint['repair'], 'mends'> {
  mends: Mend[];
}

/** The state before anything was looked at. */
export function freshRepairState(): RepairState {
  return {
    mends: [],
    keysRepaired: 0,
    keysDeleted: 0,
    byKind: {},
    byType: {},
    examples: [],
    unrepairable: [],
    unrepairableCount: 0,
    rounds: 1,
    cleaning: 'unneeded',
  };
}

/** Writes a state down, so that later work on it does not change what was written. */
export function repairPartOf(state: RepairState): RepairCheckpoint['repair'] {
  return {
    ...state,
    mends: state.mends.map((one) => ({ ...one, key: one.key.toString('base64') })),
    byKind: { ...state.byKind },
    byType: { ...state.byType },
    examples: [...state.examples],
    unrepairable: [...state.unrepairable],
    cleaning: typeof state.cleaning === 'string' ? state.cleaning : { ...state.cleaning },
  };
}

/** The comparison's part is read by the comparison itself, and that takes its time with thousands of suspects. */
const withComparisonUnread = repairCheckpointSchema.extend({
  comparison: z.custom<RepairCheckpoint['comparison']>((part) => typeof part === 'object' && part !== null),
});

/** Reads a checkpoint, which may have come from anywhere; throws `COMPARE_CHECKPOINT`. */
export function readRepairCheckpoint(
  checkpoint: unknown,
  from: 'source' | 'target',
): { comparison: RepairCheckpoint['comparison']; state: RepairState } {
  const parsed = withComparisonUnread.safeParse(checkpoint);
  if (!parsed.success)
    throw new CompareError('COMPARE_CHECKPOINT', 'resuming a repair: the checkpoint cannot be read', {
      cause: parsed.error,
    });
  if (parsed.data.from !== from)
    throw new CompareError(
      'COMPARE_CHECKPOINT',
      'resuming a repair: the checkpoint is of the other direction',
    );
  const { comparison, repair } = parsed.data;
  const mends = repair.mends.map((one) => ({ ...one, key: Buffer.from(one.key, 'base64') }));
  return { comparison, state: { ...repair, mends } };
}
