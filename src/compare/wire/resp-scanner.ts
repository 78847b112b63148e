import { createHash, type Hash } from 'node:crypto';
import { CompareError } from './compare-error.ts';
import type { ReplyBlock } from './reply-block.ts';

const CR = 13;
const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const DOLLAR = 36;
const STAR = 42;
/** A header or status line longer than this is not the Redis protocol. */
const MAX_LINE_BYTES = 65_536;
/** Numbers, names of types and errors are kept however full the block is. */
const SMALL_BYTES = 256;
const INCOMPLETE = -1;

/**
 * Finds the ends of RESP2 replies in a stream of bytes, and keeps the replies in blocks, without building any object for their
 * content. That is what makes a comparison cheap: equal data mostly gives equal bytes, and those are compared with one memcmp.
 *
 * A reply over `maxReplyBytes`, or one that its block has no room for (and that is not tiny), is hashed and dropped while it arrives, so no reply can exhaust
 * the memory.
 */
export class ReplyScanner {
  readonly #maxReplyBytes: number;
  #block: ReplyBlock | undefined;
  /** Replies that the block still waits for. */
  #expected = 0;
  /** Where the next header is; behind the end of the block while a bulk string has not come in completely. */
  #position = 0;
  #replyStart = 0;
  /** Elements that are still missing until the current reply is complete. */
  #items = 1;
  #hash: Hash | undefined;
  #hashedBytes = 0;

  constructor(maxReplyBytes: number) {
    this.#maxReplyBytes = maxReplyBytes;
  }

  /** Whether the block waits for replies. */
  get isWaiting(): boolean {
    return this.#expected > 0;
  }

  /** The next replies go into this block. */
  begin(block: ReplyBlock, expected: number): void {
    block.clear();
    this.#block = block;
    this.#expected = expected;
    this.#position = 0;
    this.#replyStart = 0;
  }

  /**
   * Takes the next bytes. Gives a copy of what lies behind the last reply that was waited for; undefined when there is nothing.
   * Throws `COMPARE_PROTOCOL`.
   */
  push(chunk: Buffer): Buffer | undefined {
    const block = this.#block;
    if (block === undefined || this.#expected === 0) {
      throw new CompareError('COMPARE_PROTOCOL', 'reading a reply: one that nobody asked for');
    }
    block.append(chunk);
    this.#scan(block);
    if (this.#expected > 0) {
      if (this.#hash !== undefined || block.length - this.#replyStart > this.#limit(block)) this.#drop(block);
      return undefined;
    }
    if (block.length === this.#position) return undefined;
    const rest = Buffer.from(block.bytes.subarray(this.#position, block.length));
    block.cut(this.#position, block.length);
    return rest;
  }

  #limit(block: ReplyBlock): number {
    return Math.min(this.#maxReplyBytes, Math.max(SMALL_BYTES, block.maxBytes - this.#replyStart));
  }

  #scan(block: ReplyBlock): void {
    while (this.#position <= block.length) {
      if (this.#items === 0) {
        this.#endReply(block);
        if (this.#expected === 0) return;
      }
      const next = this.#readHeader(block.bytes, block.length);
      if (next === INCOMPLETE) {
        if (block.length - this.#position > MAX_LINE_BYTES) throw notRedis();
        return;
      }
      this.#position = next;
    }
  }

  /** Reads the header at the position; gives the place of the next one, behind the body if it has one. */
  #readHeader(bytes: Buffer, length: number): number {
    const position = this.#position;
    if (position >= length) return INCOMPLETE;
    const kind = bytes[position];
    if (kind !== DOLLAR && kind !== STAR) return this.#readLine(bytes, length);
    const isNil = position + 1 < length && bytes[position + 1] === MINUS;
    let index = isNil ? position + 2 : position + 1;
    let size = 0;
    for (; index < length && bytes[index] !== CR; index += 1) size = size * 10 + digit(bytes[index] ?? 0);
    const after = index + 2;
    if (after > length) return INCOMPLETE;
    if (kind === STAR && !isNil) {
      this.#items += size - 1;
      return after;
    }
    this.#items -= 1;
    return isNil ? after : after + size + 2;
  }

  #readLine(bytes: Buffer, length: number): number {
    const kind = bytes[this.#position];
    if (kind !== COLON && kind !== PLUS && kind !== MINUS) throw notRedis();
    let index = this.#position + 1;
    while (index < length && bytes[index] !== CR) index += 1;
    if (index + 2 > length) return INCOMPLETE;
    this.#items -= 1;
    return index + 2;
  }

  #endReply(block: ReplyBlock): void {
    const isTooLarge = this.#position - this.#replyStart > this.#limit(block);
    if (isTooLarge || this.#hash !== undefined) this.#drop(block);
    if (this.#hash === undefined) block.endReply(this.#position);
    else {
      const oversize = { bytes: this.#hashedBytes, sha256: this.#hash.digest('hex') };
      block.endReply(this.#position, oversize);
      this.#hash = undefined;
      this.#hashedBytes = 0;
    }
    this.#replyStart = this.#position;
    this.#items = 1;
    this.#expected -= 1;
  }

  /** Hashes what has been read of the current reply, and takes it out of the block. */
  #drop(block: ReplyBlock): void {
    const end = Math.min(this.#position, block.length);
    this.#hash ??= createHash('sha256');
    this.#hash.update(block.bytes.subarray(this.#replyStart, end));
    this.#hashedBytes += end - this.#replyStart;
    block.cut(this.#replyStart, end);
    this.#position -= end - this.#replyStart;
  }
}

function digit(byte: number): number {
  if (byte < 48 || byte > 57) throw notRedis();
  return byte - 48;
}

function notRedis(): CompareError {
  return new CompareError('COMPARE_PROTOCOL', 'reading a reply: these bytes are not the Redis protocol');
}
