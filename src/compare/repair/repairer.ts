import type { Clock } from '../comparison-options.ts';
import { type Lane, selectDatabase } from '../lane/lane.ts';
import { isTemporaryKey, ownerOf, TEMPORARY_PATTERN } from '../names/temporary-key.ts';
import { isOver, type Unit } from '../pace/slice.ts';
import { suspectId } from '../sweep/checkpoint.ts';
import type { Mender, NotedLook, Work } from '../sweep/mender.ts';
import { forgetEvidence, settle } from '../sweep/suspects.ts';
import { compareBatch } from '../values/key-batch.ts';
import { startPaged } from '../values/paged-progress.ts';
import { NameList } from '../wire/name-list.ts';
import { encodeCommands } from '../wire/resp-commands.ts';
import { scanPageOf } from '../wire/resp-reply.ts';
import type { MendContext } from './filled-page.ts';
import { type Mend, startMend } from './mend.ts';
import { advanceMend } from './mend-page.ts';
import type { Receiver } from './receiver-writes.ts';
import { freshRepairState, type RepairExample, type RepairState } from './repair-checkpoint.ts';
import { type Abilities, endsOf, readAbilities, type Side } from './repair-ends.ts';
import { repairExpiries } from './repair-expiries.ts';
import { listUnrepairable, noteFound, type Told } from './repair-notes.ts';
import type { ResolvedRepairOptions } from './repair-options.ts';
import { planRepairs } from './repair-plan.ts';
import type { SmallOutcome, SmallRepair } from './small-outcome.ts';
import { repairSmall } from './small-repair.ts';

interface RepairerParts {
  readonly from: Side;
  readonly receiver: Receiver;
  readonly options: ResolvedRepairOptions;
  readonly clock: Clock;
  readonly onRepair: ((repair: RepairExample) => void) | undefined;
}

/** A page of a big value weighs on the server like as many small keys. */
const PAGE_ELEMENTS_PER_KEY = 20;
/** Small keys repaired at a time before anything is known about their size, and bytes aimed at after that. */
const FIRST_KEYS_AT_ONCE = 16;
const BYTES_AT_ONCE = 1024 * 1024;
const MAX_KEYS_AT_ONCE = 1_000;
/** Keys asked for by one page of the last look for temporary keys; they are listed, nothing is read. */
const CLEANING_PAGE = 1_000;

/**
 * Repairs what a comparison finds, as it finds it: small keys at once and in batches, large ones in pages that survive the end of a
 * slice. A key that was written is compared again before anything else, and stays a suspect for a later round as long
 * as there is room for suspects.
 */
export class Repairer implements Mender {
  readonly #parts: RepairerParts;
  readonly #told: Told;
  #state: RepairState;
  #abilities: Abilities | undefined;
  #isCleaning = false;
  #keysAtOnce = FIRST_KEYS_AT_ONCE;
  /** Large repairs that a lane works on at this moment, by `suspectId`. */
  readonly #active = new Set<string>();
  readonly maxPerSecond: number | undefined;

  constructor(parts: RepairerParts) {
    this.#parts = parts;
    this.#state = freshRepairState();
    this.#told = { maxExamples: parts.options.maxExamples, onRepair: parts.onRepair };
    this.maxPerSecond = parts.options.maxRepairsPerSecond;
  }

  /** The state that the next slice works on. */
  begin(state: RepairState): void {
    this.#state = state;
    this.#active.clear();
    this.#isCleaning = false;
  }

