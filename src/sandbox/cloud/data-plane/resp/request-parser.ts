/** The bytes are not the Redis protocol; the message is what Redis itself answers before it closes the connection. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

// Redis' own limits.
const maxArguments = 1024 * 1024;
const maxBulkBytes = 512 * 1024 * 1024;
const maxLineBytes = 64 * 1024;
const maxRequestBytes = 1024 * 1024 * 1024;

const carriageReturn = 13;
const lineFeed = 10;
const star = 42;
const dollar = 36;
const minusSign = 45;
const digitZero = 48;
const empty = Buffer.alloc(0);

/**
 * Finds the requests in what a client sends, wherever it is split: multibulk and inline, pipelined, binary safe.
 * Payloads are skipped, not looked at, and a chunk that holds whole requests is not copied.
 *
 * After `next()` has returned true the accessors describe that request, until `next()` or `push()` is called again.
 */
export class RequestParser {
  /** What holds the request's bytes, from `start` to `end`. */
  buffer: Buffer = empty;
  start = 0;
  end = 0;
  /** Number of arguments, the command's name included. */
  argumentCount = 0;
  /** An inline request: its bytes are a line of text, so `buffer` from `start` to `end` is not RESP. */
  inline = false;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #filled = 0;
  #cursor = 0;
  #announced = -1;
  #inlineArguments: Buffer[] = [];

