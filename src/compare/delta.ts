import { type Clock, type ComparisonOptions, resolveOptions } from './comparison-options.ts';
import { closeLane, type Lane, openLane, type Sides, selectDatabase } from './lane/lane.ts';
import { scanKeys } from './names/scan-keys.ts';
import { sleepBy } from './pace/sleep.ts';
import { suspectId } from './sweep/checkpoint.ts';
import { parseMovingKeyName } from './sweep/suspects.ts';
import { type Difference, describeDifference, type Finding } from './values/difference.ts';
import { compareBatch } from './values/key-batch.ts';
import type { BatchContext } from './values/key-outcome.ts';
import { startPaged } from './values/paged-progress.ts';
import { advancePaged } from './values/paged-value.ts';
import { databasesOf, readKeyspace, type ServerKeyspace, totalKeys } from './wire/keyspace.ts';
import { NameList } from './wire/name-list.ts';

/** What a comparison with fenced writes found, inside its budget. */
export interface DeltaReport {
  /** Nothing differs among what was compared, and the counts of lasting keys agree. */
  readonly equal: boolean;
  /** Keys looked at; one that was both named and met by the sweep counts twice. */
  readonly keysCompared: number;
  /** Whether all the given keys were decided before the budget ran out. */
  readonly givenKeysCovered: boolean;
  /** `all`: every key of every database of the source was met too. */
  readonly covered: 'all' | 'part';
  readonly differences: number;
  readonly examples: Difference[];
  /** By the servers' own count, keys that expired but are not yet removed included. */
  readonly sizeSource: number;
  readonly sizeTarget: number;
}

export interface DeltaParts extends Sides {
  /** Names from `Verdict.movingKeys`; unreadable ones are ignored. */
  readonly keys: readonly string[];
  readonly budgetMs: number;
  readonly options?: ComparisonOptions;
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives: where the sweep of a large data set starts. */
  readonly random?: () => number;
}

/** Differences kept to be looked at a second time; so many are enough to stop a cutover. */
const MAX_OPEN_KEYS = 1_000;
/** A data set of so many keys per millisecond of budget may be swept whole; a larger one is sampled from a random place. */
const KEYS_PER_MS = 40;
/** Wait before the second look: an expiry that was due in between has happened on both sides then. */
const SECOND_LOOK_DELAY_MS = 10;

interface OpenKey {
  readonly db: number;
  readonly key: Buffer;
  readonly type: string;
  readonly findings: readonly Finding[];
}

interface DeltaRun {
  readonly lane: Lane;
  readonly context: BatchContext;
  readonly isOver: () => boolean;
  keysCompared: number;
  /** Differences by one look. */
  readonly open: OpenKey[];
}

/**
 * Compares while nobody writes: first the given keys, then the numbers of keys that never expire, then as many others as the budget allows.
 * A key that differs is looked at twice, since an expiry can fall between the two sides; nothing else can change.
 * The given keys are always looked at once, even when that takes longer than the budget.
 * Throws a `CompareError` when a server cannot be read.
 */
export async function compareDelta(parts: DeltaParts): Promise<DeltaReport> {
  const options = resolveOptions(parts.options);
  const { clock } = parts;
  const deadline = clock.now() + parts.budgetMs;
  const lane = await openLane(parts, options);
  try {
    const run: DeltaRun = {
      lane,
      context: { options, clock },
      isOver: () => clock.now() >= deadline,
      keysCompared: 0,
      open: [],
    };
    const givenKeysCovered = await compareGiven(run, parts.keys);
    const [source, target] = await Promise.all([readKeyspace(lane.source), readKeyspace(lane.target)]);
    const isSmall = totalKeys(source) <= KEYS_PER_MS * parts.budgetMs;
    const start = isSmall ? 0 : Math.floor((parts.random ?? Math.random)() * 2 ** 31);
    const isSwept = await sweepAll(run, { databases: databasesOf(source, target), start });
    const proven = await lookAgain(run);
    const counts = countDifferences(source, target);
    return {
      equal: proven.length + counts.length === 0,
      keysCompared: run.keysCompared,
      givenKeysCovered,
      covered: isSwept && givenKeysCovered ? 'all' : 'part',
      differences: proven.length + counts.length,
      examples: [...counts, ...proven].slice(0, options.maxExamples),
      sizeSource: totalKeys(source),
      sizeTarget: totalKeys(target),
    };
  } finally {
    closeLane(lane);
  }
}

async function compareGiven(run: DeltaRun, names: readonly string[]): Promise<boolean> {
  const byDatabase = new Map<number, Buffer[]>();
  for (const name of names) {
    const parsed = parseMovingKeyName(name);
    if (parsed === undefined) continue;
    const keys = byDatabase.get(parsed.db) ?? [];
    keys.push(parsed.key);
    byDatabase.set(parsed.db, keys);
  }
  let isCovered = true;
  for (const [db, keys] of byDatabase) {
    await selectDatabase(run.lane, db);
    const size = run.context.options.batchKeys;
    for (let from = 0; from < keys.length; from += size) {
      isCovered = (await compareSome(run, NameList.of(keys.slice(from, from + size)))) && isCovered;
    }
  }
  return isCovered;
}

