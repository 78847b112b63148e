import {
  type Clock,
  type ComparisonOptions,
  type ResolvedOptions,
  resolveOptions,
} from './comparison-options.ts';
import { Gate } from './lane/gate.ts';
import { closeLane, type Lane, openLane, type Sides } from './lane/lane.ts';
import { isSameSample, sampleOf } from './names/sampling.ts';
import { Brake } from './pace/brake.ts';
import { Pace } from './pace/pace.ts';
import { isOver, runLanes, type SliceTime } from './pace/slice.ts';
import {
  type Checkpoint,
  type ComparisonState,
  freshState,
  fromCheckpoint,
  toCheckpoint,
} from './sweep/checkpoint.ts';
import { Listing } from './sweep/listing.ts';
import type { Mender, OnDifference, Work } from './sweep/mender.ts';
import { enterRound, isRoundDone, leaveRound, nextRecheckUnit } from './sweep/recheck.ts';
import { isFullOfSuspects } from './sweep/suspects.ts';
import { enterNextStage, finishListed, isStageDone, nextSweepUnit, restartStage } from './sweep/sweep.ts';
import { type Verdict, verdictOf } from './sweep/verdict.ts';
import { CompareError } from './wire/compare-error.ts';
import { databasesOf, readKeyspace, totalKeys } from './wire/keyspace.ts';

export type { Verdict };

export interface Progress {
  readonly phase: 'values' | 'extra_keys' | 'recheck' | 'done';
  readonly round: number;
  readonly keysCompared: number;
  readonly keysTotalEstimate: number;
  readonly suspects: number;
  readonly keysPerSecond: number;
  /** For the values only; undefined when it cannot be told. */
  readonly secondsLeft: number | undefined;
  /** True while it goes slower because the source answers slowly. */
  readonly braking?: boolean;
}

export interface Advance {
  /** To be kept, and handed to the next call, in this process or another. */
  readonly checkpoint: Checkpoint;
  readonly progress: Progress;
  /** There is nothing to do before so many ms have passed. */
  readonly waitMs?: number;
  /** The comparison is finished. */
  readonly verdict?: Verdict;
}

export interface Slice {
  /** New work is begun for so long; a call ends when what was listed by then is done, a few batches later. */
  readonly budgetMs: number;
  /** Ends the slice early, with a good checkpoint. */
  readonly signal?: AbortSignal;
}

/**
 * A comparison of all data of two servers, done in slices. Only reads, only commands that a 2.8 has, never one with an unbounded reply.
 */
export interface Comparison {
  /**
   * Works for about `budgetMs` from a checkpoint (undefined: from the start). Throws a `CompareError` when a server cannot be read;
   * the checkpoint handed in is then still good, and the next call connects anew. One call at a time.
   */
  advance(checkpoint: Checkpoint | undefined, slice: Slice): Promise<Advance>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export interface ComparisonParts extends Sides {
  readonly options?: ComparisonOptions;
  readonly clock: Clock;
  /**
   * Called once for every finding of a key that was proven to differ, when it is proven, also beyond `maxExamples`; `keyBase64` is then
   * the whole key. A list of all differences needs `maxDifferences` too. What was reported after a checkpoint is
   * reported again when the work goes on from that checkpoint, and so is a key that SCAN named twice or that a restarted server
   * lists anew: a list is read by key. What it throws ends the slice.
   */
  readonly onDifference?: OnDifference;
}

/** Prepares a comparison; connects only when there is work to do. Throws a `ZodError` on options out of range. */
export function createComparison(parts: ComparisonParts): Comparison {
  return new SlicedComparison(parts, resolveOptions(parts.options));
}

/** 6.2.0 */
const SMISMEMBER_SINCE = 6_002_000;

/** A comparison, and the frame of a repair when it is given a mender. */
export class SlicedComparison implements Comparison {
  readonly #parts: ComparisonParts;
  readonly #options: ResolvedOptions;
  readonly #mender: Mender | undefined;
  readonly #pace: Pace;
  readonly #brake: Brake;
  #lanes: Lane[] = [];
  #closed = false;

