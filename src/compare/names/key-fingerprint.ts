/**
 * A fingerprint of a set of keys in fixed space: keys fall into buckets by hash, and each bucket holds the sum of its keys' hashes.
 *
 * This finds keys that only the target has without asking the source about every key: the keys that the source named are
 * added, the keys that the target names are taken away, and only keys in buckets that are not zero then need a question. A bucket
 * that is not zero without reason (a key came or went meanwhile, or a SCAN named one twice) costs a few questions, nothing else.
 * Sums, not exclusive-or: a key named twice must not cancel itself.
 */
export class KeyFingerprint {
  readonly #sums: Uint32Array;

  constructor(sums: Uint32Array = new Uint32Array(BUCKETS * 2)) {
    this.#sums = sums;
  }

  /** Adds the key that lies here. */
  add(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#change(firstHash(bytes, start, end), secondHash(bytes, start, end), 1);
  }

  /** Takes away the key that lies here. */
  remove(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#change(firstHash(bytes, start, end), secondHash(bytes, start, end), -1);
  }

  /** Whether this key's bucket says that both sides named the same keys. */
  isBalanced(bytes: Buffer, start = 0, end = bytes.length): boolean {
    const slot = (firstHash(bytes, start, end) % BUCKETS) * 2;
    return this.#sums[slot] === 0 && this.#sums[slot + 1] === 0;
  }

  /** Whether every bucket is balanced. */
  isZero(): boolean {
    return this.#sums.every((sum) => sum === 0);
  }

  /** Makes every bucket unbalanced: each key has to be asked for. */
  distrust(): void {
    this.#sums.fill(1);
  }

  toJSON(): string {
    const { buffer, byteOffset, byteLength } = this.#sums;
    return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  }

  /** Reads what `toJSON` wrote; undefined when it is something else. */
  static from(text: string): KeyFingerprint | undefined {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length !== BUCKETS * 8) return undefined;
    const sums = new Uint32Array(BUCKETS * 2);
    Buffer.from(sums.buffer).set(bytes);
    return new KeyFingerprint(sums);
  }

  #change(first: number, second: number, sign: 1 | -1): void {
    const slot = (first % BUCKETS) * 2;
    this.#sums[slot] = (this.#sums[slot] ?? 0) + sign * first;
    this.#sums[slot + 1] = (this.#sums[slot + 1] ?? 0) + sign * second;
  }
}

const BUCKETS = 2_048;

/** FNV-1a. */
function firstHash(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  return finish(hash);
}

/** A multiply-xor, independent of the first. */
function secondHash(bytes: Buffer, start: number, end: number): number {
  let hash = 0x9e3779b9 ^ (end - start);
  for (let index = start; index < end; index += 1) {
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return finish(hash);
}

/** Spreads near keys over all buckets. */
function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
