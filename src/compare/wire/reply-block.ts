import type { OversizeReply, RawReply } from './raw-reply.ts';
import { readInteger } from './resp-reply.ts';

const COLON = 58;
const FIRST_REPLIES = 64;

/**
 * The replies to one pipeline, one behind the other in one piece of memory, with the places where each ends. Nothing is built for a
 * single reply until somebody asks for it, and a block may be filled again and again: that is what makes reading
 * millions of small values cheap. A reply that was too large to keep takes no room; its size and digest are kept.
 */
export class ReplyBlock {
  /** Replies that do not fit into so many bytes any more are dropped as too large. */
  readonly maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #ends = new Float64Array(FIRST_REPLIES);
  #count = 0;
  #oversize = new Map<number, OversizeReply>();

  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.maxBytes = maxBytes;
  }

  /** Complete replies. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the replies that were kept; while the block is filled, of what came in for it. */
  get length(): number {
    return this.#length;
  }

  /** The memory; only what lies below `length` means anything, and only until the block is filled again. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  endOf(index: number): number {
    return this.#ends[index] ?? 0;
  }

  /** The first byte of a reply, which says what kind it is; 0 for one that was dropped. */
  kindOf(index: number): number {
    const start = this.startOf(index);
    return start === this.endOf(index) ? 0 : (this.#bytes[start] ?? 0);
  }

  /** The integer that is this reply; undefined when it is something else. */
  integerAt(index: number): number | undefined {
    if (this.kindOf(index) !== COLON) return undefined;
    return readInteger(this.#bytes, this.startOf(index) + 1);
  }

  /** Whether a reply here and one there are the same bytes; never of one that was dropped. */
  isSame(index: number, other: ReplyBlock, otherIndex: number): boolean {
    const [start, end] = [this.startOf(index), this.endOf(index)];
    const [otherStart, otherEnd] = [other.startOf(otherIndex), other.endOf(otherIndex)];
    if (start === end || end - start !== otherEnd - otherStart) return false;
    return this.#bytes.compare(other.#bytes, otherStart, otherEnd, start, end) === 0;
  }

  /** One reply as a piece of the block's own memory, good until the block is filled again. */
  raw(index: number): RawReply {
    return this.#oversize.get(index) ?? this.#bytes.subarray(this.startOf(index), this.endOf(index));
  }

  /** Forgets all replies; the memory is kept for the next ones. */
  clear(): void {
    this.#length = 0;
    this.#count = 0;
    if (this.#oversize.size > 0) this.#oversize.clear();
  }

  /** Adds a reply that somebody else has read. */
  add(raw: RawReply): void {
    const isKept = Buffer.isBuffer(raw);
    if (isKept) this.append(raw);
    this.endReply(this.#length, isKept ? undefined : raw);
  }

  /** Adds bytes that came in. */
  append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#bytes.length * 2, this.maxBytes)));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** Says where the next reply ends; for one that was dropped, what is left of it. */
  endReply(end: number, oversize?: OversizeReply): void {
    if (this.#count === this.#ends.length) {
      const larger = new Float64Array(this.#ends.length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.#count] = end;
    if (oversize !== undefined) this.#oversize.set(this.#count, oversize);
    this.#count += 1;
  }

  /** Takes bytes out of the unfinished end; what follows moves up. */
  cut(from: number, to: number): void {
    this.#bytes.copyWithin(from, to, this.#length);
    this.#length -= to - from;
  }
}
