import type { Lane } from '../lane/lane.ts';
import { refusal } from '../wire/compare-error.ts';
import { NameList } from '../wire/name-list.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { errorOf } from '../wire/resp-reply.ts';
import { askSource, different, isReadable, type UnclearKey } from './ask-source.ts';
import {
  expiryAt,
  isWhole,
  NO_TYPE,
  nextTypes,
  readSource,
  readSourceAlike,
  readTarget,
  readTypes,
  repliesOf,
  type Stretch,
  type TypedBatch,
} from './batch-reads.ts';
import { type Finding, finding } from './difference.ts';
import { compareExpiry, isSameExpiry, NO_KEY } from './expiry.ts';
import type { BatchContext, KeyOutcome } from './key-outcome.ts';
import { readingsWithin } from './reading.ts';
import { haveSameScores } from './sorted-set-page.ts';
import { compareWhole, type WholeType } from './whole-value.ts';

/**
 * Compares a batch of keys of the database that the lane has selected.
 *
 * The work is planned on the target, which serves nobody yet: it alone is asked for types, and gently it is read first. The source
 * pays one PTTL and one bounded read per key; keys that the target lacks or has as another type cost it one more question.
 * A key that vanishes or changes its type between the questions comes out as a difference, to be looked at again later.
 */
export async function compareBatch(lane: Lane, keys: NameList, context: BatchContext): Promise<KeyOutcome[]> {
  const { outcomes } = await compareOnTheWay(lane, { keys }, context);
  return outcomes;
}

/** Keys to be compared, and what is known or wanted beside them. */
export interface BatchOnTheWay {
  readonly keys: NameList;
  /** By the target, when it was asked with the batch before. */
  readonly types?: readonly string[] | undefined;
  /** The keys that will be compared next. */
  readonly next?: NameList | undefined;
}

/**
 * The same of one of many batches that follow each other: the question for the types of the next one goes with the reads of this one, which
 * spares the target a pipeline for each batch. What became of a key since its type was read is seen when its value is.
 */
export async function compareOnTheWay(
  lane: Lane,
  { keys, types: known, next }: BatchOnTheWay,
  context: BatchContext,
): Promise<{ outcomes: KeyOutcome[]; nextTypes: readonly string[] | undefined }> {
  const types = known ?? (await typesOnTarget(lane, keys));
  const readings = readingsWithin(context.options);
  const batch = startBatch({ lane, keys, types, context, reading: readings.first, next });
  await compareAll(batch);
  const { outcomes, undecided } = batch;
  if (undecided.length > 0) {
    const sortedSets = {
      keys: NameList.of(undecided.map((index) => keys.key(index))),
      types: undecided.map(() => 'zset'),
    };
    const second = { ...sortedSets, lane, context, reading: readings.exact, next: undefined };
    settle(outcomes, undecided, await compareAll(startBatch(second)));
  }
  return { outcomes, nextTypes: batch.nextTypes };
}

async function typesOnTarget(lane: Lane, keys: NameList): Promise<string[]> {
  if (lane.targetHasDb) return readTypes(lane, 'target', keys);
  return Array.from({ length: keys.count }, () => NO_TYPE);
}

interface Batch extends TypedBatch {
  readonly context: BatchContext;
  readonly outcomes: KeyOutcome[];
  readonly unclear: UnclearKey[];
  /** Sorted sets that the first reading left open. */
  readonly undecided: number[];
  nextTypes: readonly string[] | undefined;
}

function startBatch(plan: TypedBatch & Pick<Batch, 'context'>): Batch {
  const { lane, keys, types, reading, next, context } = plan;
  const found = { outcomes: [], unclear: [], undecided: [], nextTypes: undefined };
  return { lane, keys, types, reading, next, context, ...found };
}

async function compareAll(batch: Batch): Promise<KeyOutcome[]> {
  const { lane, keys, context, outcomes, unclear } = batch;
  for (let from = 0; from < keys.count; ) from = await comparePiece(batch, from);
  if (unclear.length > 0) {
    const places = unclear.map(({ index }) => index);
    settle(outcomes, places, await askSource(lane, unclear, context));
  }
  return outcomes;
}

/** Puts what came of a second question in the place of the key that it was about. */
function settle(outcomes: KeyOutcome[], places: readonly number[], answers: readonly KeyOutcome[]): void {
  places.forEach((index, at) => {
    outcomes[index] = answers[at] ?? EQUAL;
  });
}

/**
 * Compares as many keys as may be read at a time; gives where to go on. The target is read first, so that its values tell how many may be
 * asked of the source; a fast comparison asks both at once.
 */
async function comparePiece(batch: Batch, from: number): Promise<number> {
  const { lane, keys, context } = batch;
  const { memory } = lane;
  const piece = { from, to: Math.min(keys.count, from + memory.pieceKeys) };
  const isAlike = lane.sourceHasDb && hasAll(batch, piece);
  const isAtOnce = isAlike && context.options.mode === 'fast';
  const reading = readTarget(batch, piece);
  await (isAtOnce ? Promise.all([reading, readSourceAlike(batch, piece, piece)]) : reading);
  memory.learn(piece.to - from, memory.target.length);
  if (batch.next !== undefined && piece.to === keys.count) batch.nextTypes = nextTypes(lane, batch.next);
  let place = 0;
  for (let start = from; start < piece.to; ) {
    const to = isAtOnce ? piece.to : endOfSourcePiece(batch, { start, to: piece.to, place });
    const part = { from: start, to };
    if (!isAtOnce) await (isAlike ? readSourceAlike(batch, piece, part) : readSource(batch, part));
    place = judgeKeys(batch, { start, end: to, place });
    start = to;
  }
  return piece.to;
}

