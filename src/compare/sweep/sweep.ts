import { type Lane, selectDatabase } from '../lane/lane.ts';
import { KeyFingerprint } from '../names/key-fingerprint.ts';
import { isOver, runLanes, type Unit } from '../pace/slice.ts';
import { describeDifference } from '../values/difference.ts';
import { type BatchOnTheWay, compareBatch, compareOnTheWay } from '../values/key-batch.ts';
import type { KeyOutcome } from '../values/key-outcome.ts';
import { startPaged } from '../values/paged-progress.ts';
import { advancePaged } from '../values/paged-value.ts';
import { refusal } from '../wire/compare-error.ts';
import { NameList } from '../wire/name-list.ts';
import type { RedisConnection } from '../wire/redis-connection.ts';
import { encodeCommands } from '../wire/resp-commands.ts';
import { errorOf, integerOf } from '../wire/resp-reply.ts';
import { type ComparisonState, suspectId } from './checkpoint.ts';
import { isCountDue, nextCountUnit } from './count-target.ts';
import { END } from './listing.ts';
import type { NotedLook, OnDifference, Work } from './mender.ts';
import { isFullOfSuspects, type Look, noteLook } from './suspects.ts';
import { chargeBytes, feelPulse, waitForTurn } from './turn.ts';

/**
 * The next unit of the sweep for a lane: a big value that waits, a page of the target's names, or keys to compare; undefined when this stage
 * has no more.
 */
export async function nextSweepUnit(work: Work, lane: Lane): Promise<Unit | undefined> {
  const onTheWay = unitOnTheWay(work, lane);
  if (onTheWay !== undefined) return onTheWay;
  const mending = work.mender?.nextUnit(work);
  if (mending !== undefined) return mending;
  const big = work.state.paged.shift();
  if (big !== undefined) return (on) => readPaged(work, on, big);
  const counting = nextCountUnit(work);
  if (counting !== undefined) return counting;
  if (isFullOfSuspects(work.state, work.context.options)) return undefined;
  const keys = await work.listing.take(work, lane);
  return keys === undefined ? undefined : (on) => lookAt(work, on, keys);
}

/** Does what is left of pages that were listed: a checkpoint knows only how far the listing is. */
export async function finishListed(work: Work, lanes: readonly Lane[]): Promise<void> {
  await work.listing.settled();
  const untilDone = { ...work.time, deadline: Number.POSITIVE_INFINITY, signal: undefined };
  const nextUnit = async (lane: Lane) => {
    const onTheWay = unitOnTheWay(work, lane);
    if (onTheWay !== undefined) return onTheWay;
    const keys = work.listing.takeListed();
    return keys === undefined ? undefined : (on: Lane) => lookAt(work, on, keys);
  };
  await runLanes(lanes, nextUnit, untilDone);
}

async function lookAt(work: Work, lane: Lane, keys: NameList): Promise<void> {
  const { state } = work;
  await selectDatabase(lane, state.databases[state.databaseIndex] ?? 0);
  if (state.stage === 'values') return compareKeys(work, lane, { keys });
  await feelPulse(work, lane);
  await findExtras(work, lane, keys);
  chargeBytes(work, lane);
}

/** Compares these keys, and learns the types of those that this lane will compare next. */
async function compareKeys(work: Work, lane: Lane, batch: BatchOnTheWay): Promise<void> {
  await feelPulse(work, lane);
  const next = nextInLine(work, lane);
  const { outcomes, nextTypes } = await compareOnTheWay(lane, { ...batch, next }, work.context);
  if (next !== undefined) work.onTheWay.set(lane, { keys: next, types: nextTypes });
  await takeIn(work, lane, { keys: batch.keys, outcomes });
  chargeBytes(work, lane);
}

/** The batch whose types this lane has learned already. */
function unitOnTheWay(work: Work, lane: Lane): Unit | undefined {
  const batch = work.onTheWay.get(lane);
  if (batch === undefined) return undefined;
  work.onTheWay.delete(lane);
  return (on) => compareKeys(work, on, batch);
}

/** What this lane will compare next; undefined when it should look around first. */
function nextInLine(work: Work, lane: Lane): NameList | undefined {
  const { state, context } = work;
  // A target that serves clients is not asked for more at a time, and what a repair changes is looked at afresh.
  if (isOver(work.time) || context.options.spare === 'target' || work.mender !== undefined) return undefined;
  if (!lane.targetHasDb) return undefined;
  if (state.paged.length > 0 || isCountDue(work) || isFullOfSuspects(state, context.options))
    return undefined;
  return work.listing.takeAhead(work, lane);
}

/** Takes in what came of a batch. */
async function takeIn(
  work: Work,
  lane: Lane,
  batch: { keys: NameList; outcomes: readonly KeyOutcome[] },
): Promise<void> {
  const { state } = work;
  const { keys: names, outcomes } = batch;
  const looks: NotedLook[] = [];
  for (let index = 0; index < names.count; index += 1) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    if ('paged' in outcome || outcome.onTarget) {
      state.fingerprint.add(names.bytes, names.nameStart(index), names.nameEnd(index));
    }
    if (!('paged' in outcome) && outcome.equal) continue;
    const look = suspiciousLook(work, { outcome, db: lane.db, key: names.key(index) });
    if (look !== undefined) looks.push(look);
  }
  state.keysCompared += names.count;
  await work.mender?.mend(work, lane, looks);
}

