import { createHash } from 'node:crypto';
import { z } from 'zod';

const addressSchema = z.object({ ip: z.string(), port: z.number().int() });

const instanceFactsSchema = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  version: z.string(),
  edition: z.enum(['standard', 'cluster']),
  address: addressSchema,
  vpcId: z.string(),
  subnetId: z.string(),
  zoneId: z.number(),
  memoryMb: z.number(),
  securityGroups: z.array(z.string()),
});

/** How clients find the new instance: the old address moves, or the team changes its configuration. */
export const switchSchema = z.enum(['address', 'code']);
export type Switch = z.infer<typeof switchSchema>;

/**
 * What an upgrade is going to do, fixed by `assess` before anything is changed. Every choice that could come out
 * differently a second time (the parking address) is in it, so that a repeat does the same.
 */
export const planSchema = z.object({
  source: instanceFactsSchema,
  /** The target as it was found: what the undo of `align-target` goes back to. */
  target: instanceFactsSchema,
  switch: switchSchema,
  /** The address clients use; the plan moves it from source to target. */
  oldAddress: addressSchema,
  /** Where the source goes; free in the source's subnet when the plan was made. */
  parkingAddress: addressSchema,
  /** `read-only`: the cloud's switch. `detach` is not offered by this version. */
  fence: z.literal('read-only'),
  usedMemoryMb: z.number(),
  keys: z.number(),
  /** Advice on the edition and what the traffic has that a cluster refuses, for people. */
  advice: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type Plan = z.infer<typeof planSchema>;
export type InstanceFacts = z.infer<typeof instanceFactsSchema>;

/**
 * What an approver is shown and approves: the facts as they stood when the request was posted. An approval counts for
 * the digest of exactly this and nothing else.
 */
export const approvalFactsSchema = z.object({
  upgradeId: z.string(),
  source: instanceFactsSchema,
  /** The target as aligned: subnet, port and security groups of the source. */
  target: instanceFactsSchema,
  switch: switchSchema,
  oldAddress: addressSchema,
  parkingAddress: addressSchema,
  fence: z.literal('read-only'),
  syncJobId: z.string(),
  /** Differences the verification found; anything but 0 never gets this far. */
  differences: z.number(),
});
export type ApprovalFacts = z.infer<typeof approvalFactsSchema>;

/** SHA-256 over the value with its keys in order: the same facts give the same digest on every machine. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** The first characters of a digest, enough for people to compare two. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** The names of the facts that differ, as dotted paths with both values, for people. */
export function changedFacts(before: unknown, after: unknown, path = ''): string[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => changedFacts(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return [`${path}: ${JSON.stringify(before ?? null)} became ${JSON.stringify(after ?? null)}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
