import { createHash } from 'node:crypto';
import { z } from 'zod';
import { findingSchema } from './finding.ts';

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

/** `fast`: what was written to the target since the cutover is lost. `lossless`: it is copied back first. */
export const rollbackModeSchema = z.enum(['fast', 'lossless']);
export type RollbackMode = z.infer<typeof rollbackModeSchema>;

/**
 * How an instance is kept from taking writes. `read-only`: the cloud's switch. `detach`, where that is refused: its address is
 * taken away, its connections are ended, and what the sync job missed is copied by the bot.
 */
export const fenceSchema = z.enum(['read-only', 'detach']);
export type Fence = z.infer<typeof fenceSchema>;

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
  /** The target holds the copy of an earlier upgrade of the same pair; the new copy deletes it first. */
  replacesCopyOf: z.string().optional(),
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
  purpose: z.literal('cutover'),
  upgradeId: z.string(),
  source: instanceFactsSchema,
  /** The target as aligned: subnet, port and security groups of the source. */
  target: instanceFactsSchema,
  switch: switchSchema,
  oldAddress: addressSchema,
  parkingAddress: addressSchema,
  fence: fenceSchema,
  syncJobId: z.string(),
  /** Differences the verification found; anything but 0 never gets this far. */
  differences: z.number(),
  /** Only when not every key was looked at. */
  covered: z.literal('sample').optional(),
});
export type ApprovalFacts = z.infer<typeof approvalFactsSchema>;

/** What an approver of a rollback is shown and approves. */
export const rollbackFactsSchema = z.object({
  purpose: z.literal('rollback'),
  upgradeId: z.string(),
  mode: rollbackModeSchema,
  source: instanceFactsSchema,
  target: instanceFactsSchema,
  switch: switchSchema,
  /** The address clients use; the rollback moves it from target to source. */
  oldAddress: addressSchema,
  /** Where the target goes. */
  parkingAddress: addressSchema,
  fence: fenceSchema,
});
export type RollbackFacts = z.infer<typeof rollbackFactsSchema>;

/** What an approver of a repair is shown and approves: which instance is changed, from which one, and what differs. */
export const repairFactsSchema = z.object({
  purpose: z.literal('repair'),
  upgradeId: z.string(),
  /** Its data is right. */
  source: instanceFactsSchema,
  /** It is made equal to the source. */
  target: instanceFactsSchema,
  syncJobId: z.string(),
  finding: findingSchema,
});
export type RepairFacts = z.infer<typeof repairFactsSchema>;

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