/** Whether the target has all of these keys. */
function hasAll({ types }: Batch, { from, to }: Stretch): boolean {
  for (let index = from; index < to; index += 1) if (types[index] === NO_TYPE) return false;
  return true;
}

/**
 * So many keys are read from the source at once that their values on the target come to no more than a page, but always one; where the
 * source is to be spared, no more than its clients may have to wait for.
 */
function endOfSourcePiece(batch: Batch, at: { start: number; to: number; place: number }): number {
  const { target } = batch.lane.memory;
  const { pageBytes, spare, sparedKeys } = batch.context.options;
  const to = spare === 'source' ? Math.min(at.to, at.start + sparedKeys) : at.to;
  if (target.length <= pageBytes) return to;
  const firstByte = target.startOf(at.place);
  let { place } = at;
  for (let index = at.start; index < to; index += 1) {
    place += repliesOf(batch.types[index]);
    if (place > 0 && target.endOf(place - 1) - firstByte > pageBytes && index > at.start) return index;
  }
  return to;
}

/** Judges the keys that the source was read for; gives the place of the target's next reply. */
function judgeKeys(batch: Batch, at: { start: number; end: number; place: number }): number {
  const { types, outcomes, context, lane } = batch;
  const now = context.clock.now();
  const places = { source: 0, target: at.place };
  for (let index = at.start; index < at.end; index += 1) {
    const type = types[index] ?? NO_TYPE;
    if (lane.sourceHasDb && isWhole(type) && isEqual(batch, type, places)) outcomes[index] = EQUAL;
    else {
      const source = lane.sourceHasDb ? places.source : -1;
      const target = type === NO_TYPE ? -1 : places.target;
      outcomes[index] = judge(batch, { index, type, places: { source, target }, now });
    }
    places.source += isWhole(type) ? 2 : 1;
    places.target += repliesOf(type);
  }
  return places.target;
}

/** Where in the blocks the replies about a key begin; -1 when that side was not asked. */
interface Places {
  readonly source: number;
  readonly target: number;
}

/** True for what nearly every key is: there on both sides, the same expiry, the same bytes, read as a whole. */
function isEqual({ lane, context, reading }: Batch, type: WholeType, places: Places): boolean {
  const { source, target } = lane.memory;
  const expiry = source.integerAt(places.source);
  const other = target.integerAt(places.target);
  if (expiry === undefined || other === undefined) return false;
  if (!isSameExpiry(expiry, other, context.options.ttlToleranceMs)) return false;
  const at = places.source + 1;
  if (!source.isSame(at, target, places.target + 1) || source.kindOf(at) === MINUS) return false;
  return reading.isWhole(type, source.bytes, source.startOf(at));
}

const MINUS = 45;

interface KeySeen {
  readonly index: number;
  readonly type: string;
  readonly places: Places;
  readonly now: number;
}

/** Says what is not the same about a key, or notes that the source must be asked once more. */
function judge(batch: Batch, seen: KeySeen): KeyOutcome {
  const { options } = batch.context;
  const { source, target } = batch.lane.memory;
  const sourceTtl = expiryAt(source, seen.places.source);
  const targetTtl = expiryAt(target, seen.places.target);
  if (sourceTtl === NO_KEY && targetTtl === NO_KEY) return { equal: true, onTarget: false };
  if (sourceTtl === NO_KEY) return different(seen.type, [finding('extra', 'the whole key')]);
  if (targetTtl === NO_KEY) return unclear(batch, seen.index, NO_TYPE);
  const ttl = compareExpiry(
    { source: sourceTtl, target: targetTtl },
    { now: seen.now, toleranceMs: options.ttlToleranceMs },
  );
  const outcome = judgeValue(batch, seen);
  if (!Array.isArray(outcome)) return outcome;
  const findings = [...ttl, ...outcome];
  return findings.length === 0 ? EQUAL : different(seen.type, findings);
}

/** Compares what was read of the value. */
function judgeValue(batch: Batch, { index, type, places }: KeySeen): KeyOutcome | Finding[] {
  if (!isWhole(type)) return isReadable(type) ? { paged: type } : unclear(batch, index, type);
  const source = batch.lane.memory.source.raw(places.source + 1);
  const target = batch.lane.memory.target.raw(places.target + 1);
  if (hasOtherType(source, 'source') || hasOtherType(target, 'target')) return unclear(batch, index, type);
  if (type === 'zset' && batch.reading.isFirst) {
    if (haveSameScores(source, target)) return [];
    batch.undecided.push(index);
    return EQUAL;
  }
  const outcome = compareWhole(type, { source, target }, batch.context.options);
  if (outcome === 'paged') return { paged: type };
  return outcome === 'equal' ? [] : outcome;
}

/** The outcome comes when the source was asked once more; until then it stands for a key that is in order. */
function unclear(batch: Batch, index: number, targetType: string): KeyOutcome {
  batch.unclear.push({ index, key: batch.keys.key(index), targetType });
  return EQUAL;
}

const EQUAL: KeyOutcome = { equal: true, onTarget: true };

/** True when the key has another type than asked for; any other error reply is an operating error. */
function hasOtherType(raw: RawReply, side: string): boolean {
  const error = errorOf(raw);
  if (error === undefined) return false;
  if (error.code === 'WRONGTYPE') return true;
  throw refusal(error, `reading values on the ${side}`);
}
