import type { ResolvedOptions } from '../comparison-options.ts';
import { type Lane, selectDatabase } from '../lane/lane.ts';
import { NAMES_PER_KEY, type SampledPage, scanSample } from '../names/sampling.ts';
import { type KeyPage, scanKeys } from '../names/scan-keys.ts';
import { isOver } from '../pace/slice.ts';
import { NameList } from '../wire/name-list.ts';
import type { NamesAhead, Work } from './mender.ts';
import { waitForPage } from './turn.ts';

/** A cursor that no server gives: the last page has been taken. */
export const END = 'end';
/** With so few batches left, the next page is asked for: lanes should not have to wait for names. */
const BATCHES_AHEAD = 2;

/**
 * The names of the keys of one side, page after page, cut into batches that lanes take. Pages follow each other, so there is one
 * SCAN at a time, but nobody waits for it as long as there are batches of the page before.
 */
export class Listing implements NamesAhead {
  readonly #listed: NameList[] = [];
  #underWay: Promise<boolean> | undefined;

  async take(work: Work, lane: Lane): Promise<NameList | undefined> {
    const db = work.state.databases[work.state.databaseIndex];
    if (db === undefined) return undefined;
    await selectDatabase(lane, db);
    for (;;) {
      const keys = this.#listed.shift();
      if (keys === undefined) {
        const hasMore = await this.#list(work, lane);
        if (!hasMore || (this.#listed.length === 0 && isOver(work.time))) return undefined;
        continue;
      }
      this.#listAhead(work, lane);
      return keys;
    }
  }

  takeAhead(work: Work, lane: Lane): NameList | undefined {
    const keys = this.#listed.shift();
    this.#listAhead(work, lane);
    return keys;
  }

  takeListed(): NameList | undefined {
    return this.#listed.shift();
  }

  async settled(): Promise<void> {
    await this.#underWay;
  }

  #listAhead(work: Work, lane: Lane): void {
    if (this.#listed.length >= BATCHES_AHEAD || isOver(work.time)) return;
    // Whoever finds nothing listed asks again, and hears what went wrong.
    this.#list(work, lane).catch(() => false);
  }

  #list(work: Work, lane: Lane): Promise<boolean> {
    this.#underWay ??= this.#listPage(work, lane).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /** False when there is no more, or the slice ended before it was this lane's turn. */
  async #listPage(work: Work, lane: Lane): Promise<boolean> {
    const { state, context } = work;
    const onSource = state.stage === 'values';
    if (!(onSource ? lane.sourceHasDb : lane.targetHasDb)) state.cursor = END;
    if (state.cursor === END || !(await waitForPage(work, lane))) return false;
    const names = new NameList();
    const page = await nextNames(work, lane, names);
    state.cursor = page.cursor === '0' ? END : page.cursor;
    if (page.temporary.length > 0) work.mender?.meet(lane, onSource ? 'source' : 'target', page.temporary);
    const unsampled = 'names' in page ? page.names - names.count : 0;
    work.pace.take(names.count + unsampled / NAMES_PER_KEY);
    this.#listed.push(...inBatches(names, keysPerBatch(context.options)));
    return true;
  }
}

/** A page of all names, or of those in the sample. */
function nextNames(work: Work, lane: Lane, names: NameList): Promise<KeyPage | SampledPage> {
  const { sample, cursor, stage } = work.state;
  const connection = stage === 'values' ? lane.source : lane.target;
  const { options } = work.context;
  const wanted = work.brake.batchOf(keysPerBatch(options) * options.batchesPerScan);
  if (sample === undefined) return scanKeys(connection, names, { cursor, count: wanted });
  return scanSample(connection, names, { cursor, sample, wanted, isOver: () => isOver(work.time) });
}

/** SCAN gives some names more than it was asked for: batches of even size, rather than one of what is left over. */
function inBatches(names: NameList, batchKeys: number): NameList[] {
  const batches = Math.max(1, Math.round(names.count / batchKeys));
  const size = Math.ceil(names.count / batches);
  return Array.from({ length: Math.ceil(names.count / Math.max(1, size)) }, (_, batch) =>
    names.part(batch * size, Math.min(names.count, (batch + 1) * size)),
  );
}

/** All that is listed and taken may turn out to differ: together it must not be many more keys than may be suspects. */
function keysPerBatch({ batchKeys, lanes, maxSuspects }: ResolvedOptions): number {
  return Math.min(batchKeys, Math.ceil(maxSuspects / (2 * lanes)));
}