/** Notes what was seen of a key that is not in order; a big value is put among those that wait. */
function suspiciousLook(
  work: Work,
  seen: { outcome: Exclude<KeyOutcome, { equal: true }>; db: number; key: Buffer },
): NotedLook | undefined {
  const { outcome, db, key } = seen;
  if (!('paged' in outcome)) return noted(work, { db, key, type: outcome.type, findings: outcome.findings });
  work.state.paged.push(startPaged({ db, key, type: outcome.paged }, work.context.options.pageBytes));
  return undefined;
}

/** Writes down a look and says what it made of the key. */
export function noted(work: Work, look: Look): NotedLook {
  const standing = noteLook(work.state, look, work.context.options);
  if (standing === 'proven' && work.onDifference !== undefined) tell(look, work.onDifference);
  return { ...look, standing };
}

/** Whoever listens keeps the list outside of the checkpoint, so the whole key is named, however long it is. */
function tell(look: Look, onDifference: OnDifference): void {
  for (const found of look.findings)
    onDifference(describeDifference(look, found, look.key.length), found.held ?? {});
}

/** Keys in unbalanced buckets are looked up on the source; those it does not have are compared as any other key. */
async function findExtras(work: Work, lane: Lane, names: NameList): Promise<void> {
  const { state, context } = work;
  names.keepIf((bytes, start, end) => !state.fingerprint.isBalanced(bytes, start, end));
  const doubtful = names.toArray().filter((key) => !state.suspects.has(suspectId(lane.db, key)));
  if (doubtful.length === 0) return;
  const absent = lane.sourceHasDb ? await absentKeys(lane.source, doubtful) : doubtful;
  if (absent.length === 0) return;
  const outcomes = await compareBatch(lane, NameList.of(absent), context);
  const looks: NotedLook[] = [];
  outcomes.forEach((outcome, index) => {
    const key = absent[index];
    if (key === undefined || 'paged' in outcome || outcome.equal) return;
    looks.push(noted(work, { db: lane.db, key, type: outcome.type, findings: outcome.findings }));
  });
  await work.mender?.mend(work, lane, looks);
}

async function absentKeys(connection: RedisConnection, keys: readonly Buffer[]): Promise<Buffer[]> {
  // One EXISTS per key: before 3.0.3 the command takes only one.
  const replies = await connection.pipeline(encodeCommands(keys.map((key) => ['EXISTS', key])));
  return keys.filter((_, index) => {
    const raw = replies[index];
    const error = raw === undefined ? undefined : errorOf(raw);
    if (error !== undefined) throw refusal(error, 'looking for keys on the source');
    return integerOf(raw) === 0;
  });
}

/** Reads pages of one big value until it is decided or the slice is over; in the second case it goes back to the waiting ones. */
export async function readPaged(
  work: Work,
  lane: Lane,
  big: ComparisonState['paged'][number],
): Promise<void> {
  const { state, context } = work;
  await selectDatabase(lane, big.db);
  do {
    const seenBefore = big.seen;
    if (await advancePaged(lane, big, context)) {
      const look = noted(work, { db: big.db, key: big.key, type: big.type, findings: big.findings });
      if (look.findings.length > 0) await work.mender?.mend(work, lane, [look]);
      return;
    }
    // A page of a big value weighs on the server like as many small keys.
    work.pace.take(big.type === 'string' ? 1 : (big.seen - seenBefore) / PAGE_ELEMENTS_PER_KEY);
  } while (!isOver(work.time) && (await waitForTurn(work, lane)));
  state.paged.unshift(big);
}

const PAGE_ELEMENTS_PER_KEY = 20;

/** True when the stage has nothing left to do; it may then be left behind with `enterNextStage`. */
export function isStageDone(work: Work): boolean {
  const { state } = work;
  const isListed = state.cursor === END && (state.stage !== 'values' || state.countCursor === END);
  return (work.mender?.isIdle() ?? true) && isListed && state.paged.length === 0;
}

/** Goes from values to extra keys when there can be any, then to the next database. */
export function enterNextStage(state: ComparisonState): void {
  state.cursor = '0';
  if (state.stage === 'values' && !state.fingerprint.isZero()) {
    state.stage = 'extras';
    return;
  }
  state.fingerprint = new KeyFingerprint();
  state.countCursor = '0';
  state.databaseIndex += 1;
  state.stage = state.databaseIndex < state.databases.length ? 'values' : 'finished';
}

/** A restarted server lists its keys in another order: the stage begins again, and big values from their start. */
export function restartStage(state: ComparisonState): void {
  for (const big of state.paged) {
    big.position = undefined;
    big.reverse = false;
    big.findings = [];
  }
  if (state.stage === 'finished') return;
  if (state.stage === 'values' && state.cursor !== END) {
    state.fingerprint = new KeyFingerprint();
    state.countCursor = '0';
  } else if (state.stage === 'values') {
    // The source was listed, but part of the target's keys are taken away already: every key of it has to be asked for.
    state.fingerprint.distrust();
    state.stage = 'extras';
  }
  state.cursor = '0';
}
