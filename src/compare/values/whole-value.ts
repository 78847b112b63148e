import type { RawReply } from '../wire/raw-reply.ts';
import { type CommandTemplate, commandTemplate } from '../wire/resp-commands.ts';
import { bulkOf, elementsOf, isOversize, readInteger, scanPageOf } from '../wire/resp-reply.ts';
import { type Finding, fieldLabel, finding, holding, memberLabel } from './difference.ts';
import { haveSameMembers } from './same-members.ts';

/** The types whose values are read; streams are always read in pages. */
export const READABLE_TYPES = ['string', 'list', 'set', 'zset', 'hash', 'stream'] as const;
export type ReadableType = (typeof READABLE_TYPES)[number];
export type WholeType = Exclude<ReadableType, 'stream'>;

/** How large a value may be to be read by one command. */
export interface WholeLimits {
  readonly pageElements: number;
  readonly pageBytes: number;
}

/** `equal`, what differs, or `paged`: too large for one command (or it could not be told), so it must be read page by page. */
export type WholeOutcome = 'equal' | 'paged' | Finding[];

/**
 * The one bounded read of each type. GETRANGE instead of GET, HSCAN instead of HGETALL and SSCAN instead of SMEMBERS, because the
 * size of the value on the source is not known: nothing here can return more than about a page of elements.
 */
export function wholeReads(limits: WholeLimits): Record<WholeType, CommandTemplate> {
  const count = String(limits.pageElements);
  const last = String(limits.pageElements - 1);
  return {
    string: commandTemplate('GETRANGE', '0', String(limits.pageBytes - 1)),
    list: commandTemplate('LRANGE', '0', last),
    zset: commandTemplate('ZRANGE', '0', last, 'WITHSCORES'),
    hash: commandTemplate('HSCAN', '0', 'COUNT', count),
    set: commandTemplate('SSCAN', '0', 'COUNT', count),
  };
}

/** Compares the replies of both sides to the bounded read of this type. Neither may be an error reply. */
export function compareWhole(
  type: WholeType,
  replies: { source: RawReply; target: RawReply },
  limits: WholeLimits,
): WholeOutcome {
  const { source, target } = replies;
  if (isOversize(source) || isOversize(target)) return 'paged';
  if (!isWholeReply(type, source, limits) || !isWholeReply(type, target, limits)) return 'paged';
  if (source.equals(target)) return 'equal';
  return COMPARERS[type](source, target);
}

/** Says of the reply to the bounded read of this type that begins here whether it holds the whole value for certain. */
export type IsWhole = (type: WholeType, bytes: Buffer, start: number) => boolean;

/** The test for replies to the reads within these limits. */
export function wholeTest({ pageBytes, pageElements }: WholeLimits): IsWhole {
  return (type, bytes, start) => {
    if (type === 'set' || type === 'hash') return bytes[start + 5] === ONE && bytes[start + 8] === ZERO;
    const length = readInteger(bytes, start + 1);
    if (type === 'string') return length < pageBytes;
    return length < pageElements * (type === 'list' ? 1 : 2);
  };
}

/** The same of a reply by itself. */
export function isWholeReply(type: WholeType, raw: Buffer, limits: WholeLimits): boolean {
  return wholeTest(limits)(type, raw, 0);
}

/** In a page of SCAN, `*2 $1 0` and so on, the last page has the cursor 0: one digit, a zero. */
const ONE = 49;
const ZERO = 48;

const COMPARERS: Record<WholeType, (source: Buffer, target: Buffer) => WholeOutcome> = {
  string: (source, target) => compareStrings(bulkOf(source), bulkOf(target), 0),
  list: (source, target) => compareLists(elementsOf(source), elementsOf(target)),
  set: (source, target) =>
    haveSameMembers(source, target)
      ? 'equal'
      : compareSets(scanPageOf(source)?.elements, scanPageOf(target)?.elements),
  hash: (source, target) => compareHashes(scanPageOf(source)?.elements, scanPageOf(target)?.elements),
  zset: (source, target) => compareSortedSets(elementsOf(source), elementsOf(target)),
};

/** Compares two strings or two pieces of strings that start at this offset. */
export function compareStrings(
  source: Buffer | undefined,
  target: Buffer | undefined,
  offset: number,
): WholeOutcome {
  if (source === undefined || target === undefined) return 'paged';
  if (source.equals(target)) return 'equal';
  const shared = Math.min(source.length, target.length);
  let at = 0;
  while (at < shared && source[at] === target[at]) at += 1;
  const held = { source: source.subarray(at), target: target.subarray(at) };
  const lengths = `${offset + source.length} and ${offset + target.length} bytes`;
  const found =
    at < shared
      ? finding('value', `byte ${offset + at}`, [source, target])
      : finding('length', lengths, [source, target]);
  return [holding(found, held)];
}

type Elements = readonly (Buffer | null)[];

