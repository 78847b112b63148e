import type { ResolvedOptions } from '../comparison-options.ts';
import { reportSample, type SampleReport } from '../names/sampling.ts';
import { DIFFERENCE_KINDS, type Difference, type DifferenceKind } from '../values/difference.ts';
import type { ComparisonState } from './checkpoint.ts';

/** The outcome of a comparison. */
export interface Verdict {
  /**
   * No key was proven to differ, and everything that was to be looked at was: a proof only when `covered` is `all`.
   * `unsettledKeys` were not proven equal either.
   */
  readonly equal: boolean;
  /** `all`: every key of both sides. `sample`: only the keys of a sample, see there what that proves. `part`: it ended early. */
  readonly covered: 'all' | 'sample' | 'part';
  /** Only when a sample was asked for. */
  readonly sample?: SampleReport;
  /** False when it ended early, because `maxDifferences` keys were proven to differ. */
  readonly complete: boolean;
  /** Keys of the source looked at; a key that SCAN named twice is counted twice. */
  readonly keysCompared: number;
  /** By the servers' own count at the end, keys that expired but are not yet removed included. */
  readonly sourceKeys: number;
  readonly targetKeys: number;
  /** Keys that differ. */
  readonly differences: number;
  /** Keys by kind of difference; a key with two kinds is in both. */
  readonly byKind: Record<DifferenceKind, number>;
  readonly byType: Record<string, number>;
  readonly examples: Difference[];
  readonly rounds: number;
  /** Keys that differed in another way in every round: written to all the time. Only a look with writes fenced can tell. */
  readonly unsettledKeys: number;
  /** `db:base64` of keys that differed once and settled, the unsettled ones first: what `compareDelta` should look at first. */
  readonly movingKeys: string[];
  /** How many more there were than `maxMovingKeys`. */
  readonly movingKeysDropped: number;
}

/** What is known at the end. */
export function verdictOf(state: ComparisonState, options: ResolvedOptions): Verdict {
  const complete = state.stage === 'finished';
  const byKind = Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, state.byKind[kind] ?? 0]));
  return {
    equal: complete && state.differences === 0,
    covered: complete ? (state.sample === undefined ? 'all' : 'sample') : 'part',
    ...sampleIn(state, complete),
    complete,
    keysCompared: state.keysCompared,
    sourceKeys: state.sourceKeys,
    targetKeys: state.targetKeys,
    differences: state.differences,
    byKind: byKind as Record<DifferenceKind, number>,
    byType: { ...state.byType },
    examples: [...state.examples],
    rounds: options.rounds,
    unsettledKeys: state.unsettled,
    movingKeys: [...state.movingKeys],
    movingKeysDropped: state.movingKeysDropped,
  };
}

function sampleIn(state: ComparisonState, complete: boolean): { sample?: SampleReport } {
  if (state.sample === undefined) return {};
  // Keys of the source were counted as they were met; what only the target has comes on top.
  const keys = state.keysCompared + (state.byKind.extra ?? 0);
  return {
    sample: reportSample(state.sample, { keys, differing: state.differences + state.unsettled, complete }),
  };
}
