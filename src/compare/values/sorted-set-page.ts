import type { RawReply } from '../wire/raw-reply.ts';
import { commandTemplate } from '../wire/resp-commands.ts';
import { isOversize, readInteger, scanPageOf } from '../wire/resp-reply.ts';
import { compareSortedSets } from './whole-value.ts';

const CR = 13;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const ONE = 49;
const LINE_END_BYTES = 2;
/** The header of the members and scores in a last page of ZSCAN, behind `*2 $1 0`. */
const ELEMENTS_AT = 11;

/**
 * The first read of a sorted set. One that the server keeps as a list (ziplist, listpack) comes whole, its scores as they stand there, which
 * costs the server a third of ZRANGE WITHSCORES: that reads each score and prints it anew. One that is kept as a
 * skiplist shows itself by a page that is not the last, and is read by ZRANGE then.
 */
export const FIRST_READ = commandTemplate('ZSCAN', '0', 'COUNT', '1');

/**
 * Of a skiplist, a page for COUNT 1 is one bucket of its hash table. So many members in one bucket, and none in any other, is
 * not to be expected in the lifetime of a server: they came from a list.
 */
const LIST_MEMBERS = 16;

/**
 * Whether the reply to the first read that begins here holds a whole sorted set, with scores that tell any two apart. 2.8 prints those of a
 * skiplist with 17 digits behind the point and no more (`createStringObjectFromLongDouble`, "%.17Lf"), so of one below 0.1 digits are
 * lost; those of a list are exact, and so are all of later versions.
 */
export function isExactPage(bytes: Buffer, start: number): boolean {
  if (bytes[start + 5] !== ONE || bytes[start + 8] !== ZERO) return false;
  const count = readInteger(bytes, start + ELEMENTS_AT + 1);
  if (count >= LIST_MEMBERS * 2) return true;
  let at = bytes.indexOf(CR, start + ELEMENTS_AT) + LINE_END_BYTES;
  for (let index = 0; index < count; index += 1) {
    const body = bytes.indexOf(CR, at) + LINE_END_BYTES;
    if (index % 2 === 1 && mayLackDigits(bytes, body)) return false;
    at = body + readInteger(bytes, at + 1) + LINE_END_BYTES;
  }
  return true;
}

/** Whether these replies to the first read prove that both sorted sets are the same; false also where they leave it open. */
export function haveSameScores(source: RawReply, target: RawReply): boolean {
  if (isOversize(source) || isOversize(target)) return false;
  if (!isExactPage(source, 0) || !isExactPage(target, 0)) return false;
  if (source.equals(target)) return true;
  return compareSortedSets(scanPageOf(source)?.elements, scanPageOf(target)?.elements) === 'equal';
}

/** Whether a score that begins here is 0 or begins with 0.0, of either sign. */
function mayLackDigits(bytes: Buffer, start: number): boolean {
  const digit = bytes[start] === MINUS ? start + 1 : start;
  if (bytes[digit] !== ZERO) return false;
  return bytes[digit + 1] !== POINT || bytes[digit + 2] === ZERO;
}
