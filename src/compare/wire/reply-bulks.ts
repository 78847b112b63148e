import type { RawReply } from './raw-reply.ts';
import type { Bulks } from './resp-commands.ts';
import { lengthOf, readInteger } from './resp-reply.ts';

const CR = 13;
const DOLLAR = 36;
const STAR = 42;
const NOTHING: Bulks = { bytes: Buffer.alloc(0), count: 0 };

/** The elements of a flat array of bulk strings, or the one bulk string that a reply is; undefined for nil and for every other reply. */
export function bulksOf(raw: RawReply | undefined): Bulks | undefined {
  const length = lengthOf(raw);
  if (raw === undefined || !Buffer.isBuffer(raw) || length === undefined || length < 0) return undefined;
  return raw[0] === DOLLAR ? { bytes: raw, count: 1 } : arrayAt(raw, 0);
}

/** One page of SCAN, HSCAN or SSCAN whose elements are handed on as they are. */
export interface BulksPage {
  readonly cursor: string;
  readonly elements: Bulks;
}

/** Reads a page of any scanning command; undefined when the reply is something else. */
export function scanBulksOf(raw: RawReply | undefined): BulksPage | undefined {
  if (raw === undefined || !Buffer.isBuffer(raw) || raw[0] !== STAR || lengthOf(raw) !== 2) return undefined;
  const cursorAt = afterLine(raw, 0);
  if (raw[cursorAt] !== DOLLAR) return undefined;
  const from = afterLine(raw, cursorAt);
  const to = from + readInteger(raw, cursorAt + 1);
  const elements = raw[to + 2] === STAR ? arrayAt(raw, to + 2) : undefined;
  return elements === undefined ? undefined : { cursor: raw.toString('latin1', from, to), elements };
}

/** The array that begins here and is the rest of the reply. */
function arrayAt(raw: Buffer, at: number): Bulks {
  const count = readInteger(raw, at + 1);
  return count > 0 ? { bytes: raw.subarray(afterLine(raw, at)), count } : NOTHING;
}

/** The place behind the line that begins here. */
function afterLine(raw: Buffer, at: number): number {
  return raw.indexOf(CR, at) + 2;
}

/** Turns the two of each pair round. */
export function swapPairs(pairs: Bulks): Bulks {
  const { bytes, count } = pairs;
  const swapped = Buffer.allocUnsafe(bytes.length);
  let at = 0;
  for (let pair = 0; pair < count / 2; pair += 1) {
    const middle = endOfBulk(bytes, at);
    const end = endOfBulk(bytes, middle);
    bytes.copy(swapped, at, middle, end);
    bytes.copy(swapped, at + end - middle, at, middle);
    at = end;
  }
  return { bytes: swapped, count };
}

function endOfBulk(bytes: Buffer, at: number): number {
  return afterLine(bytes, at) + readInteger(bytes, at + 1) + 2;
}