/** Looks at keys of the selected database; false when a big value could not be read to its end in time. */
async function compareSome(run: DeltaRun, keys: NameList): Promise<boolean> {
  const outcomes = await compareBatch(run.lane, keys, run.context);
  let isCovered = true;
  for (const [index, outcome] of outcomes.entries()) {
    run.keysCompared += 1;
    if (!('paged' in outcome) && outcome.equal) continue;
    const key = keys.key(index);
    if ('paged' in outcome) {
      const findings = await readBig(run, key, outcome.paged);
      if (findings === undefined) isCovered = false;
      else keepOpen(run, { db: run.lane.db, key, type: outcome.paged, findings });
    } else {
      keepOpen(run, { db: run.lane.db, key, type: outcome.type, findings: outcome.findings });
    }
  }
  return isCovered;
}

function keepOpen(run: DeltaRun, key: OpenKey): void {
  if (key.findings.length > 0 && run.open.length < MAX_OPEN_KEYS) run.open.push(key);
}

async function readBig(
  run: DeltaRun,
  key: Buffer,
  type: Parameters<typeof startPaged>[0]['type'],
): Promise<Finding[] | undefined> {
  const progress = startPaged({ db: run.lane.db, key, type }, run.context.options.pageBytes);
  while (!(await advancePaged(run.lane, progress, run.context))) if (run.isOver()) return undefined;
  return progress.findings;
}

/** Sweeps the source's databases from a cursor on, and wraps around; true when every key was met. */
async function sweepAll(run: DeltaRun, plan: { databases: number[]; start: number }): Promise<boolean> {
  let isAll = true;
  for (const db of plan.databases) {
    await selectDatabase(run.lane, db);
    if (!run.lane.sourceHasDb) continue;
    if (plan.start !== 0) await sweepFrom(run, String(plan.start));
    isAll = (await sweepFrom(run, '0')) && isAll;
  }
  return isAll;
}

async function sweepFrom(run: DeltaRun, start: string): Promise<boolean> {
  let cursor = start;
  let isCovered = true;
  do {
    if (run.isOver() || run.open.length >= MAX_OPEN_KEYS) return false;
    const { names } = run.lane.memory;
    const page = await scanKeys(run.lane.source, names, { cursor, count: run.context.options.batchKeys });
    if (names.count > 0) isCovered = (await compareSome(run, names)) && isCovered;
    cursor = page.cursor;
  } while (cursor !== '0');
  return isCovered;
}

async function lookAgain(run: DeltaRun): Promise<Difference[]> {
  const suspects = run.open.splice(0).sort((a, b) => a.db - b.db);
  if (suspects.length === 0) return [];
  await sleepBy(run.context.clock, SECOND_LOOK_DELAY_MS);
  const proven = new Map<string, Difference>();
  while (suspects.length > 0) {
    const db = suspects[0]?.db ?? 0;
    const isOther = suspects.findIndex((one) => one.db !== db);
    const size = Math.min(isOther === -1 ? suspects.length : isOther, run.context.options.batchKeys);
    for (const one of await differAgain(run, db, suspects.splice(0, size))) {
      const [first] = one.findings;
      if (first !== undefined) proven.set(suspectId(db, one.key), describeDifference(one, first));
    }
  }
  return [...proven.values()];
}

/** Those of a batch that still differ. */
async function differAgain(run: DeltaRun, db: number, batch: readonly OpenKey[]): Promise<OpenKey[]> {
  await selectDatabase(run.lane, db);
  const keys = NameList.of(batch.map((one) => one.key));
  const outcomes = await compareBatch(run.lane, keys, run.context);
  return batch.flatMap((before, index) => {
    const outcome = outcomes[index];
    // A big value was read under the fence already; what it showed stands.
    if (outcome === undefined || 'paged' in outcome) return [before];
    return outcome.equal ? [] : [{ ...before, type: outcome.type, findings: outcome.findings }];
  });
}

/** Keys without expiry can neither vanish nor be counted late, so with writes fenced both sides have the same number of them. */
function countDifferences(source: ServerKeyspace, target: ServerKeyspace): Difference[] {
  const lasting = (keyspace: ServerKeyspace, db: number) => {
    const size = keyspace.databases.get(db);
    return size === undefined ? 0 : size.keys - size.expires;
  };
  return databasesOf(source, target).flatMap((db) => {
    const counts = [lasting(source, db), lasting(target, db)];
    if (counts[0] === counts[1]) return [];
    const where = `${counts[0]} and ${counts[1]} keys without expiry`;
    return [{ db, key: '', keyBase64: '', type: 'database', kind: 'key_count' as const, where }];
  });
}
