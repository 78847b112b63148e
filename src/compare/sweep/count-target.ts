import { type Lane, selectDatabase } from '../lane/lane.ts';
import { isInSample } from '../names/sampling.ts';
import { scanKeys } from '../names/scan-keys.ts';
import type { Unit } from '../pace/slice.ts';
import { END } from './listing.ts';
import type { Work } from './mender.ts';
import { waitForTurn } from './turn.ts';

/** The target serves nobody yet, and nothing is read but names: pages may be large. */
const NAMES_PER_PAGE = 1_000;

/** Whether it is the turn of a page of the target's names: they are counted beside the values, by a repair behind them, so that it meets what was copied. */
export function isCountDue(work: Work): boolean {
  const { state } = work;
  if (state.stage !== 'values' || state.countCursor === END || work.isCounting) return false;
  const isAhead = work.mender !== undefined || state.keysCounted > state.keysCompared;
  return state.cursor === END || !isAhead;
}

/** A page of the target's names, to be taken out of the fingerprint that the source's names go into; undefined when it is not its turn. */
export function nextCountUnit(work: Work): Unit | undefined {
  if (!isCountDue(work)) return undefined;
  work.isCounting = true;
  return async (lane) => {
    try {
      await countPage(work, lane);
    } finally {
      work.isCounting = false;
    }
  };
}

async function countPage(work: Work, lane: Lane): Promise<void> {
  const { state } = work;
  const db = state.databases[state.databaseIndex];
  if (db === undefined) return;
  await selectDatabase(lane, db);
  if (!lane.targetHasDb) {
    state.countCursor = END;
    return;
  }
  if (!(await waitForTurn(work, lane))) return;
  const { names } = lane.memory;
  const page = await scanKeys(lane.target, names, { cursor: state.countCursor, count: NAMES_PER_PAGE });
  state.countCursor = page.cursor === '0' ? END : page.cursor;
  if (page.temporary.length > 0) work.mender?.meet(lane, 'target', page.temporary);
  const { sample } = state;
  if (sample !== undefined) {
    names.keepIf((bytes, start, end) => isInSample(bytes.subarray(start, end), sample));
  }
  for (let index = 0; index < names.count; index += 1) {
    state.fingerprint.remove(names.bytes, names.nameStart(index), names.nameEnd(index));
  }
  state.keysCounted += names.count;
}
