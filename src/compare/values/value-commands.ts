import type { RawReply } from '../wire/raw-reply.ts';
import { bulksOf, scanBulksOf, swapPairs } from '../wire/reply-bulks.ts';
import type { Bulks, CopyingCommand } from '../wire/resp-commands.ts';
import { errorOf } from '../wire/resp-reply.ts';
import { isWholeReply, type ReadableType, type WholeLimits, type WholeType } from './whole-value.ts';

/** The command that gives the number of elements of a value, or bytes of a string. */
export const LENGTH_COMMANDS: Readonly<Record<ReadableType, string>> = {
  string: 'STRLEN',
  list: 'LLEN',
  set: 'SCARD',
  zset: 'ZCARD',
  hash: 'HLEN',
  stream: 'XLEN',
};

/** The same for any type there may be; undefined for one whose values are not read. */
export function lengthCommandOf(type: string): string | undefined {
  const commands: Readonly<Record<string, string>> = LENGTH_COMMANDS;
  return commands[type];
}

/**
 * The command that writes a whole value, from the giver's reply to the bounded read of its type. `paged`: too large for one command;
 * `changed`: the key is gone or has another type by now.
 */
export function writeWhole(
  value: { key: Buffer; type: WholeType; raw: RawReply },
  limits: WholeLimits,
): CopyingCommand | 'paged' | 'changed' {
  const { key, type, raw } = value;
  if (!Buffer.isBuffer(raw)) return 'paged';
  if (errorOf(raw) !== undefined) return 'changed';
  if (!isWholeReply(type, raw, limits)) return 'paged';
  const elements = type === 'set' || type === 'hash' ? scanBulksOf(raw)?.elements : bulksOf(raw);
  if (elements === undefined || elements.count === 0) return 'changed';
  return type === 'string' ? ['SET', key, elements] : addElements(key, type, elements);
}

/**
 * The command that adds elements to a collection; pairs as the reading commands give them (field and value, member and score).
 * HMSET instead of HSET, which takes several fields only since 4.0.
 */
export function addElements(
  key: Buffer,
  type: Exclude<WholeType, 'string'>,
  elements: Bulks,
): CopyingCommand {
  if (type === 'list') return ['RPUSH', key, elements];
  if (type === 'set') return ['SADD', key, elements];
  if (type === 'hash') return ['HMSET', key, elements];
  // ZRANGE says the member first, ZADD wants the score first. The text of the score is handed on as it is: it is exact.
  return ['ZADD', key, swapPairs(elements)];
}
