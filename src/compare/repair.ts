import { type Progress, type Slice, SlicedComparison, type Verdict } from './comparison.ts';
import type { Clock } from './comparison-options.ts';
import type { Sides } from './lane/lane.ts';
import {
  freshRepairState,
  type RepairCheckpoint,
  type RepairExample,
  type RepairState,
  readRepairCheckpoint,
  repairPartOf,
  type Unrepairable,
} from './repair/repair-checkpoint.ts';
import { type RepairOptions, resolveRepairOptions } from './repair/repair-options.ts';
import { Repairer } from './repair/repairer.ts';
import { DIFFERENCE_KINDS, type DifferenceKind } from './values/difference.ts';

export interface RepairParts extends Sides {
  /** The side whose data is right; the other one is changed. */
  readonly from: 'source' | 'target';
  readonly options?: RepairOptions;
  readonly clock: Clock;
  /**
   * Hears of every key that is repaired, or in a dry run would be, and how, also beyond `maxExamples`: before it is done, and again when
   * a key changed and is repaired again, or when a process was killed before its checkpoint was kept.
   */
  readonly onRepair?: (repair: RepairExample) => void;
}

/** The outcome of a repair. In a dry run the counts say what would be done. */
export interface RepairOutcome {
  /**
   * Every key was equal when it was last looked at. With the giving side fenced, the two sides hold the same data; otherwise keys
   * may have changed since they were looked at.
   */
  readonly equal: boolean;
  /** False when it ended early, because more than `maxSuspects` keys stayed different after every attempt. */
  readonly complete: boolean;
  /** Keys of the source looked at; a key that SCAN named twice is counted twice. */
  readonly keysCompared: number;
  /** Keys written; one that changed again and was written again counts again. */
  readonly keysRepaired: number;
  readonly keysDeleted: number;
  /** Keys that stayed different in the same way after every attempt. */
  readonly stillDifferent: number;
  /** Keys that were written to in every round. Only a repair with the giving side fenced can settle them. */
  readonly unsettledKeys: number;
  /** Keys that have no form on the receiving side, the first `maxExamples` of them. They were not touched. */
  readonly unrepairable: Unrepairable[];
  readonly unrepairableCount: number;
  readonly rounds: number;
  /** What was found and repaired, by kind of difference; a key with two kinds is in both. */
  readonly byKind: Record<DifferenceKind, number>;
  readonly byType: Record<string, number>;
  /** What was found and what was done about it. */
  readonly examples: RepairExample[];
  /** Keys that could not be repaired although they have a form there: what was seen last. */
  readonly stillDifferentExamples: Verdict['examples'];
}

export interface RepairProgress extends Progress {
  readonly keysRepaired: number;
  readonly keysDeleted: number;
  readonly unrepairable: number;
}

export interface RepairAdvance {
  /** To be kept, and handed to the next call, in this process or another. */
  readonly checkpoint: RepairCheckpoint;
  readonly progress: RepairProgress;
  /** There is nothing to do before so many ms have passed. */
  readonly waitMs?: number;
  /** The repair is finished. */
  readonly outcome?: RepairOutcome;
}

/**
 * Makes one side hold what the other holds, in slices: every key of every database is compared, what differs is copied from the
 * giving side, and what only the other side has is deleted there. Sends only commands that a 2.8 has, except for streams.
 *
 * For readers of the changed side a small value changes in one transaction, and a large one that is new there or of another type
 * takes its name when it is complete. Large sets, hashes and sorted sets that both sides have are corrected element by
 * element. Whatever a killed process leaves behind is found and removed by the next call.
 *
 * Not modelled: expiry of single hash fields, LFU and LRU state, types of modules.
 */
export interface Repair {
  /**
   * Works for about `budgetMs` from a checkpoint (undefined: from the start). Throws a `CompareError` when a server cannot be read or
   * takes no writes; the checkpoint handed in is then still good. One call at a time.
   */
  advance(checkpoint: RepairCheckpoint | undefined, slice: Slice): Promise<RepairAdvance>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** Prepares a repair; connects only when there is work to do. Throws a `ZodError` on options out of range. */
export function createRepair(parts: RepairParts): Repair {
  return new SlicedRepair(parts);
}

class SlicedRepair implements Repair {
  readonly #from: RepairParts['from'];
  readonly #repairer: Repairer;
  readonly #comparison: SlicedComparison;

  constructor(parts: RepairParts) {
    // Which keys settled is nothing that a repair tells.
    const options = { ...resolveRepairOptions(parts.options), maxMovingKeys: 0 };
    const side = parts.from === 'source' ? 'target' : 'source';
    const { host, port } = parts[side];
    const receiver = { side, host, port } as const;
    this.#from = parts.from;
    this.#repairer = new Repairer({
      from: parts.from,
      receiver,
      options,
      clock: parts.clock,
      onRepair: parts.onRepair,
    });
    this.#comparison = new SlicedComparison(parts, options, this.#repairer);
  }

  async advance(checkpoint: RepairCheckpoint | undefined, slice: Slice): Promise<RepairAdvance> {
    const from = this.#from;
    const resumed = checkpoint === undefined ? undefined : readRepairCheckpoint(checkpoint, from);
    const state = resumed?.state ?? freshRepairState();
    this.#repairer.begin(state);
    const step = await this.#comparison.advance(resumed?.comparison, slice);
    const { keysRepaired, keysDeleted, unrepairableCount } = state;
    return {
      checkpoint: { version: 1, from, comparison: step.checkpoint, repair: repairPartOf(state) },
      progress: { ...step.progress, keysRepaired, keysDeleted, unrepairable: unrepairableCount },
      ...(step.waitMs === undefined ? {} : { waitMs: step.waitMs }),
      ...(step.verdict === undefined ? {} : { outcome: outcomeOf(state, step.verdict) }),
    };
  }

  close(): Promise<void> {
    return this.#comparison.close();
  }
}

function outcomeOf(state: RepairState, verdict: Verdict): RepairOutcome {
  const { complete, keysCompared, differences, unsettledKeys } = verdict;
  const byKind = Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, state.byKind[kind] ?? 0]));
  return {
    equal: complete && differences + unsettledKeys + state.unrepairableCount === 0,
    complete,
    keysCompared,
    keysRepaired: state.keysRepaired,
    keysDeleted: state.keysDeleted,
    stillDifferent: differences,
    unsettledKeys,
    unrepairable: [...state.unrepairable],
    unrepairableCount: state.unrepairableCount,
    rounds: state.rounds,
    byKind: byKind as Record<DifferenceKind, number>,
    byType: { ...state.byType },
    examples: [...state.examples],
    stillDifferentExamples: [...verdict.examples],
  };
}