  /** Takes the next chunk of the connection. Bytes handed out before stay valid. */
  push(chunk: Buffer): void {
    if (this.end === this.#filled) {
      this.buffer = chunk;
      this.#filled = chunk.length;
      this.start = 0;
      this.end = 0;
      this.#cursor = 0;
      return;
    }
    if (this.#filled + chunk.length > this.buffer.length) this.#makeRoom(chunk.length);
    chunk.copy(this.buffer, this.#filled);
    this.#filled += chunk.length;
  }

  /** Moves on to the next whole request; false: more bytes are needed. Throws ProtocolError. */
  next(): boolean {
    // "*0", "*-1" and empty lines are silently skipped by Redis as well.
    do {
      this.start = this.end;
      if (!this.#takeRequest()) return false;
    } while (this.argumentCount === 0);
    return true;
  }

  /** Bytes after the last whole request. */
  pendingBytes(): number {
    return this.#filled - this.end;
  }

  argument(index: number): Buffer {
    if (this.inline) return this.#inlineArguments[index] ?? empty;
    return this.buffer.subarray(this.argumentStart(index), this.argumentEnd(index));
  }

  /** The argument as text in lower case; bytes outside ASCII become single characters. */
  lowerCase(index: number): string {
    if (this.inline) return this.argument(index).toString('latin1').toLowerCase();
    return this.buffer.toString('latin1', this.argumentStart(index), this.argumentEnd(index)).toLowerCase();
  }

  argumentStart(index: number): number {
    return this.#starts[index] ?? this.end;
  }

  argumentEnd(index: number): number {
    return this.#ends[index] ?? this.end;
  }

  arguments(): Buffer[] {
    return Array.from({ length: this.argumentCount }, (_, index) => this.argument(index));
  }

  /** A buffer of its own, twice as large as needed, so that appending costs the same for each byte. */
  #makeRoom(bytes: number): void {
    const pending = this.#filled - this.end;
    if (pending + bytes > maxRequestBytes) throw new ProtocolError('Protocol error: too big request');
    const larger = Buffer.allocUnsafe(Math.max(1024, 2 * (pending + bytes)));
    this.buffer.copy(larger, 0, this.end, this.#filled);
    for (let i = 0; i < this.argumentCount; i++) {
      this.#starts[i] = (this.#starts[i] ?? 0) - this.end;
      this.#ends[i] = (this.#ends[i] ?? 0) - this.end;
    }
    this.#cursor -= this.end;
    this.buffer = larger;
    this.#filled = pending;
    this.start = 0;
    this.end = 0;
  }

  #takeRequest(): boolean {
    if (this.#announced < 0) {
      this.#cursor = this.start;
      if (this.#cursor >= this.#filled) return false;
      if (this.buffer[this.#cursor] !== star) return this.#takeInline();
      if (!this.#takeHeader()) return false;
    }
    if (!this.#takeArguments()) return false;
    this.#announced = -1;
    return true;
  }

  #takeHeader(): boolean {
    const lineEnd = this.#lineEnd('too big mbulk count string');
    if (lineEnd < 0) return false;
    const count = this.#number(this.#cursor + 1, lineEnd);
    if (count === undefined || count > maxArguments) {
      throw new ProtocolError('Protocol error: invalid multibulk length');
    }
    this.inline = false;
    this.#announced = Math.max(0, count);
    this.argumentCount = 0;
    this.#cursor = lineEnd + 2;
    return true;
  }

  #takeArguments(): boolean {
    while (this.argumentCount < this.#announced) {
      if (this.#cursor >= this.#filled) return false;
      const kind = this.buffer[this.#cursor] ?? 0;
      if (kind !== dollar) {
        throw new ProtocolError(`Protocol error: expected '$', got '${String.fromCharCode(kind)}'`);
      }
      const lineEnd = this.#lineEnd('too big bulk count string');
      if (lineEnd < 0) return false;
      const length = this.#number(this.#cursor + 1, lineEnd);
      if (length === undefined || length < 0 || length > maxBulkBytes) {
        throw new ProtocolError('Protocol error: invalid bulk length');
      }
      const from = lineEnd + 2;
      if (from + length + 2 > this.#filled) return false;
      this.#starts[this.argumentCount] = from;
      this.#ends[this.argumentCount] = from + length;
      this.argumentCount++;
      this.#cursor = from + length + 2;
    }
    this.end = this.#cursor;
    return true;
  }

  #takeInline(): boolean {
    const newline = this.buffer.indexOf(lineFeed, this.#cursor);
    if (newline < 0 || newline >= this.#filled) {
      if (this.#filled - this.#cursor > maxLineBytes) {
        throw new ProtocolError('Protocol error: too big inline request');
      }
      return false;
    }
    const lineEnd =
      this.buffer[newline - 1] === carriageReturn && newline > this.#cursor ? newline - 1 : newline;
    const words = splitInline(this.buffer.toString('latin1', this.#cursor, lineEnd));
    if (!words) throw new ProtocolError('Protocol error: unbalanced quotes in request');
    this.inline = true;
    this.#inlineArguments = words.map((word) => Buffer.from(word, 'latin1'));
    this.argumentCount = words.length;
    this.end = newline + 1;
    this.#cursor = this.end;
    return true;
  }

  /** Index of the line's carriage return, below 0 when its two last bytes are not there yet. */
  #lineEnd(tooLong: string): number {
    const found = this.buffer.indexOf(carriageReturn, this.#cursor);
    const absent = found < 0 || found >= this.#filled;
    if ((absent ? this.#filled : found) - this.#cursor > maxLineBytes) {
      throw new ProtocolError(`Protocol error: ${tooLong}`);
    }
    return absent || found + 1 >= this.#filled ? -1 : found;
  }

  #number(from: number, to: number): number | undefined {
    const negative = this.buffer[from] === minusSign;
    let value = 0;
    for (let i = negative ? from + 1 : from; i < to; i++) {
      const digit = (this.buffer[i] ?? 0) - digitZero;
      if (digit < 0 || digit > 9 || i - from > 12) return undefined;
      value = value * 10 + digit;
    }
    if (to === from) return undefined;
    return negative ? -value : value;
  }
}

const inlineWord = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']+/gy;
const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** Words of an inline request; undefined when a quote is not closed, or not followed by a space. */
function splitInline(line: string): string[] | undefined {
  const words: string[] = [];
  let position = 0;
  for (;;) {
    while (position < line.length && /\s/.test(line.charAt(position))) position++;
    if (position >= line.length) return words;
    inlineWord.lastIndex = position;
    const word = inlineWord.exec(line)?.[0];
    if (word === undefined) return undefined;
    position += word.length;
    if (position < line.length && !/\s/.test(line.charAt(position))) return undefined;
    words.push(unquote(word));
  }
}

function unquote(word: string): string {
  if (word.startsWith("'")) return word.slice(1, -1).replaceAll("\\'", "'");
  if (!word.startsWith('"')) return word;
  return word
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (_, hex: string | undefined, char: string) =>
      hex === undefined ? (escapes[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}
