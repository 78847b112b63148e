import type { RawReply } from './raw-reply.ts';
import type { Command } from './resp-commands.ts';
import { bulkOf, elementsOf, errorOf, scanPageOf } from './resp-reply.ts';
import { isWholeReply, type WholeLimits, type WholeType } from './whole-value.ts';

/** The command that gives the number of elements of a value, or bytes of a string. */
export const LENGTH_COMMANDS: Readonly<Record<string, string>> = {
  string: 'STRLEN',
  list: 'LLEN',
  set: 'SCARD',
  zset: 'ZCARD',
  hash: 'HLEN',
  stream: 'XLEN',
};

/**
 * The command that writes a whole value, from the giver's reply to the bounded read of its type. `paged`: too large for one command;
 * `changed`: the key is gone or has another type by now.
 */
export function writeWhole(
  value: { key: Buffer; type: WholeType; raw: RawReply },
  limits: WholeLimits,
): Command | 'paged' | 'changed' {
  const { key, type, raw } = value;
  if (!Buffer.isBuffer(raw)) return 'paged';
  if (errorOf(raw) !== undefined) return 'changed';
  if (!isWholeReply(type, raw, limits)) return 'paged';
  if (type === 'string') return ['SET', key, bulkOf(raw) ?? Buffer.alloc(0)];
  const elements = type === 'set' || type === 'hash' ? scanPageOf(raw)?.elements : present(elementsOf(raw));
  if (elements === undefined || elements.length === 0) return 'changed';
  return addElements(key, type, elements);
}

/**
 * The command that adds elements to a collection; pairs as the reading commands give them (field and value, member and score).
 * HMSET instead of HSET, which takes several fields only since 4.0.
 */
export function addElements(
  key: Buffer,
  type: Exclude<WholeType, 'string'>,
  elements: readonly Buffer[],
): Command {
  if (type === 'list') return ['RPUSH', key, ...elements];
  if (type === 'set') return ['SADD', key, ...elements];
  if (type === 'hash') return ['HMSET', key, ...elements];
  // ZRANGE says the member first, ZADD wants the score first. The text of the score is handed on as it is: it is exact.
  return [
    'ZADD',
    key,
    ...elements.map((_, index) => elements[index % 2 === 0 ? index + 1 : index - 1] ?? ''),
  ];
}

/** A flat array without its nils; undefined when it was none. */
export function present(elements: (Buffer | null)[] | undefined): Buffer[] | undefined {
  return elements?.filter((element) => element !== null);
}
