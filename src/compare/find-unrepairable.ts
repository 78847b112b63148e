import { z } from 'zod';
import type { Slice } from './comparison.ts';
import type { Clock } from './comparison-options.ts';
import { closeLane, type Lane, openLane, type Sides, selectDatabase } from './lane/lane.ts';
import { scanKeys } from './names/scan-keys.ts';
import { Pace } from './pace/pace.ts';
import { isOver, type SliceTime, waitForPace } from './pace/slice.ts';
import type { Unrepairable } from './repair/repair-checkpoint.ts';
import {
  type Abilities,
  endsOf,
  type RepairEnds,
  readAbilities,
  type Side,
  typeNameOf,
} from './repair/repair-ends.ts';
import {
  type RepairOptions,
  type ResolvedRepairOptions,
  resolveRepairOptions,
} from './repair/repair-options.ts';
import { whyUnrepairable } from './repair/repair-plan.ts';
import { describeUnrepairable } from './repair/unrepairable.ts';
import { CompareError, refusal } from './wire/compare-error.ts';
import { readKeyspace } from './wire/keyspace.ts';
import { encodeCommands } from './wire/resp-commands.ts';

export interface UnrepairableParts extends Sides {
  /** The side whose keys would be copied. */
  readonly from: Side;
  readonly options?: RepairOptions;
  readonly clock: Clock;
}

const count = z.int().min(0);
const checkpointSchema = z.strictObject({
  version: z.literal(1),
  runId: z.string().optional(),
  databaseIndex: count,
  cursor: z.string(),
  keysLookedAt: count,
  count,
  examples: z.array(
    z.strictObject({ db: count, key: z.string(), keyBase64: z.base64(), type: z.string(), why: z.string() }),
  ),
});
/** Where a search is, as JSON; bounded by `maxExamples`. Opaque to the caller. */
export type UnrepairableCheckpoint = z.infer<typeof checkpointSchema>;

/** What a search has found so far. */
export interface UnrepairableReport {
  /** Every key of the giving side was looked at. */
  readonly complete: boolean;
  readonly keysLookedAt: number;
  readonly count: number;
  /** The first `maxExamples` of them. */
  readonly examples: Unrepairable[];
  /** To be handed to the next call while `complete` is false. */
  readonly checkpoint: UnrepairableCheckpoint;
}

/**
 * Finds the keys of one side that have no form on the other (streams where there are none, types of modules, databases that are not
 * there), before anything is moved. Asks for names and types only, changes nothing, and works for about `budgetMs`;
 * keys that are made meanwhile may be missed. Throws a `CompareError` when a server cannot be read.
 */
export async function findUnrepairable(
  parts: UnrepairableParts,
  slice: Slice,
  checkpoint?: UnrepairableCheckpoint,
): Promise<UnrepairableReport> {
  const options = resolveRepairOptions(parts.options);
  const { clock, from } = parts;
  const time: SliceTime = { clock, deadline: clock.now() + slice.budgetMs, signal: slice.signal };
  const lane = await openLane(parts, options);
  try {
    const ends = endsOf(lane, from);
    const keyspace = await readKeyspace(ends.giver);
    const state = resume(checkpoint, keyspace.runId);
    const abilities = await readAbilities(ends, clock);
    const pace = new Pace({ keys: options.maxKeysPerSecond }, clock);
    const search: Search = { lane, from, abilities, options, state, time, pace };
    const databases = [...keyspace.databases.keys()].sort((a, b) => a - b);
    while (state.databaseIndex < databases.length) {
      await searchPage(search, databases[state.databaseIndex] ?? 0);
      if (isOver(time)) break;
    }
    const { keysLookedAt, examples } = state;
    const complete = state.databaseIndex >= databases.length;
    return { complete, keysLookedAt, count: state.count, examples: [...examples], checkpoint: state };
  } finally {
    closeLane(lane);
  }
}

/** A restarted server lists its keys in another order, so the search begins again. */
function resume(
  checkpoint: UnrepairableCheckpoint | undefined,
  runId: string | undefined,
): UnrepairableCheckpoint {
  const fresh = {
    version: 1 as const,
    databaseIndex: 0,
    cursor: '0',
    keysLookedAt: 0,
    count: 0,
    examples: [],
  };
  const begun = runId === undefined ? fresh : { ...fresh, runId };
  if (checkpoint === undefined) return begun;
  const parsed = checkpointSchema.safeParse(checkpoint);
  if (!parsed.success)
    throw new CompareError(
      'COMPARE_CHECKPOINT',
      'looking for keys without a form: the checkpoint cannot be read',
    );
  return parsed.data.runId === runId ? parsed.data : begun;
}

interface Search {
  readonly lane: Lane;
  readonly from: Side;
  readonly abilities: Abilities;
  readonly options: ResolvedRepairOptions;
  readonly state: UnrepairableCheckpoint;
  readonly time: SliceTime;
  readonly pace: Pace;
}

/** The next page of one database; the database after it when this one is through. */
async function searchPage(search: Search, db: number): Promise<void> {
  const { lane, state, options } = search;
  await selectDatabase(lane, db);
  if (!(await waitForPace(search.pace, search.time))) return;
  const ends = endsOf(lane, search.from);
  const { names } = lane.memory;
  const page = await scanKeys(ends.giver, names, { cursor: state.cursor, count: options.batchKeys });
  search.pace.take(names.count);
  state.keysLookedAt += names.count;
  const keys = names.toArray();
  const types = await typesOf(ends, keys);
  const side = search.from === 'source' ? 'target' : 'source';
  keys.forEach((key, index) => {
    const type = types[index] ?? 'none';
    const why =
      type === 'none'
        ? undefined
        : whyUnrepairable(type, { ends, abilities: search.abilities, receiver: { side } });
    if (why === undefined) return;
    state.count += 1;
    if (state.examples.length < options.maxExamples)
      state.examples.push(describeUnrepairable({ db, key, type }, why));
  });
  state.cursor = page.cursor;
  if (page.cursor === '0') state.databaseIndex += 1;
}

async function typesOf(ends: RepairEnds, keys: readonly Buffer[]): Promise<string[]> {
  const replies = await ends.giver.pipeline(encodeCommands(keys.map((key) => ['TYPE', key])));
  return replies.map((raw) => {
    const type = typeNameOf(raw);
    if (type === undefined)
      throw refusal({ code: 'ERR', message: 'TYPE gave no type' }, 'looking for keys without a form');
    return type;
  });
}
