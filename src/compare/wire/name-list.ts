import type { RawReply } from './raw-reply.ts';
import { ReplyBlock } from './reply-block.ts';
import { type BulkPlaces, encodeCommands } from './resp-commands.ts';
import { isOversize, readInteger } from './resp-reply.ts';

const CR = 13;
const DOLLAR = 36;
const STAR = 42;
const LINE_END_BYTES = 2;
const NOTHING = Buffer.alloc(0);
const NOWHERE = new Uint32Array(0);
/** Memory of a page beyond this, of very long names, is not kept for the next one. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * Names of keys, or the elements of a big value, as bulk strings in one piece of memory, the way the scanning commands bring them and every
 * command takes them: nothing is built for a single one until somebody asks for it. A list may be filled again and again.
 */
export class NameList implements BulkPlaces {
  #block: ReplyBlock | undefined;
  #bytes: Buffer = NOTHING;
  /** Where each bulk string begins, where the name in it begins, and where that ends. */
  #bulks = NOWHERE;
  #names = NOWHERE;
  #ends = NOWHERE;
  #count = 0;

  /** A list of these keys. */
  static of(keys: readonly Buffer[]): NameList {
    const list = new NameList();
    list.fill(keys);
    return list;
  }

  get count(): number {
    return this.#count;
  }

  /** The memory that the places below speak of. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  bulkStart(index: number): number {
    return this.#bulks[index] ?? 0;
  }

  bulkEnd(index: number): number {
    return this.nameEnd(index) + LINE_END_BYTES;
  }

  nameStart(index: number): number {
    return this.#names[index] ?? 0;
  }

  nameEnd(index: number): number {
    return this.#ends[index] ?? 0;
  }

  /** A key, as a copy of its own. */
  key(index: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.nameStart(index), this.nameEnd(index)));
  }

  /** All keys, as copies. */
  toArray(): Buffer[] {
    return Array.from({ length: this.#count }, (_, index) => this.key(index));
  }

  /** The memory to read the next page of a scanning command into, for `takePage`. What the list held is gone then. */
  emptied(): ReplyBlock {
    this.#count = 0;
    if (this.#block === undefined || this.#block.bytes.length > KEPT_BYTES) this.#block = new ReplyBlock();
    return this.#block;
  }

  /** Takes the names out of the page that was read. Gives its cursor; undefined when it is no page, and the list is empty then. */
  takePage(): string | undefined {
    const raw: RawReply | undefined = this.#block?.count === 1 ? this.#block.raw(0) : undefined;
    this.#count = 0;
    if (raw === undefined || isOversize(raw) || raw[0] !== STAR || readInteger(raw, 1) !== 2)
      return undefined;
    const cursorAt = raw.indexOf(CR) + LINE_END_BYTES;
    if (raw[cursorAt] !== DOLLAR) return undefined;
    const cursor = nameAt(raw, cursorAt);
    const namesAt = cursor.end + LINE_END_BYTES;
    if (raw[namesAt] !== STAR) return undefined;
    this.#bytes = raw;
    this.#takeBulks(raw.indexOf(CR, namesAt) + LINE_END_BYTES, readInteger(raw, namesAt + 1));
    return raw.toString('latin1', cursor.start, cursor.end);
  }

  /** Holds these keys from now on. */
  fill(keys: readonly Buffer[]): void {
    this.#bytes = encodeCommands([keys]).bytes;
    this.#count = 0;
    this.#takeBulks(this.#bytes.indexOf(CR) + LINE_END_BYTES, keys.length);
  }

  /** Some of them, in the same memory: good until this list is filled again. */
  part(from: number, to: number): NameList {
    const part = new NameList();
    part.#bytes = this.#bytes;
    part.#bulks = this.#bulks.subarray(from, to);
    part.#names = this.#names.subarray(from, to);
    part.#ends = this.#ends.subarray(from, to);
    part.#count = Math.max(0, Math.min(to, this.#count) - from);
    return part;
  }

  /** Drops the keys of which this is not true; the others stay in their order. */
  keepIf(isKept: (bytes: Buffer, start: number, end: number) => boolean): void {
    let kept = 0;
    for (let index = 0; index < this.#count; index += 1) {
      const [name, end] = [this.nameStart(index), this.nameEnd(index)];
      if (!isKept(this.#bytes, name, end)) continue;
      this.#bulks[kept] = this.bulkStart(index);
      this.#names[kept] = name;
      this.#ends[kept] = end;
      kept += 1;
    }
    this.#count = kept;
  }

  #takeBulks(from: number, count: number): void {
    if (count > this.#bulks.length) {
      this.#bulks = new Uint32Array(count);
      this.#names = new Uint32Array(count);
      this.#ends = new Uint32Array(count);
    }
    const bytes = this.#bytes;
    let at = from;
    for (let index = 0; index < count; index += 1) {
      let position = at + 1;
      let length = 0;
      for (let byte = bytes[position] ?? CR; byte !== CR; byte = bytes[++position] ?? CR) {
        length = length * 10 + byte - 48;
      }
      const name = position + LINE_END_BYTES;
      this.#bulks[index] = at;
      this.#names[index] = name;
      this.#ends[index] = name + length;
      at = name + length + LINE_END_BYTES;
    }
    this.#count = count;
  }
}

function nameAt(bytes: Buffer, bulk: number): { start: number; end: number } {
  const start = bytes.indexOf(CR, bulk) + LINE_END_BYTES;
  return { start, end: start + readInteger(bytes, bulk + 1) };
}
