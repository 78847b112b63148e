/** An error reply, as a value: inside a transaction's reply it is one answer among others. */
export class RedisReplyError extends Error {
  override name = 'RedisReplyError';
}

/** A decoded RESP2 reply. Bulk strings stay bytes; simple strings are text. */
export type Reply = string | number | Buffer | null | RedisReplyError | Reply[];

/** Decodes the one whole RESP2 reply that `bytes` holds. */
export function decodeReply(bytes: Buffer): Reply {
  return new Decoder(bytes).next();
}

class Decoder {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): Reply {
    const type = String.fromCharCode(this.#bytes[this.#at] ?? 0);
    const lineEnd = this.#bytes.indexOf('\r\n', this.#at);
    const line = this.#bytes.toString('utf8', this.#at + 1, lineEnd);
    this.#at = lineEnd + 2;
    switch (type) {
      case '+':
        return line;
      case '-':
        return new RedisReplyError(line);
      case ':':
        return Number(line);
      case '$':
        return this.#bulk(Number(line));
      case '*':
        return Number(line) < 0 ? null : Array.from({ length: Number(line) }, () => this.next());
      default:
        throw new Error(`Not a RESP2 reply: ${type}${line}`);
    }
  }

  #bulk(length: number): Buffer | null {
    if (length < 0) return null;
    const from = this.#at;
    this.#at = from + length + 2;
    return this.#bytes.subarray(from, from + length);
  }
}