function compareLists(source: Elements | undefined, target: Elements | undefined): WholeOutcome {
  if (source === undefined || target === undefined) return 'paged';
  const at = firstUnequal(source, target);
  const held = { source: source[at], target: target[at] };
  if (source.length !== target.length) {
    const where = `${source.length} and ${target.length} elements, first unequal index ${at}`;
    return [holding(finding('length', where, seen(source, target)), held)];
  }
  if (at === source.length) return 'equal';
  const kind = sameElements(source, target) ? 'order' : 'value';
  return [holding(finding(kind, `index ${at}`, seen(source, target)), held)];
}

/** The first index at which two sequences of elements are not the same bytes; the shorter length when there is none. */
export function firstUnequal(source: Elements, target: Elements): number {
  const shared = Math.min(source.length, target.length);
  for (let index = 0; index < shared; index += 1) {
    const left = source[index];
    const right = target[index];
    if (left && right ? !left.equals(right) : left !== right) return index;
  }
  return shared;
}

function sameElements(source: Elements, target: Elements): boolean {
  const sorted = (elements: Elements) => elements.map((element) => element?.toString('latin1') ?? '').sort();
  const right = sorted(target);
  return sorted(source).every((element, index) => element === right[index]);
}

function seen(source: Elements, target: Elements): Buffer[] {
  return [...source, Buffer.from('|'), ...target].map((element) => element ?? Buffer.alloc(0));
}

function compareSets(
  source: readonly Buffer[] | undefined,
  target: readonly Buffer[] | undefined,
): WholeOutcome {
  if (source === undefined || target === undefined) return 'paged';
  const left = new Map(source.map((member) => [member.toString('latin1'), member]));
  const right = new Map(target.map((member) => [member.toString('latin1'), member]));
  return verdictOf([...absent(left, right, 'source'), ...absent(right, left, 'target')]);
}

/** Members that only this side has. */
function absent(
  from: ReadonlyMap<string, Buffer>,
  other: ReadonlyMap<string, unknown>,
  side: 'source' | 'target',
): Finding[] {
  const kind = side === 'source' ? 'element_missing' : 'element_extra';
  const found: Finding[] = [];
  for (const [name, member] of from) {
    if (!other.has(name)) found.push(holding(finding(kind, memberLabel(member)), { [side]: member }));
  }
  return found;
}

function compareHashes(
  source: readonly Buffer[] | undefined,
  target: readonly Buffer[] | undefined,
): WholeOutcome {
  if (source === undefined || target === undefined) return 'paged';
  const left = pairs(source);
  const right = pairs(target);
  const found: Finding[] = [];
  for (const [name, { first: field, second: value }] of left) {
    const other = right.get(name);
    const held = { source: value, target: other?.second };
    if (other === undefined)
      found.push(holding(finding('element_missing', fieldLabel(field), [value]), held));
    else if (!other.second.equals(value))
      found.push(holding(finding('value', fieldLabel(field), [value, other.second]), held));
  }
  for (const [name, { first: field, second: value }] of right) {
    if (left.has(name)) continue;
    found.push(holding(finding('element_extra', fieldLabel(field), [value]), { target: value }));
  }
  return verdictOf(found);
}

/** Compares the members of two sorted sets, each followed by its score. */
export function compareSortedSets(source: Elements | undefined, target: Elements | undefined): WholeOutcome {
  if (source === undefined || target === undefined) return 'paged';
  const left = pairs(source);
  const right = pairs(target);
  const found: Finding[] = [];
  for (const [name, { first: member, second: score }] of left) {
    const other = right.get(name);
    const held = { source: scored(member, score), target: other && scored(member, other.second) };
    if (other === undefined)
      found.push(holding(finding('element_missing', memberLabel(member), [score]), held));
    else if (!sameScore(score, other.second))
      found.push(holding(finding('score', memberLabel(member), [score, other.second]), held));
  }
  for (const [name, { first: member, second: score }] of right) {
    if (left.has(name)) continue;
    const held = { target: scored(member, score) };
    found.push(holding(finding('element_extra', memberLabel(member), [score]), held));
  }
  return verdictOf(found);
}

/** A member and its score as one value. */
export function scored(member: Buffer, score: Buffer): Buffer {
  return Buffer.concat([score, Buffer.from(' '), member]);
}

/** Scores are compared as numbers: versions print the same double in different ways (0.10000000000000001 and 0.1). */
export function sameScore(source: Buffer, target: Buffer): boolean {
  if (source.equals(target)) return true;
  const left = scoreOf(source);
  return left !== undefined && left === scoreOf(target);
}

function scoreOf(bytes: Buffer): number | undefined {
  const text = bytes.toString('latin1').toLowerCase();
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}

interface Couple {
  readonly first: Buffer;
  readonly second: Buffer;
}

function pairs(elements: Elements): Map<string, Couple> {
  const map = new Map<string, Couple>();
  for (let index = 0; index + 1 < elements.length; index += 2) {
    const first = elements[index];
    const second = elements[index + 1];
    if (first && second) map.set(first.toString('latin1'), { first, second });
  }
  return map;
}

function verdictOf(found: Finding[]): WholeOutcome {
  return found.length === 0 ? 'equal' : found;
}
