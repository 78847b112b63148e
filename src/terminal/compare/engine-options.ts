import type { ComparisonOptions } from '../../compare/comparison-options.ts';
import type { RepairOptions } from '../../compare/repair/repair-options.ts';
import type { CompareRequest } from './command-line.ts';

/** Examples kept for the result. */
const EXAMPLES = 20;
/** Keys of which a dry run says what would be done. */
const DRY_RUN_EXAMPLES = 1_000;
/** So many differing keys are looked at again together; fewer when it is to stop after fewer. */
const SUSPECTS = { least: 1_000, most: 5_000 };
/** Nobody looks at them here, and they would only make the state larger. */
const MOVING_KEYS = 0;
const DEFAULT_ROUNDS = 3;

/** How often a difference has to be seen to count. */
export function roundsOf(request: CompareRequest): number {
  return request.rounds ?? DEFAULT_ROUNDS;
}

/** What was asked for, as the comparison takes it. */
export function comparisonOptions(request: CompareRequest, sampleSeed: number): ComparisonOptions {
  const { sampleShare } = request;
  return {
    ...sharedOptions(request),
    ...(sampleShare === undefined ? {} : { sampleShare, sampleSeed }),
    maxExamples: EXAMPLES,
  };
}

/** What was asked for, as the repair takes it. */
export function repairOptions(request: CompareRequest, dryRun: boolean): RepairOptions {
  return { ...sharedOptions(request), dryRun, maxExamples: dryRun ? DRY_RUN_EXAMPLES : EXAMPLES };
}

function sharedOptions(request: CompareRequest) {
  const { keysPerSecond, bytesPerSecond, roundDelayMs, ttlToleranceMs, maxDifferences } = request;
  return {
    mode: request.fast ? ('fast' as const) : ('gentle' as const),
    maxDifferences,
    maxSuspects: Math.min(SUSPECTS.most, Math.max(SUSPECTS.least, maxDifferences)),
    maxMovingKeys: MOVING_KEYS,
    rounds: roundsOf(request),
    ...(keysPerSecond === undefined ? {} : { maxKeysPerSecond: keysPerSecond }),
    ...(bytesPerSecond === undefined ? {} : { maxBytesPerSecond: bytesPerSecond }),
    ...(roundDelayMs === undefined ? {} : { roundDelayMs }),
    ...(ttlToleranceMs === undefined ? {} : { ttlToleranceMs }),
  };
}
