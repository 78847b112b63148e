import { createHash } from 'node:crypto';

/**
 * What can be different about a key.
 *
 * - `missing`: only on the source. `extra`: only on the target. `type`: another type.
 * - `ttl`: expires on one side only, or further apart than the tolerance.
 * - `value`: a string, a list element, a hash value or a stream entry differs. `score`: a member's score differs.
 * - `element_missing`, `element_extra`: a member, field or entry that only the source, only the target has.
 * - `length`: one list or string is longer. `order`: a list with the same elements in another order.
 * - `stream_state`: last id or consumer groups differ.
 * - `not_compared`: a type the comparison cannot read, or an element too large to be read. Never counted as equal.
 * - `key_count`: (delta only) the number of keys without expiry differs in a database.
 */
export const DIFFERENCE_KINDS = [
  'missing',
  'extra',
  'type',
  'ttl',
  'value',
  'score',
  'element_missing',
  'element_extra',
  'length',
  'order',
  'stream_state',
  'not_compared',
  'key_count',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** One thing seen to differ in one key. */
export interface Finding {
  readonly kind: DifferenceKind;
  /** Where in the value, in words: an index, an offset, a field name; never a value. */
  readonly where: string;
  /** A digest of what was seen on both sides: the same finding in a later round has the same evidence. */
  readonly evidence: string;
  /** What either side holds there. It lives in memory, for those who ask for values; no checkpoint and no `Difference` has it. */
  readonly held?: Held;
}

/** What the two sides hold at one place, printable and cut short; absent where a side holds nothing or it was not read. */
export interface Held {
  readonly source?: string;
  readonly target?: string;
}

/** One difference as it is shown to people. */
export interface Difference {
  readonly db: number;
  /** The key with everything outside printable ASCII as `\xNN`, cut at 200 characters. */
  readonly key: string;
  readonly keyBase64: string;
  readonly type: string;
  readonly kind: DifferenceKind;
  readonly where: string;
}

/** Findings kept for one key: enough to recognise it in the next round. */
export const MAX_FINDINGS_PER_KEY = 8;

const EVIDENCE_BYTES = 9;
const PRINTABLE_LENGTH = 200;
const MAX_BASE64_KEY_BYTES = 1_024;

/** A finding with the evidence drawn from what either side showed. */
export function finding(
  kind: DifferenceKind,
  where: string,
  seen: readonly (string | Buffer)[] = [],
): Finding {
  const hash = createHash('sha256').update(`${kind}\0${where}`);
  for (const part of seen) hash.update(`\0${part.length}\0`).update(part);
  return { kind, where, evidence: hash.digest().subarray(0, EVIDENCE_BYTES).toString('base64') };
}

/** The finding, with what either side holds in that place. */
export function holding(
  found: Finding,
  held: { source?: Buffer | null | undefined; target?: Buffer | null | undefined },
): Finding {
  const { source, target } = held;
  return {
    ...found,
    held: {
      ...(source ? { source: printable(source) } : {}),
      ...(target ? { target: printable(target) } : {}),
    },
  };
}

/** The findings as they are remembered and written down: without what either side holds. */
export function withoutHeld(findings: readonly Finding[]): Finding[] {
  return findings.map(({ kind, where, evidence }) => ({ kind, where, evidence }));
}

/** Bytes as text that is safe everywhere: printable ASCII as it is, the rest as `\xNN`. */
export function printable(bytes: Buffer, maxLength = PRINTABLE_LENGTH): string {
  const text = bytes
    .subarray(0, maxLength)
    .toString('latin1')
    .replace(/[^\x20-\x7e]|\\/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return text.length > maxLength || bytes.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** A member of a set or sorted set is a value, so it is named by a digest only. */
export function memberLabel(member: Buffer): string {
  return `member sha256:${createHash('sha256').update(member).digest('hex').slice(0, 12)}`;
}

/** The field of a hash is a name, like a key. */
export function fieldLabel(field: Buffer): string {
  return `field ${printable(field, 64)}`;
}

/** Builds what is shown of a finding; `keyBase64` holds at most 1,024 bytes of the key unless told. */
export function describeDifference(
  at: { db: number; key: Buffer; type: string },
  found: Finding,
  maxKeyBytes: number = MAX_BASE64_KEY_BYTES,
): Difference {
  return {
    db: at.db,
    key: printable(at.key),
    keyBase64: at.key.subarray(0, maxKeyBytes).toString('base64'),
    type: at.type,
    kind: found.kind,
    where: found.where,
  };
}
