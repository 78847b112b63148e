import { readInteger } from '../wire/resp-reply.ts';

const CR = 13;
const LINE_END_BYTES = 2;
/** The header of the members in a last page of SSCAN, behind `*2 $1 0`. */
const MEMBERS_AT = 11;
const FIRST_MEMBERS = 1_024;
/** Up to here a loop is quicker than a call to compare. */
const SHORT_BYTES = 48;

/** Where the members of a page lie, each with its header. */
class MemberPlaces {
  starts = new Uint32Array(FIRST_MEMBERS);
  ends = new Uint32Array(FIRST_MEMBERS);
  hashes = new Uint32Array(FIRST_MEMBERS);
  count = 0;

  take(page: Buffer): void {
    this.count = readInteger(page, MEMBERS_AT + 1);
    if (this.count > this.starts.length) this.#grow(this.count * 2);
    let at = page.indexOf(CR, MEMBERS_AT) + LINE_END_BYTES;
    for (let index = 0; index < this.count; index += 1) {
      let name = at + 1;
      while ((page[name] ?? CR) !== CR) name += 1;
      const end = name + readInteger(page, at + 1) + 2 * LINE_END_BYTES;
      this.starts[index] = at;
      this.ends[index] = end;
      this.hashes[index] = hashOf(page, at, end);
      at = end;
    }
  }

  #grow(size: number): void {
    this.starts = new Uint32Array(size);
    this.ends = new Uint32Array(size);
    this.hashes = new Uint32Array(size);
  }
}

/** Used again for each pair of pages: sets are met by the million, and told apart without anything being built for a member. */
const left = new MemberPlaces();
const right = new MemberPlaces();
let slots = new Uint32Array(FIRST_MEMBERS * 2);

/**
 * Whether two last pages of SSCAN name the same members, in any order, byte for byte. What a page names twice the other
 * has to name twice.
 */
export function haveSameMembers(source: Buffer, target: Buffer): boolean {
  if (source.length !== target.length) return false;
  left.take(source);
  right.take(target);
  if (left.count !== right.count) return false;
  const mask = indexLeft();
  for (let index = 0; index < right.count; index += 1) {
    if (!takeMatch(source, { page: target, index, mask })) return false;
  }
  return true;
}

/** Puts the members on the left into slots by their hashes; gives the mask of the slots. */
function indexLeft(): number {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, left.count * 2)));
  if (size > slots.length) slots = new Uint32Array(size);
  slots.fill(0, 0, size);
  const mask = size - 1;
  for (let index = 0; index < left.count; index += 1) {
    let slot = (left.hashes[index] ?? 0) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index + 1;
  }
  return mask;
}

const TAKEN = 0xffffffff;

/** Looks for the same member on the left that no other has taken yet, and takes it. */
function takeMatch(source: Buffer, at: { page: Buffer; index: number; mask: number }): boolean {
  const { page, index, mask } = at;
  const hash = right.hashes[index] ?? 0;
  for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const found = slots[slot] ?? TAKEN;
    if (found === TAKEN || left.hashes[found - 1] !== hash) continue;
    const [from, to] = [left.starts[found - 1] ?? 0, left.ends[found - 1] ?? 0];
    const [start, end] = [right.starts[index] ?? 0, right.ends[index] ?? 0];
    if (to - from !== end - start || !isSame(source, page, { from, start, length: to - from })) continue;
    slots[slot] = TAKEN;
    return true;
  }
  return false;
}

function isSame(one: Buffer, other: Buffer, at: { from: number; start: number; length: number }): boolean {
  const { from, start, length } = at;
  if (length > SHORT_BYTES) return one.compare(other, start, start + length, from, from + length) === 0;
  for (let index = 0; index < length; index += 1) {
    if (one[from + index] !== other[start + index]) return false;
  }
  return true;
}

/** FNV-1a. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  return hash >>> 0;
}