  constructor(parts: ComparisonParts, options: ResolvedOptions, mender?: Mender) {
    this.#parts = parts;
    this.#options = options;
    this.#mender = mender;
    const { maxKeysPerSecond: keys, maxBytesPerSecond: bytes } = options;
    this.#pace = new Pace({ keys, bytes, repairs: mender?.maxPerSecond }, parts.clock);
    this.#brake = new Brake(options.brakeLatencyMs, parts.clock);
  }

  async advance(checkpoint: Checkpoint | undefined, slice: Slice): Promise<Advance> {
    if (this.#closed) throw new CompareError('COMPARE_CLOSED', 'comparing: the comparison was closed');
    const { clock } = this.#parts;
    const startedAt = clock.now();
    const state = this.#stateOf(checkpoint);
    const time: SliceTime = { clock, deadline: startedAt + slice.budgetMs, signal: slice.signal };
    if (isDone(state) || slice.signal?.aborted === true || this.#mustWait(state)) return this.#report(state);
    this.#brake.resume(state.pauseMs);
    try {
      if (this.#lanes.length === 0) await this.#connect(state, checkpoint !== undefined);
      await this.#work(state, time);
      if (isDone(state)) await this.#countKeys(state);
    } catch (error) {
      this.#disconnect();
      throw error;
    }
    // The rate that people see is the one they allowed: what has to be waited for the pace counts.
    state.activeMs += clock.now() - startedAt + this.#pace.waitMs();
    state.pauseMs = this.#brake.pauseMs;
    return this.#report(state);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#disconnect();
  }

  #stateOf(checkpoint: Checkpoint | undefined): ComparisonState {
    const sample = sampleOf(this.#options);
    if (checkpoint === undefined) return freshState(sample);
    const state = fromCheckpoint(checkpoint);
    if (isSameSample(state.sample, sample)) return state;
    throw new CompareError(
      'COMPARE_CHECKPOINT',
      'resuming a comparison: it was begun with another sample of the keys',
    );
  }

  #mustWait(state: ComparisonState): boolean {
    return state.phase === 'recheck' && this.#parts.clock.now() < state.notBefore;
  }

  async #connect(state: ComparisonState, resumed: boolean): Promise<void> {
    const { lanes, sparedRequests } = this.#options;
    const gate = sparedRequests < lanes ? new Gate(sparedRequests) : undefined;
    const opening = Array.from({ length: lanes }, () => openLane(this.#parts, this.#options, gate));
    const outcomes = await Promise.allSettled(opening);
    this.#lanes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await this.#countKeys(state);
    const [lane] = this.#lanes;
    if (lane !== undefined) await this.#mender?.connected(lane, resumed);
  }

  /** Reads what INFO says of both sides: the databases to compare, their sizes, and whether a server was restarted. */
  async #countKeys(state: ComparisonState): Promise<void> {
    const [lane] = this.#lanes;
    if (lane === undefined) return;
    const [source, target] = await Promise.all([readKeyspace(lane.source), readKeyspace(lane.target)]);
    for (const db of databasesOf(source, target)) if (!state.databases.includes(db)) state.databases.push(db);
    for (const each of this.#lanes) each.targetKnowsMany = (target.version ?? 0) >= SMISMEMBER_SINCE;
    const known = state.sourceRunId !== undefined || state.targetRunId !== undefined;
    if (known && (state.sourceRunId !== source.runId || state.targetRunId !== target.runId))
      restartStage(state);
    state.sourceRunId = source.runId;
    state.targetRunId = target.runId;
    state.sourceKeys = totalKeys(source);
    state.targetKeys = totalKeys(target);
    const toLookAt = Math.round(state.sourceKeys * (state.sample?.share ?? 1));
    state.keysTotalEstimate = Math.max(toLookAt, state.keysCompared);
  }

  async #work(state: ComparisonState, time: SliceTime): Promise<void> {
    const context = { options: this.#options, clock: this.#parts.clock };
    const work: Work = {
      state,
      context,
      time,
      pace: this.#pace,
      brake: this.#brake,
      mender: this.#mender,
      onDifference: this.#parts.onDifference,
      listing: new Listing(),
      onTheWay: new Map(),
      isCounting: false,
    };
    do {
      if (state.phase === 'sweep') {
        await runLanes(this.#lanes, (lane) => nextSweepUnit(work, lane), time);
        await finishListed(work, this.#lanes);
        await this.#afterSweepUnits(work);
      } else {
        await runLanes(this.#lanes, (lane) => nextRecheckUnit(work, lane), time);
        if (isRoundDone(work)) leaveRound(state, { now: this.#parts.clock.now(), options: this.#options });
      }
      if (isDone(state)) await this.#letFinish(state);
    } while (!isDone(state) && !this.#mustWait(state) && !isOver(time) && this.#pace.waitMs() <= 0);
  }

  async #afterSweepUnits(work: Work): Promise<void> {
    const { state } = work;
    if (isStageDone(work)) {
      enterNextStage(state);
      // Databases that were filled only meanwhile belong to the data too.
      if (state.stage === 'finished') await this.#countKeys(state);
      if (state.databaseIndex < state.databases.length && state.stage === 'finished') state.stage = 'values';
    }
    const isIdle = state.paged.length === 0 && (this.#mender?.isIdle() ?? true);
    const isFull = isIdle && isFullOfSuspects(state, this.#options);
    if (state.stage === 'finished' || isFull) this.#leaveSweep(state);
  }

  #leaveSweep(state: ComparisonState): void {
    if (state.suspects.size > 0) {
      enterRound(state, { now: this.#parts.clock.now(), roundDelayMs: this.#options.roundDelayMs });
    } else if (state.stage === 'finished') state.phase = 'done';
  }

  /** Goes back to a round without suspects when the mender has something left. */
  async #letFinish(state: ComparisonState): Promise<void> {
    const [lane] = this.#lanes;
    if (lane === undefined || this.#mender === undefined || (await this.#mender.finish(lane))) return;
    state.phase = 'recheck';
  }

  #disconnect(): void {
    for (const lane of this.#lanes.splice(0)) closeLane(lane);
  }

  #report(state: ComparisonState): Advance {
    const checkpoint = toCheckpoint(state);
    const progress = { ...progressOf(state), braking: this.#brake.isBraking };
    if (state.phase === 'done') return { checkpoint, progress, verdict: verdictOf(state, this.#options) };
    const { clock } = this.#parts;
    const waitMs = Math.max(
      state.phase === 'recheck' ? state.notBefore - clock.now() : 0,
      this.#pace.waitMs(),
    );
    return waitMs > 0 ? { checkpoint, progress, waitMs: Math.ceil(waitMs) } : { checkpoint, progress };
  }
}

function progressOf(state: ComparisonState): Progress {
  const { keysCompared, keysTotalEstimate, round } = state;
  const keysPerSecond = state.activeMs > 0 ? Math.round((keysCompared * 1_000) / state.activeMs) : 0;
  const left = Math.max(0, keysTotalEstimate - keysCompared);
  return {
    phase: phaseName(state),
    round,
    keysCompared,
    keysTotalEstimate: Math.max(keysTotalEstimate, keysCompared),
    suspects: state.suspects.size,
    keysPerSecond,
    secondsLeft: keysPerSecond > 0 ? Math.ceil(left / keysPerSecond) : undefined,
  };
}

function isDone(state: ComparisonState): boolean {
  return state.phase === 'done';
}

function phaseName(state: ComparisonState): Progress['phase'] {
  if (state.phase !== 'sweep') return state.phase;
  return state.stage === 'values' ? 'values' : 'extra_keys';
}
