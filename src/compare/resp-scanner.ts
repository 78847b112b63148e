import { createHash, type Hash } from 'node:crypto';
import { CompareError } from './compare-error.ts';

/** A reply larger than the limit: its bytes were dropped as they came in, its SHA-256 was kept. */
export interface OversizeReply {
  readonly bytes: number;
  readonly sha256: string;
}

/** One complete reply exactly as the server sent it, or what is left of one that was too large to keep. */
export type RawReply = Buffer | OversizeReply;

const CR = 13;
const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const DOLLAR = 36;
const STAR = 42;
const EMPTY = Buffer.alloc(0);
/** A header or status line longer than this is not the Redis protocol. */
const MAX_LINE_BYTES = 65_536;

/**
 * Cuts a stream of bytes into raw RESP2 replies without building any object for their content. That is what makes a
 * comparison cheap: equal data mostly gives equal bytes, and those are compared with one memcmp.
 *
 * A reply inside one chunk is handed on without a copy; one that spans chunks is copied once. A reply over
 * `maxReplyBytes` is hashed and dropped while it arrives, so no reply can exhaust the memory.
 */
export class ReplyScanner {
  readonly #maxReplyBytes: number;
  readonly #onReply: (raw: RawReply) => void;
  /** An incomplete header line, waiting for its rest. */
  #carry: Buffer = EMPTY;
  /** Bytes of the current bulk string that are still to come, its CRLF included. */
  #skip = 0;
  /** Elements that are still missing until the current reply is complete. */
  #items = 1;
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #hash: Hash | undefined;

  constructor(maxReplyBytes: number, onReply: (raw: RawReply) => void) {
    this.#maxReplyBytes = maxReplyBytes;
    this.#onReply = onReply;
  }

  /** Takes the next bytes; calls `onReply` for each reply they complete. Throws `COMPARE_PROTOCOL`. */
  push(chunk: Buffer): void {
    const buffer = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk;
    this.#carry = EMPTY;
    let start = 0;
    let position = 0;
    while (position < buffer.length) {
      const next = this.#skip > 0 ? this.#skipBody(buffer, position) : this.#readHeader(buffer, position);
      if (next === -1) break;
      position = next;
      if (this.#items === 0) {
        this.#emit(buffer.subarray(start, position));
        start = position;
        this.#items = 1;
      }
    }
    if (position < buffer.length) this.#carryOver(buffer.subarray(position));
    if (position > start) this.#keep(buffer.subarray(start, position));
  }

  #skipBody(buffer: Buffer, position: number): number {
    const taken = Math.min(this.#skip, buffer.length - position);
    this.#skip -= taken;
    if (this.#skip === 0) this.#items -= 1;
    return position + taken;
  }

  /** Reads one header; returns the position after it (and after its body, when that is there), or -1 when it is incomplete. */
  #readHeader(buffer: Buffer, position: number): number {
    const kind = buffer[position];
    if (kind === PLUS || kind === MINUS || kind === COLON) {
      const end = buffer.indexOf(CR, position + 1);
      if (end === -1 || end + 1 >= buffer.length) return -1;
      this.#items -= 1;
      return end + 2;
    }
    if (kind !== DOLLAR && kind !== STAR) throw notRedis();
    const isNil = buffer[position + 1] === MINUS;
    let index = isNil ? position + 2 : position + 1;
    let length = 0;
    for (let byte = buffer[index]; byte !== CR; byte = buffer[++index]) {
      if (byte === undefined) return -1;
      length = length * 10 + digit(byte);
    }
    const after = index + 2;
    if (after > buffer.length) return -1;
    if (kind === DOLLAR && !isNil) return this.#enterBody(after, length + 2, buffer.length);
    this.#items += isNil ? -1 : length - 1;
    return after;
  }

  #enterBody(after: number, bodyBytes: number, available: number): number {
    if (after + bodyBytes <= available) {
      this.#items -= 1;
      return after + bodyBytes;
    }
    this.#skip = bodyBytes;
    return after;
  }

  #carryOver(rest: Buffer): void {
    if (rest.length > MAX_LINE_BYTES) throw notRedis();
    this.#carry = rest;
  }

  #keep(part: Buffer): void {
    this.#partsBytes += part.length;
    if (this.#hash !== undefined) {
      this.#hash.update(part);
      return;
    }
    this.#parts.push(part);
    if (this.#partsBytes <= this.#maxReplyBytes) return;
    this.#hash = createHash('sha256');
    for (const kept of this.#parts) this.#hash.update(kept);
    this.#parts = [];
  }

  #emit(last: Buffer): void {
    if (this.#partsBytes === 0) {
      this.#onReply(last);
      return;
    }
    this.#keep(last);
    const raw =
      this.#hash === undefined
        ? Buffer.concat(this.#parts)
        : { bytes: this.#partsBytes, sha256: this.#hash.digest('hex') };
    this.#parts = [];
    this.#partsBytes = 0;
    this.#hash = undefined;
    this.#onReply(raw);
  }
}

function digit(byte: number): number {
  if (byte < 48 || byte > 57) throw notRedis();
  return byte - 48;
}

function notRedis(): CompareError {
  return new CompareError('COMPARE_PROTOCOL', 'reading a reply: these bytes are not the Redis protocol');
}
