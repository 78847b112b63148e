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
 * The work is planned on the target, which serves nobody yet: it alone is asked for types, and it is read first. The source
 * pays one PTTL and one bounded read per key; keys that the target lacks or has as another type cost it one more question.
 * A key that vanishes or changes its type between the questions comes out as a difference, to be looked at again later.
 */
export async function compareBatch(lane: Lane, keys: NameList, context: BatchContext): Promise<KeyOutcome[]> {
  const types = lane.targetHasDb
    ? await readTypes(lane, 'target', keys)
    : Array.from({ length: keys.count }, () => NO_TYPE);
  const readings = readingsWithin(context.options);
  const batch = startBatch({ lane, keys, types, context, reading: readings.first });
  await compareAll(batch);
  const { outcomes, undecided } = batch;
  if (undecided.length > 0) {
    const again = NameList.of(undecided.map((index) => keys.key(index)));
    const sortedSets = undecided.map(() => 'zset');
    const second = startBatch({ lane, keys: again, types: sortedSets, context, reading: readings.exact });
    await compareAll(second);
    settle(outcomes, undecided, second.outcomes);
  }
  return outcomes;
}

interface Batch extends TypedBatch {
  readonly context: BatchContext;
  readonly outcomes: KeyOutcome[];
  readonly unclear: UnclearKey[];
  /** Sorted sets that the first reading left open. */
  readonly undecided: number[];
}

function startBatch({ lane, keys, types, context, reading }: TypedBatch & Pick<Batch, 'context'>): Batch {
  return { lane, keys, types, reading, context, outcomes: [], unclear: [], undecided: [] };
}

async function compareAll(batch: Batch): Promise<void> {
  const { lane, keys, context, unclear } = batch;
  for (let from = 0; from < keys.count; ) from = await comparePiece(batch, from);
  if (unclear.length === 0) return;
  const places = unclear.map(({ index }) => index);
  settle(batch.outcomes, places, await askSource(lane, unclear, context));
}

/** Puts what came of a second question in the place of the key that it was about. */
function settle(outcomes: KeyOutcome[], places: readonly number[], answers: readonly KeyOutcome[]): void {
  places.forEach((index, at) => {
    outcomes[index] = answers[at] ?? EQUAL;
  });
}

/** Compares as many keys as may be read at a time; gives where to go on. */
async function comparePiece(batch: Batch, from: number): Promise<number> {
  const { lane, keys } = batch;
  const { memory } = lane;
  const piece = { from, to: Math.min(keys.count, from + memory.pieceKeys) };
  await readTarget(batch, piece);
  memory.learn(piece.to - from, memory.target.length);
  const isAlike = lane.sourceHasDb && hasAll(batch, piece);
  let place = 0;
  for (let start = from; start < piece.to; ) {
    const part = { from: start, to: endOfSourcePiece(batch, { start, to: piece.to, place }) };
    await (isAlike ? readSourceAlike(batch, piece, part) : readSource(batch, part));
    place = judgeKeys(batch, { start, end: part.to, place });
    start = part.to;
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
