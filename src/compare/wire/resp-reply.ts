import type { OversizeReply, RawReply } from './raw-reply.ts';

/** An error reply of the server, as a value: whether it is a failure is for the caller to say. */
export class RedisErrorReply {
  /** The whole line, for example `WRONGTYPE Operation against a key holding the wrong kind of value`. */
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  /** The first word, for example `WRONGTYPE`, `NOAUTH`, `ERR`. */
  get code(): string {
    return this.message.split(' ', 1)[0] ?? '';
  }
}

/**
 * A reply as values: status lines are strings, bulk strings are Buffers, nil is null. Integers beyond 2^53 lose precision;
 * nothing here reads such a one. An oversize reply stays what it is.
 */
export type Reply = string | number | Buffer | null | RedisErrorReply | OversizeReply | Reply[];

const CR = 13;
const MINUS = 45;
const COLON = 58;
const DOLLAR = 36;
const STAR = 42;

/** Whether the reply was too large to be kept. */
export function isOversize(raw: RawReply): raw is OversizeReply {
  return !Buffer.isBuffer(raw);
}

/** The error in a raw reply, undefined when it is none. */
export function errorOf(raw: RawReply): RedisErrorReply | undefined {
  if (isOversize(raw) || raw[0] !== MINUS) return undefined;
  return new RedisErrorReply(raw.toString('latin1', 1, raw.length - 2));
}

/** The integer in a raw reply, undefined when it is none. */
export function integerOf(raw: RawReply | undefined): number | undefined {
  if (raw === undefined || isOversize(raw) || raw[0] !== COLON) return undefined;
  return readInteger(raw, 1);
}

/** The number of elements of an array reply or of bytes of a bulk reply; -1 for nil, undefined for every other reply. */
export function lengthOf(raw: RawReply | undefined): number | undefined {
  if (raw === undefined || isOversize(raw) || (raw[0] !== STAR && raw[0] !== DOLLAR)) return undefined;
  return readInteger(raw, 1);
}

/** Reads a decimal number with its sign, up to the first byte that is no digit. */
export function readInteger(raw: Buffer, from: number): number {
  let index = from;
  const negative = raw[index] === MINUS;
  if (negative) index += 1;
  let value = 0;
  for (let byte = raw[index] ?? 0; byte >= 48 && byte <= 57; byte = raw[++index] ?? 0)
    value = value * 10 + (byte - 48);
  return negative ? -value : value;
}

/** Decodes one complete raw reply. */
export function decodeReply(raw: RawReply): Reply {
  return isOversize(raw) ? raw : decodeAt(raw, { position: 0 });
}

function lineEnd(raw: Buffer, from: number): number {
  let end = from;
  while (end < raw.length && raw[end] !== CR) end += 1;
  return end;
}

function decodeAt(raw: Buffer, at: { position: number }): Reply {
  const end = lineEnd(raw, at.position);
  const kind = raw[at.position];
  const from = at.position + 1;
  at.position = end + 2;
  if (kind === COLON) return readInteger(raw, from);
  if (kind === MINUS) return new RedisErrorReply(raw.toString('latin1', from, end));
  if (kind !== DOLLAR && kind !== STAR) return raw.toString('latin1', from, end);
  const length = readInteger(raw, from);
  if (length < 0) return null;
  if (kind === DOLLAR) {
    const start = at.position;
    at.position = start + length + 2;
    return raw.subarray(start, start + length);
  }
  const elements: Reply[] = [];
  for (let index = 0; index < length; index += 1) elements.push(decodeAt(raw, at));
  return elements;
}

/** The bytes of a bulk reply; undefined for nil and for every other reply. */
export function bulkOf(raw: RawReply | undefined): Buffer | undefined {
  const length = lengthOf(raw);
  if (raw === undefined || isOversize(raw) || raw[0] !== DOLLAR || length === undefined || length < 0)
    return undefined;
  return raw.subarray(raw.length - 2 - length, raw.length - 2);
}

/** The elements of a flat array of bulk strings (LRANGE, HMGET …); nil elements are null. Undefined for every other reply. */
export function elementsOf(raw: RawReply | undefined): (Buffer | null)[] | undefined {
  if (raw === undefined || isOversize(raw) || raw[0] !== STAR) return undefined;
  const decoded = decodeReply(raw);
  if (!Array.isArray(decoded)) return undefined;
  return decoded.map((element) => (Buffer.isBuffer(element) ? element : null));
}

/** One page of SCAN, HSCAN or SSCAN. */
export interface ScanPage {
  /** Where to go on; `'0'` after the last page. */
  readonly cursor: string;
  readonly elements: Buffer[];
}

/** Reads a page of any scanning command; undefined when the reply is something else. */
export function scanPageOf(raw: RawReply | undefined): ScanPage | undefined {
  if (raw === undefined || isOversize(raw) || raw[0] !== STAR) return undefined;
  const decoded = decodeReply(raw);
  if (!Array.isArray(decoded) || decoded.length !== 2) return undefined;
  const [cursor, elements] = decoded;
  if (!Buffer.isBuffer(cursor) || !Array.isArray(elements)) return undefined;
  return {
    cursor: cursor.toString('latin1'),
    elements: elements.filter((element) => Buffer.isBuffer(element)),
  };
}
