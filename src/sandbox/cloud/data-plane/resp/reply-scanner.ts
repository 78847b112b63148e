const plus = 43; // +
const minus = 45; // -
const colon = 58; // :
const underscore = 95; // _ null
const hash = 35; // # boolean
const comma = 44; // , double
const parenthesis = 40; // ( big number
const dollar = 36; // $
const equals = 61; // = verbatim string
const exclamation = 33; // ! bulk error
const star = 42; // *
const percent = 37; // % map
const tilde = 126; // ~ set
const greater = 62; // > push
const bar = 124; // | attribute
const lineFeed = 10;
const digitZero = 48;
const maxFirstElementChars = 16;

type Phase = 'type' | 'line' | 'length' | 'payload';

/**
 * Finds where the top-level replies of a server end, RESP2 and RESP3, wherever the bytes are split. Payloads are skipped.
 */
export class ReplyScanner {
  /** First byte of the reply scanned last: `-` is an error, `>` a push. */
  type = 0;
  /** Of an array or push: its first element when that is a bulk string (at most 16 bytes), which tells its kind. */
  firstElement = '';
  #phase: Phase = 'type';
  #remaining = 0;
  #element = 0;
  #elementType = 0;
  #length = 0;
  #negative = false;
  #skip = 0;

  /** True between two replies. */
  atBoundary(): boolean {
    return this.#remaining === 0 && this.#phase === 'type';
  }

  /** Scans on from `from`; returns the index behind the reply's last byte, or -1 when it goes on in the next chunk. */
  scan(chunk: Buffer, from: number): number {
    let at = from;
    if (this.atBoundary()) this.#begin(chunk[at] ?? 0);
    while (at < chunk.length) {
      if (this.#phase === 'type') at = this.#takeType(chunk, at);
      else if (this.#phase === 'line') at = this.#takeLine(chunk, at);
      else if (this.#phase === 'length') at = this.#takeLength(chunk, at);
      else at = this.#takePayload(chunk, at);
      if (this.#remaining === 0 && this.#phase === 'type') return at;
    }
    return -1;
  }

  #begin(type: number): void {
    this.type = type;
    this.firstElement = '';
    this.#remaining = 1;
    this.#element = 0;
  }

  #takeType(chunk: Buffer, at: number): number {
    const type = chunk[at] ?? 0;
    this.#elementType = type;
    switch (type) {
      case plus:
      case minus:
      case colon:
      case underscore:
      case hash:
      case comma:
      case parenthesis:
        this.#phase = 'line';
        break;
      case dollar:
      case equals:
      case exclamation:
      case star:
      case percent:
      case tilde:
      case greater:
      case bar:
        this.#phase = 'length';
        this.#length = 0;
        this.#negative = false;
        break;
      default:
        throw new Error(
          `The server sent a reply of unknown type ${JSON.stringify(String.fromCharCode(type))}`,
        );
    }
    return at + 1;
  }

  #takeLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(lineFeed, at);
    if (end < 0) return chunk.length;
    this.#elementDone();
    return end + 1;
  }

  #takeLength(chunk: Buffer, at: number): number {
    for (let i = at; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (byte === minus) this.#negative = true;
      else if (byte === lineFeed) {
        this.#lengthKnown();
        return i + 1;
      } else if (byte >= digitZero) this.#length = this.#length * 10 + byte - digitZero;
    }
    return chunk.length;
  }

  #lengthKnown(): void {
    const type = this.#elementType;
    const length = this.#negative ? -1 : this.#length;
    if (type === dollar || type === equals || type === exclamation) {
      if (length < 0) this.#elementDone();
      else {
        this.#skip = length + 2;
        this.#phase = 'payload';
      }
      return;
    }
    const children = Math.max(0, length) * (type === percent || type === bar ? 2 : 1);
    this.#remaining += children;
    // An attribute comes before the value it belongs to, and is not itself one.
    if (type === bar) this.#remaining++;
    this.#elementDone();
  }

  #takePayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#skip);
    if (this.#element === 1 && this.firstElement.length < maxFirstElementChars) {
      const text = this.#skip > 2 ? chunk.toString('latin1', at, Math.min(end, at + this.#skip - 2)) : '';
      this.firstElement += text.slice(0, maxFirstElementChars - this.firstElement.length);
    }
    this.#skip -= end - at;
    if (this.#skip === 0) this.#elementDone();
    return end;
  }

  #elementDone(): void {
    this.#remaining--;
    this.#element++;
    this.#phase = 'type';
  }
}