  async connected(lane: Lane, resumed: boolean): Promise<void> {
    const { from, clock, options } = this.#parts;
    this.#abilities = await readAbilities(endsOf(lane, from), clock);
    // Whoever worked on this before may have died between making a temporary key and writing down that it did.
    if (resumed && !options.dryRun && this.#state.cleaning === 'unneeded') this.#state.cleaning = 'due';
  }

  async mend(work: Work, lane: Lane, looks: readonly NotedLook[]): Promise<void> {
    this.#state.rounds = Math.max(this.#state.rounds, work.state.round);
    if (this.#parts.options.dryRun) {
      await this.#planOnly(
        lane,
        looks.filter((look) => look.standing === 'proven'),
      );
      return;
    }
    const { looksBeforeRepair } = this.#parts.options;
    const due = looks.filter((look) => {
      if (look.standing !== 'suspect') return false;
      const suspect = work.state.suspects.get(suspectId(look.db, look.key));
      return suspect !== undefined && suspect.sightings >= looksBeforeRepair;
    });
    const isExpiry = (look: NotedLook) => look.findings.every((one) => one.kind === 'ttl');
    const written = [
      ...(await this.#repair(work, { lane, looks: due.filter(isExpiry), by: repairExpiries })),
      ...(await this.#repair(work, { lane, looks: due.filter((look) => !isExpiry(look)), by: repairSmall })),
    ];
    if (written.length > 0) await this.#verify(work, lane, written);
  }

  meet(lane: Lane, side: Side, temporary: readonly Buffer[]): void {
    const { from, options } = this.#parts;
    if (side === from || options.dryRun) return;
    for (const one of temporary) {
      const key = ownerOf(one);
      if (key === undefined || this.#active.has(suspectId(lane.db, key))) continue;
      if (this.#state.mends.some((mend) => mend.db === lane.db && mend.key.equals(key))) continue;
      const left = startMend({ db: lane.db, key, type: 'none', inPlace: false });
      this.#state.mends.push({ ...left, phase: 'shrink' });
    }
  }

  nextUnit(work: Work): Unit | undefined {
    const mend = this.#state.mends.shift();
    if (mend !== undefined) {
      this.#active.add(suspectId(mend.db, mend.key));
      return (lane) => this.#advance(work, lane, mend);
    }
    const { cleaning } = this.#state;
    if (typeof cleaning === 'string' || this.#isCleaning) return undefined;
    this.#isCleaning = true;
    return async (lane) => {
      try {
        await this.#clean(work, lane, cleaning);
      } finally {
        this.#isCleaning = false;
      }
    };
  }

  isIdle(): boolean {
    return this.#state.mends.length === 0 && typeof this.#state.cleaning === 'string';
  }

  async finish(): Promise<boolean> {
    if (this.#state.cleaning !== 'due') return true;
    this.#state.cleaning = { databaseIndex: 0, cursor: '0' };
    return false;
  }

  #context(lane: Lane): MendContext {
    if (this.#abilities === undefined) throw new Error('a repair works only after it was connected');
    const { from, receiver, options, clock } = this.#parts;
    return { ends: endsOf(lane, from), abilities: this.#abilities, receiver, limits: options, clock };
  }

  /** Repairs keys of the lane's database, not too many bytes at a time, and gives those that have to be looked at again at once. */
  async #repair(work: Work, job: RepairJob): Promise<NotedLook[]> {
    const { lane, looks } = job;
    const doubtful: NotedLook[] = [];
    for (let from = 0; from < looks.length; ) {
      const some = looks.slice(from, from + this.#keysAtOnce);
      from += some.length;
      const { outcomes, bytes } = await job.by(some, this.#context(lane));
      this.#keysAtOnce = nextKeysAtOnce(this.#keysAtOnce, bytes / some.length);
      some.forEach((look, index) => {
        const outcome = outcomes[index];
        if (outcome !== undefined && this.#noteOutcome(work, look, outcome)) doubtful.push(look);
      });
    }
    return doubtful;
  }

  /** Writes down what was done about a key; true when it was written and must be looked at again at once. */
  #noteOutcome(work: Work, look: NotedLook, outcome: SmallOutcome): boolean {
    if (outcome.did === 'none') return false;
    if (outcome.did === 'unrepairable') {
      this.#noteUnrepairable(work, look, outcome);
      return false;
    }
    const isDelete = outcome.did === 'deleted' || (outcome.did === 'large' && outcome.type === 'none');
    noteFound(this.#state, { look, isDelete }, this.#told);
    if (look.findings[0]?.kind === 'missing' && this.#parts.from === 'source') expectOnTarget(work, look.key);
    if (outcome.did === 'large') {
      const { type, inPlace } = outcome;
      this.#state.mends.push(startMend({ db: look.db, key: look.key, type, inPlace }));
      return false;
    }
    this.#noteWritten(work, outcome.did === 'deleted');
    if (outcome.isEqual === true) this.#noteCured(work, look);
    return outcome.isEqual === undefined;
  }

  /**
   * A key that is equal now was cured: when it differs later, somebody wrote to it, and that is another difference. It stays a suspect
   * for the next round, or is let go when there are many suspects.
   */
  #noteCured(work: Work, look: NotedLook): void {
    if (hasRoom(work)) forgetEvidence(work.state, look);
    else settle(work.state, look, work.context.options);
  }

  /** Looks at once at what was written and not read back. */
  async #verify(work: Work, lane: Lane, looks: readonly NotedLook[]): Promise<void> {
    const { state, context } = work;
    const { options } = context;
    const outcomes = await compareBatch(lane, NameList.of(looks.map((look) => look.key)), context);
    outcomes.forEach((outcome, index) => {
      const look = looks[index];
      if (look === undefined) return;
      const { db, key } = look;
      if ('paged' in outcome) {
        if (hasRoom(work)) return;
        settle(state, look, options);
        state.paged.push(startPaged({ db, key, type: outcome.paged }, options.pageBytes));
      } else if (outcome.equal) this.#noteCured(work, look);
    });
  }

  async #advance(work: Work, lane: Lane, mend: Mend): Promise<void> {
    if (!(await this.#advanceWhileTime(work, lane, mend))) this.#state.mends.unshift(mend);
    this.#active.delete(suspectId(mend.db, mend.key));
  }

  /** True when the large repair is over. */
  async #advanceWhileTime(work: Work, lane: Lane, mend: Mend): Promise<boolean> {
    await selectDatabase(lane, mend.db);
    const context = this.#context(lane);
    do {
      const { outcome, elements } = await advanceMend(mend, context);
      work.pace.take(mend.type === 'string' ? 1 : elements / PAGE_ELEMENTS_PER_KEY);
      if (outcome === 'done') return true;
      if (outcome === 'written' || outcome === 'deleted') this.#noteWritten(work, outcome === 'deleted');
      if (outcome === 'impossible') {
        const why = 'it has an element that is too large to be read';
        this.#noteUnrepairable(work, mend, { type: mend.type, why });
      }
    } while (!isOver(work.time) && work.pace.waitMs() <= 0);
    return false;
  }

  /** Looks through the receiver's keys for temporary ones that nobody uses. */
  async #clean(work: Work, lane: Lane, from: { databaseIndex: number; cursor: string }): Promise<void> {
    const at = { ...from };
    do {
      const db = work.state.databases[at.databaseIndex];
      if (db === undefined) {
        this.#state.cleaning = 'done';
        return;
      }
      await selectDatabase(lane, db);
      const { ends } = this.#context(lane);
      const page = ends.receiverHasDb ? await findTemporary(ends.receiver, at.cursor) : undefined;
      this.meet(lane, this.#parts.from === 'source' ? 'target' : 'source', page?.elements ?? []);
      at.cursor = page?.cursor ?? '0';
      if (at.cursor === '0') at.databaseIndex += 1;
      this.#state.cleaning = { ...at };
    } while (!isOver(work.time));
  }

  /** A dry run says what would be done. */
  async #planOnly(lane: Lane, looks: readonly NotedLook[]): Promise<void> {
    if (looks.length === 0) return;
    const { options } = this.#parts;
    const plans = await planRepairs(looks, this.#context(lane));
    looks.forEach((look, index) => {
      const plan = plans[index];
      if (plan === undefined || plan.action === 'none') return;
      if (plan.action === 'unrepairable') {
        listUnrepairable(this.#state, { at: look, ...plan }, options.maxExamples);
        return;
      }
      const isDelete = plan.action === 'delete';
      noteFound(this.#state, { look, isDelete }, this.#told);
      if (isDelete) this.#state.keysDeleted += 1;
      else this.#state.keysRepaired += 1;
    });
  }

  #noteWritten(work: Work, isDeleted: boolean): void {
    if (isDeleted) this.#state.keysDeleted += 1;
    else this.#state.keysRepaired += 1;
    work.pace.takeRepairs(1);
  }

  /** It cannot become equal, so nobody looks at it again. */
  #noteUnrepairable(
    work: Work,
    key: { db: number; key: Buffer },
    reason: { type: string; why: string },
  ): void {
    work.state.suspects.delete(suspectId(key.db, key.key));
    listUnrepairable(this.#state, { at: key, ...reason }, this.#parts.options.maxExamples);
  }
}

/** As many keys of this size as make up the bytes aimed at, and no more than four times as many as before. */
function nextKeysAtOnce(before: number, bytesPerKey: number): number {
  const wanted = Math.floor(BYTES_AT_ONCE / Math.max(1, bytesPerKey));
  return Math.max(1, Math.min(wanted, before * 4, MAX_KEYS_AT_ONCE));
}

/** Whether what was written may stay among the suspects until the next round. */
function hasRoom({ state, context }: Work): boolean {
  return state.suspects.size * 2 < context.options.maxSuspects;
}

interface RepairJob {
  readonly lane: Lane;
  readonly looks: readonly NotedLook[];
  readonly by: (looks: readonly NotedLook[], context: MendContext) => Promise<SmallRepair>;
}

/** While the source is swept, the target's keys are counted after it; one that was just copied there will be met. */
function expectOnTarget(work: Work, key: Buffer): void {
  if (work.state.phase === 'sweep' && work.state.stage === 'values') work.state.fingerprint.add(key);
}

async function findTemporary(connection: Lane['source'], cursor: string) {
  const command = ['SCAN', cursor, 'MATCH', TEMPORARY_PATTERN, 'COUNT', String(CLEANING_PAGE)];
  const [raw] = await connection.pipeline(encodeCommands([command]));
  const page = scanPageOf(raw);
  return page === undefined ? undefined : { ...page, elements: page.elements.filter(isTemporaryKey) };
}
