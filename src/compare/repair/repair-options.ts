import { z } from 'zod';
import { comparisonOptionsSchema, withMode } from '../comparison-options.ts';

/** A repair of some keys would leave the two sides different, and say nothing that could be relied on. */
const NOT_FOR_REPAIRS = { sampleShare: true, sampleSeed: true } as const;

/** How a repair works: everything a comparison can be told, and how it changes things. */
export const repairOptionsSchema = comparisonOptionsSchema.omit(NOT_FOR_REPAIRS).extend({
  /** Changes nothing and says what it would do. */
  dryRun: z.boolean().default(false),
  /** No more keys than this are written or deleted per second; unset: as fast as the servers answer. */
  maxRepairsPerSecond: z.int().min(1).optional(),
  /**
   * How often the same difference must be seen before it is repaired. 1 copies at once: right when nothing else copies between the two
   * sides. While a sync job runs, give 2 or more: a copy made ahead of the job could be changed once more when the job catches up.
   */
  looksBeforeRepair: z.int().min(1).max(5).default(1),
});

/** All options, resolved. */
export type ResolvedRepairOptions = ReturnType<typeof withMode<z.output<typeof repairOptionsSchema>>>;
/** What a caller may set. */
export type RepairOptions = z.input<typeof repairOptionsSchema>;

/** Looks at one key, at least: at two of them it is copied, the last one tells whether that helped. */
const MIN_ROUNDS = 3;

/** Resolves options. Throws a `ZodError` when one is out of range. */
export function resolveRepairOptions(given: RepairOptions | undefined): ResolvedRepairOptions {
  const options = withMode(repairOptionsSchema.parse(given ?? {}));
  if (options.dryRun) return options;
  const { looksBeforeRepair } = options;
  return {
    ...options,
    // The looks before the first repair do not count as looks at something that a repair could not cure.
    rounds: Math.max(MIN_ROUNDS, options.rounds) + looksBeforeRepair - 1,
    maxRounds: options.maxRounds + looksBeforeRepair - 1,
    // Where nothing else copies, waiting for a key to become equal by itself is in vain.
    looksPerRound: looksBeforeRepair === 1 ? 1 : options.looksPerRound,
  };
}
