import type { ResolvedOptions } from '../comparison-options.ts';
import { type Lane, selectDatabase } from '../lane/lane.ts';
import { sleepBy } from '../pace/sleep.ts';
import type { Unit } from '../pace/slice.ts';
import { isOver } from '../pace/slice.ts';
import { compareBatch } from '../values/key-batch.ts';
import { startPaged } from '../values/paged-progress.ts';
import { NameList } from '../wire/name-list.ts';
import type { ComparisonState, Suspect } from './checkpoint.ts';
import type { NotedLook, Work } from './mender.ts';
import { releaseUnsettled } from './suspects.ts';
import { noted, readPaged } from './sweep.ts';
import { waitForTurn } from './turn.ts';

/** Enters the first round of second looks, or the next one; nobody looks before `roundDelayMs` have passed. */
export function enterRound(state: ComparisonState, at: { now: number; roundDelayMs: number }): void {
  state.phase = 'recheck';
  state.round += 1;
  state.notBefore = at.now + at.roundDelayMs;
}

/** The next unit of this round: a big value that waits, or a batch of suspects of one database; undefined when all were looked at. */
export async function nextRecheckUnit(work: Work, lane: Lane): Promise<Unit | undefined> {
  const mending = work.mender?.nextUnit(work);
  if (mending !== undefined) return mending;
  const big = work.state.paged.shift();
  if (big !== undefined) return (on) => readPaged(work, on, big);
  if (isRoundDone(work) || !(await waitForTurn(work, lane))) return undefined;
  const batch = takeSuspects(work.state, work.brake.batchOf(work.context.options.batchKeys));
  return batch.length === 0 ? undefined : (on) => lookAgain(work, on, batch);
}

function takeSuspects(state: ComparisonState, batchKeys: number): Suspect[] {
  const batch: Suspect[] = [];
  for (const suspect of state.suspects.values()) {
    if (suspect.round >= state.round || suspect.db !== (batch[0]?.db ?? suspect.db)) continue;
    suspect.round = state.round;
    batch.push(suspect);
    if (batch.length === batchKeys) break;
  }
  return batch;
}

/** Looks several times at the keys of a batch that go on differing: the first equal look settles a key. */
async function lookAgain(work: Work, lane: Lane, batch: readonly Suspect[]): Promise<void> {
  const { state, context } = work;
  const { options } = context;
  const [first] = batch;
  if (first === undefined) return;
  await selectDatabase(lane, first.db);
  let open = batch;
  const looks: NotedLook[] = [];
  for (let look = 1; open.length > 0; look += 1) {
    const isLast = look >= options.looksPerRound || isOver(work.time);
    const outcomes = await compareBatch(lane, NameList.of(open.map((one) => one.key)), context);
    work.pace.take(open.length);
    const stillOpen: Suspect[] = [];
    outcomes.forEach((outcome, index) => {
      const suspect = open[index];
      if (suspect === undefined) return;
      const { db, key } = suspect;
      if ('paged' in outcome)
        state.paged.push(startPaged({ db, key, type: outcome.paged }, options.pageBytes));
      else if (outcome.equal) noted(work, { db, key, type: suspect.type, findings: [] });
      else if (isLast) looks.push(noted(work, { db, key, type: outcome.type, findings: outcome.findings }));
      else stillOpen.push(suspect);
    });
    open = stillOpen;
    if (open.length === 0) break;
    await sleepBy(context.clock, options.lookDelayMs);
    // When the slice ends meanwhile, the next look is the last one.
    await waitForTurn(work, lane);
  }
  await work.mender?.mend(work, lane, looks);
}

/** True when every suspect was looked at in this round. */
export function isRoundDone(work: Work): boolean {
  const { state } = work;
  if (state.paged.length > 0 || work.mender?.isIdle() === false) return false;
  for (const suspect of state.suspects.values()) if (suspect.round < state.round) return false;
  return true;
}

/** After a round: another one, back to the sweep that was interrupted, or the end. */
export function leaveRound(state: ComparisonState, at: { now: number; options: ResolvedOptions }): void {
  const { options } = at;
  const maxRounds = Math.max(options.maxRounds, options.rounds);
  if (state.suspects.size > 0 && state.round < maxRounds) {
    enterRound(state, { now: at.now, roundDelayMs: options.roundDelayMs });
    return;
  }
  releaseUnsettled(state, options);
  state.round = 1;
  const isHopeless = state.differences >= (options.maxDifferences ?? options.maxSuspects);
  state.phase = state.stage === 'finished' || isHopeless ? 'done' : 'sweep';
}
