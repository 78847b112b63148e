import { z } from 'zod';

// What the traffic's process and its parent say to each other.

const endpointSchema = z.union([
  z.object({ path: z.string(), password: z.string().exactOptional() }),
  z.object({ host: z.string(), port: z.number().int(), password: z.string().exactOptional() }),
]);
/** Where an instance is reached, by its address or by the socket behind it. */
export type TrafficEndpoint = z.infer<typeof endpointSchema>;

const settingsSchema = z.object({
  endpoint: endpointSchema,
  /** True: several keys are touched at once only when they share a hash tag, as a cluster demands. */
  clusterSafe: z.boolean(),
  writesPerSecond: z.number().nonnegative(),
  readsPerSecond: z.number().nonnegative(),
  /** Connections that write; half as many again read. */
  clients: z.number().int().positive(),
  /** `default`: ioredis's own back-off with jitter; a number: reconnect after that many milliseconds. */
  retryDelayMs: z.union([z.literal('default'), z.number().int().positive()]),
  seed: z.number().int(),
  /**
   * `appending`: nothing is overwritten, deleted or renamed, so that every acknowledged write command leaves a trace of its own and
   * an audit counts the lost ones exactly. `all`: those too; of several writes to one place an audit can miss all but the last.
   */
  kinds: z.enum(['all', 'appending']),
  /** This part of all writes, up to 1, is made by scripts. */
  scriptShare: z.number().min(0).max(1),
  /** First part of every key's name. */
  prefix: z.string(),
  /** Written elements remembered at once; older ones are verified and deleted. */
  maxTrackedWrites: z.number().int().positive(),
});
export type TrafficSettings = z.infer<typeof settingsSchema>;

const gapSchema = z.object({
  /** Longest time without a success: between a last success and the next one, over all clients. */
  ms: z.number(),
  /** When it began, in milliseconds since 1970. */
  fromEpochMs: z.number(),
});

const figuresSchema = z.object({
  acknowledgedWrites: z.number(),
  /** Of the acknowledged ones, those that a script made; one script is one write here, however many commands it holds. */
  scriptedWrites: z.number(),
  refusedWrites: z.number(),
  /** The first word of each refusal, for example READONLY, with its count. */
  refusedBy: z.record(z.string(), z.number()),
  /** Cut while in flight: there or not, nobody was told. Never counted as acknowledged nor as lost. */
  unknownWrites: z.number(),
  /** Seen to be lost so far; an audit looks at everything. */
  lostWrites: z.number(),
  reads: z.number(),
  failedReads: z.number(),
  writeGap: gapSchema,
  readGap: gapSchema,
  /** The longest gap of any one client; never less than `writeGap`. */
  clientWriteGapMs: z.number(),
  /** Acknowledged in the last full second. */
  writesLastSecond: z.number(),
  readsLastSecond: z.number(),
  /** From the first acknowledged write to the last, less the longest gap. */
  writesPerSecond: z.number(),
});
/** What the clients saw so far. Times by a monotonic clock, in milliseconds. */
export type TrafficFigures = z.infer<typeof figuresSchema>;

const auditSchema = z.object({
  figures: figuresSchema,
  /** Keys looked up. */
  keysCompared: z.number(),
  /**
   * Acknowledged write commands whose effect is missing, the ones found while running included. Each command of a transaction or
   * of a script counts.
   */
  lostWrites: z.number(),
  lostExamples: z.array(z.string()),
});
export type TrafficAudit = z.infer<typeof auditSchema>;

export const toTrafficSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), settings: settingsSchema }),
  /** Forget the gaps and counts so far, not the writes: a new measurement begins. */
  z.object({ type: z.literal('measure') }),
  z.object({ type: z.literal('stop') }),
  z.object({ type: z.literal('audit'), endpoint: endpointSchema }),
]);
export type ToTraffic = z.infer<typeof toTrafficSchema>;

export const fromTrafficSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started') }),
  z.object({ type: z.literal('measuring') }),
  z.object({ type: z.literal('figures'), figures: figuresSchema }),
  z.object({ type: z.literal('stopped'), figures: figuresSchema }),
  z.object({ type: z.literal('audited'), audit: auditSchema }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type FromTraffic = z.infer<typeof fromTrafficSchema>;
