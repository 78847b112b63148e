import { z } from 'zod';

/** How a comparison works. Every limit has a default; what is given must be a whole number in its range, a share a fraction. */
export const comparisonOptionsSchema = z.strictObject({
  /** Two expiry times are the same when they are no further apart than this. */
  ttlToleranceMs: z.int().min(0).default(2_000),
  /** How many times, in rounds that are `roundDelayMs` apart, the same difference must be seen to count. */
  rounds: z.int().min(1).max(10).default(3),
  /** After so many rounds a key that differs in another way each time is given up as moving. Never below `rounds`. */
  maxRounds: z.int().min(1).max(50).default(8),
  /** Wait before a round of second looks. Must be longer than the replication lag. */
  roundDelayMs: z.int().min(0).default(1_000),
  /** Looks inside one round at a key that still differs: a busy key is equal at some moment, a different one never. */
  looksPerRound: z.int().min(1).max(20).default(4),
  /** Wait between two such looks. */
  lookDelayMs: z.int().min(0).max(1_000).default(20),
  /** Suspects kept at a time; more than these are looked at again before the work goes on. */
  maxSuspects: z.int().min(1).max(100_000).default(5_000),
  /**
   * So many proven differences end the comparison early, at the end of a round; unset: as many as `maxSuspects`. However many
   * are allowed, the memory stays the same: they are counted and told, not kept.
   */
  maxDifferences: z.int().min(1).optional(),
  /** Bytes of the keys of all suspects together; the bound for the size of a checkpoint beside `maxSuspects`. */
  maxSuspectBytes: z
    .int()
    .min(1_024)
    .default(2 * 1024 * 1024),
  /** Bytes aimed at for one page of a big value; also the largest value that is read whole. */
  pageBytes: z
    .int()
    .min(1_024)
    .max(1024 * 1024)
    .default(256 * 1024),
  /** What is left unset of the seven below: `gentle` beside production, `fast` where nobody is to be spared. */
  mode: z.enum(['gentle', 'fast']).default('gentle'),
  /** Elements of a collection read by one command. A collection with fewer is read by one. Smaller is gentler. */
  pageElements: z.int().min(2).max(100_000).optional(),
  /** Keys compared together: the other side is asked about all of them by one pipeline, as far as their values are small. */
  batchKeys: z.int().min(1).max(10_000).optional(),
  /** Batches that one SCAN lists the names for. */
  batchesPerScan: z.int().min(1).max(16).optional(),
  /** Pipelines in flight at a time, each on a connection of its own to either side. */
  lanes: z.int().min(1).max(8).optional(),
  /** The side that serves clients: the two limits below are for it, and the brake feels it. */
  spare: z.enum(['source', 'target']).default('source'),
  /** So many of the lanes may wait for that side at a time: with 1 it never has a second pipeline of ours before it. */
  sparedRequests: z.int().min(1).max(8).optional(),
  /** Keys that the spared side is asked about by one pipeline. Smaller is gentler; a fast comparison, which asks both sides at once, asks about a batch. */
  sparedKeys: z.int().min(1).max(10_000).optional(),
  /** Slows down while the spared side takes longer than this to answer a PING, the way there and back included; 0: never. */
  brakeLatencyMs: z.int().min(0).optional(),
  /** No more keys than this per second; unset: as fast as the servers answer. */
  maxKeysPerSecond: z.int().min(1).optional(),
  /** No more bytes of replies than this per second, from both sides together; unset: as fast as the servers answer. */
  maxBytesPerSecond: z.int().min(1).optional(),
  /**
   * Only this share of all keys is looked at, told by a hash of their names; every name is still listed. Unset or 1: all of them. The
   * verdict says what such a sample proves. `compareDelta` takes no notice, since it stops at its budget.
   */
  sampleShare: z.number().gt(0).max(1).optional(),
  /** Another number, another sample of the same share; 0 unless told. */
  sampleSeed: z.int().min(0).max(0xffffffff).optional(),
  /** Differences described in the verdict. */
  maxExamples: z.int().min(0).max(1_000).default(20),
  /** Moving keys named in the verdict, for the delta check. */
  maxMovingKeys: z.int().min(0).max(100_000).default(5_000),
  commandTimeoutMs: z.int().min(1).default(10_000),
  connectTimeoutMs: z.int().min(1).default(5_000),
  /** A reply above this is hashed and dropped instead of kept. */
  maxReplyBytes: z
    .int()
    .min(256 * 1024)
    .default(64 * 1024 * 1024),
});

/** Gently, another client of the spared side waits for one small batch at the most, while the other lanes read the other side and compare. */
const GENTLE = {
  lanes: 3,
  sparedRequests: 1,
  sparedKeys: 100,
  batchKeys: 200,
  batchesPerScan: 1,
  pageElements: 500,
  brakeLatencyMs: 10,
};
/** Fast, no lane waits for another. */
const FAST: typeof GENTLE = {
  lanes: 6,
  sparedRequests: 8,
  sparedKeys: 200,
  batchKeys: 200,
  batchesPerScan: 4,
  pageElements: 1_000,
  brakeLatencyMs: 0,
};

type Parsed = z.output<typeof comparisonOptionsSchema>;
type ByMode = keyof typeof GENTLE;

/** Fills in what the mode decides; what was set explicitly stays. */
export function withMode<T extends Pick<Parsed, 'mode' | 'spare' | ByMode>>(
  options: T,
): T & Record<ByMode, number> {
  const byMode = options.mode === 'gentle' ? GENTLE : FAST;
  const sparedKeys = options.sparedKeys ?? byMode.sparedKeys;
  const batchKeys = options.batchKeys ?? byMode.batchKeys;
  return {
    ...options,
    lanes: options.lanes ?? byMode.lanes,
    sparedRequests: options.sparedRequests ?? byMode.sparedRequests,
    sparedKeys,
    // A spared target is asked for the types of a whole batch.
    batchKeys: options.spare === 'target' ? Math.min(batchKeys, sparedKeys) : batchKeys,
    batchesPerScan: options.batchesPerScan ?? byMode.batchesPerScan,
    pageElements: options.pageElements ?? byMode.pageElements,
    brakeLatencyMs: options.brakeLatencyMs ?? byMode.brakeLatencyMs,
  };
}

/** Resolves options. Throws a `ZodError` when one is out of range. */
export function resolveOptions(given: ComparisonOptions | undefined): ResolvedOptions {
  return withMode(comparisonOptionsSchema.parse(given ?? {}));
}

/** All options, resolved. */
export type ResolvedOptions = Parsed & Record<ByMode, number>;
/** What a caller may set. */
export type ComparisonOptions = z.input<typeof comparisonOptionsSchema>;

/** The time a comparison lives by. */
export interface Clock {
  /** The present moment in milliseconds since 1970. */
  now(): number;
  /** Waits; rejects when its signal is aborted. Unset: the system's timer. */
  sleep?(ms: number, signal?: AbortSignal): Promise<void>;
}
