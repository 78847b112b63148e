import type { NameList } from '../wire/name-list.ts';
import type { RedisConnection } from '../wire/redis-connection.ts';
import { atMostDiffering } from './confidence.ts';
import { type KeyPage, scanKeys } from './scan-keys.ts';

/**
 * A part of all keys, told by their names alone: both sides, every round and every later process agree on what is in it, and another
 * seed gives another part. Right for differences that have nothing to do with how the hash of a name falls.
 */
export interface Sample {
  /** How much of all keys is in it, about: above 0, below 1. */
  readonly share: number;
  readonly seed: number;
}

/** What was looked at, and what that says about the rest. */
export interface SampleReport extends Sample {
  /** Keys of either side that were looked at. */
  readonly keysSampled: number;
  /** How often `atMostDiffering` is right, were it done again and again with other seeds. */
  readonly confidence: number;
  /**
   * No larger share of all keys differs, with that confidence: exact (Clopper-Pearson), about 3 divided by `keysSampled` when nothing differed in
   * the sample. A key that never held still counts as one that differs. 1 when the comparison ended early.
   */
  readonly atMostDiffering: number;
}

const CONFIDENCE = 0.95;
/** Names asked for by one SCAN at most: about half a millisecond of the server's time. */
const MAX_NAMES = 1_000;
/** Naming a key weighs on a server about as much as a tenth of reading it. */
export const NAMES_PER_KEY = 10;

/** The sample these options ask for; undefined when that is everything. */
export function sampleOf(options: {
  sampleShare?: number | undefined;
  sampleSeed?: number | undefined;
}): Sample | undefined {
  const { sampleShare: share, sampleSeed: seed } = options;
  return share === undefined || share === 1 ? undefined : { share, seed: seed ?? 0 };
}

export function isSameSample(one: Sample | undefined, other: Sample | undefined): boolean {
  return one?.share === other?.share && one?.seed === other?.seed;
}

/** Whether the key of this name is in the sample. */
export function isInSample(key: Buffer, sample: Sample): boolean {
  return hashName(key, sample.seed) < sample.share * 2 ** 32;
}

/** MurmurHash3 (32 bits), byte by byte: independent of the fingerprint's hashes, and of how Redis spreads keys over slots. */
function hashName(key: Buffer, seed: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) | 0;
  for (let index = 0; index < key.length; index += 4) {
    const left = key.length - index;
    let block = key[index] ?? 0;
    if (left > 1) block |= (key[index + 1] ?? 0) << 8;
    if (left > 2) block |= (key[index + 2] ?? 0) << 16;
    if (left > 3) block |= (key[index + 3] ?? 0) << 24;
    block = Math.imul(block, 0xcc9e2d51);
    hash ^= Math.imul((block << 15) | (block >>> 17), 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= key.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What pages of names said beside those in the sample. */
export interface SampledPage extends KeyPage {
  /** How many there were. */
  readonly names: number;
}

/** Lists names until enough of them are in the sample, they are at an end, or the time is over. The list then holds those in the sample. */
export async function scanSample(
  connection: RedisConnection,
  list: NameList,
  by: { cursor: string; sample: Sample; wanted: number; isOver: () => boolean },
): Promise<SampledPage> {
  const enough = by.wanted / by.sample.share;
  const count = Math.ceil(Math.min(enough, MAX_NAMES));
  const sampled: Buffer[] = [];
  const temporary: Buffer[] = [];
  let names = 0;
  let cursor = by.cursor;
  do {
    const page = await scanKeys(connection, list, { cursor, count });
    cursor = page.cursor;
    names += list.count;
    temporary.push(...page.temporary);
    list.keepIf((bytes, start, end) => isInSample(bytes.subarray(start, end), by.sample));
    sampled.push(...list.toArray());
  } while (cursor !== '0' && names < enough && !by.isOver());
  list.fill(sampled);
  return { cursor, temporary, names };
}

/** What a sample of so many keys says when so many of them differ. */
export function reportSample(
  sample: Sample,
  seen: { keys: number; differing: number; complete: boolean },
): SampleReport {
  return {
    ...sample,
    keysSampled: seen.keys,
    confidence: CONFIDENCE,
    atMostDiffering: seen.complete ? atMostDiffering(seen, CONFIDENCE) : 1,
  };
}
