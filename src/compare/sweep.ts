import { type ComparisonState, suspectId } from './checkpoint.ts';
import { refusal } from './compare-error.ts';
import { type Difference, describeDifference } from './difference.ts';
import { compareBatch } from './key-batch.ts';
import { KeyFingerprint } from './key-fingerprint.ts';
import { KeyList } from './key-list.ts';
import type { KeyOutcome } from './key-outcome.ts';
import { type Lane, selectDatabase } from './lane.ts';
import type { NotedLook, Work } from './mender.ts';
import { startPaged } from './paged-progress.ts';
import { advancePaged } from './paged-value.ts';
import type { RedisConnection } from './redis-connection.ts';
import { encodeCommands } from './resp-commands.ts';
import { errorOf, integerOf } from './resp-reply.ts';
import { NAMES_PER_KEY, type SampledPage, scanSample } from './sampling.ts';
import { type KeyPage, scanKeys } from './scan-keys.ts';
import { isOver, type Unit } from './slice.ts';
import { isFullOfSuspects, type Look, noteLook } from './suspects.ts';
import { waitForTurn } from './turn.ts';

/** The target serves nobody yet; its keys alone can be listed in larger pages. */
const COUNT_PAGE_FACTOR = 10;

/** The next unit of the sweep for a lane: a big value that waits, or else a page of keys; undefined when this stage has no more. */
export async function nextSweepUnit(work: Work, lane: Lane): Promise<Unit | undefined> {
  const mending = work.mender?.nextUnit(work);
  if (mending !== undefined) return mending;
  const big = work.state.paged.shift();
  if (big !== undefined) return (on) => readPaged(work, on, big);
  if (isFullOfSuspects(work.state, work.context.options)) return undefined;
  const turn = work.scanning.then(() => takePage(work, lane));
  // A failure is the failure of the lane that scanned; the next in line must not fail for it too.
  work.scanning = turn.catch(() => undefined);
  return turn;
}

async function takePage(work: Work, lane: Lane): Promise<Unit | undefined> {
  const { state, context } = work;
  const db = state.databases[state.databaseIndex];
  if (db === undefined || state.cursor === END) return undefined;
  await selectDatabase(lane, db);
  const onSource = state.stage === 'values';
  if (!(onSource ? lane.sourceHasDb : lane.targetHasDb)) {
    state.cursor = END;
    return undefined;
  }
  if (!(await waitForTurn(work, lane))) return undefined;
  const count =
    work.brake.batchOf(context.options.batchKeys) * (state.stage === 'count' ? COUNT_PAGE_FACTOR : 1);
  const page = await nextNames(work, lane, count);
  state.cursor = page.cursor === '0' ? END : page.cursor;
  if (page.temporary.length > 0) work.mender?.meet(lane, onSource ? 'source' : 'target', page.temporary);
  const { names } = lane.memory;
  if (state.stage === 'count') return async () => removeAll(state, names);
  const unsampled = 'names' in page ? page.names - names.count : 0;
  work.pace.take(names.count + unsampled / NAMES_PER_KEY);
  return (on) => (onSource ? compareKeys(work, on) : findExtras(work, on));
}

/** A page of all names, or of those in the sample, into the lane's memory: the unit of work that follows is the same lane's. */
function nextNames(work: Work, lane: Lane, count: number): Promise<KeyPage | SampledPage> {
  const { sample, cursor, stage } = work.state;
  const connection = stage === 'values' ? lane.source : lane.target;
  const { names } = lane.memory;
  if (sample === undefined) return scanKeys(connection, names, { cursor, count });
  return scanSample(connection, names, { cursor, sample, wanted: count, isOver: () => isOver(work.time) });
}

/** A cursor that no server gives: the last page of this stage has been taken. */
const END = 'end';

function removeAll({ fingerprint }: ComparisonState, names: KeyList): void {
  for (let index = 0; index < names.count; index += 1) {
    fingerprint.remove(names.bytes, names.nameStart(index), names.nameEnd(index));
  }
}

async function compareKeys(work: Work, lane: Lane): Promise<void> {
  const { names } = lane.memory;
  if (names.count === 0) return;
  const { state, context } = work;
  const outcomes = await compareBatch(lane, names, context);
  const looks: NotedLook[] = [];
  for (let index = 0; index < names.count; index += 1) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    if ('paged' in outcome || outcome.onTarget) {
      state.fingerprint.add(names.bytes, names.nameStart(index), names.nameEnd(index));
    }
    const look = suspiciousLook(work, lane, { outcome, index });
    if (look !== undefined) looks.push(look);
  }
  state.keysCompared += names.count;
  await work.mender?.mend(work, lane, looks);
}

/** Notes what was seen of a key of the page unless it is in order; a big value is put among those that wait. */
function suspiciousLook(
  work: Work,
  lane: Lane,
  seen: { outcome: KeyOutcome; index: number },
): NotedLook | undefined {
  const { outcome, index } = seen;
  if (!('paged' in outcome) && outcome.equal) return undefined;
  const at = { db: lane.db, key: lane.memory.names.key(index) };
  if (!('paged' in outcome)) return noted(work, { ...at, type: outcome.type, findings: outcome.findings });
  work.state.paged.push(startPaged({ ...at, type: outcome.paged }, work.context.options.pageBytes));
  return undefined;
}

/** Writes down a look and says what it made of the key. */
export function noted(work: Work, look: Look): NotedLook {
  const standing = noteLook(work.state, look, work.context.options);
  if (standing === 'proven' && work.onDifference !== undefined) tell(look, work.onDifference);
  return { ...look, standing };
}

/** Whoever listens keeps the list outside of the checkpoint, so the whole key is named, however long it is. */
function tell(look: Look, onDifference: (difference: Difference) => void): void {
  for (const found of look.findings) onDifference(describeDifference(look, found, look.key.length));
}

/** Keys in unbalanced buckets are looked up on the source; those it does not have are compared as any other key. */
async function findExtras(work: Work, lane: Lane): Promise<void> {
  const { state, context } = work;
  const { names } = lane.memory;
  names.keepIf((bytes, start, end) => !state.fingerprint.isBalanced(bytes, start, end));
  const doubtful = names.toArray().filter((key) => !state.suspects.has(suspectId(lane.db, key)));
  if (doubtful.length === 0) return;
  const absent = lane.sourceHasDb ? await absentKeys(lane.source, doubtful) : doubtful;
  if (absent.length === 0) return;
  const outcomes = await compareBatch(lane, KeyList.of(absent), context);
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
  return (work.mender?.isIdle() ?? true) && state.cursor === END && state.paged.length === 0;
}

/** Goes from values to the counting of the target's keys, from there to extra keys (when there can be any), then to the next database. */
export function enterNextStage(state: ComparisonState): void {
  state.cursor = '0';
  if (state.stage === 'values') {
    state.stage = 'count';
    return;
  }
  if (state.stage === 'count' && !state.fingerprint.isZero()) {
    state.stage = 'extras';
    return;
  }
  state.fingerprint = new KeyFingerprint();
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
  state.cursor = '0';
  if (state.stage === 'values') state.fingerprint = new KeyFingerprint();
  if (state.stage !== 'count') return;
  // Half of the target's keys are taken away already: without a new count, every key has to be asked for.
  state.fingerprint.distrust();
  state.stage = 'extras';
}
