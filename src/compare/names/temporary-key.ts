import { bracedTag, slotOfBytes, tagOfSlot } from '../cluster/cluster-slot.ts';

/**
 * The keys a repair makes beside the one it repairs, in the same slot of a cluster: the value while it is being copied
 * (`new`), and a large value that was replaced and is taken away page by page (`old`).
 */
export type TemporaryRole = 'new' | 'old';

const PREFIX = Buffer.from('redis-upgrade:repair:');
const ROLES: readonly TemporaryRole[] = ['new', 'old'];

/** A pattern for SCAN MATCH that meets every temporary key. */
export const TEMPORARY_PATTERN = 'redis-upgrade:repair:*';

/** The name of a key's temporary neighbour. The same key always gives the same name, so a later attempt finds what an earlier one left. */
export function temporaryKey(role: TemporaryRole, key: Buffer): Buffer {
  const tag = hashTagOf(key);
  return Buffer.concat([Buffer.from(`redis-upgrade:repair:${role}:{`), tag, Buffer.from('}:'), key]);
}

/** Whether a key was made by a repair. */
export function isTemporaryKey(key: Buffer): boolean {
  return ownerOf(key) !== undefined;
}

/** Whether what begins here may be a temporary key: quick, and true of hardly any other. */
export function startsLikeTemporary(bytes: Buffer, start: number): boolean {
  return bytes[start] === PREFIX[0] && bytes[start + LAST] === PREFIX[LAST];
}

const LAST = PREFIX.length - 1;

/** The key that a temporary key was made for; undefined for every other key, however much alike it looks. */
export function ownerOf(temporary: Buffer): Buffer | undefined {
  if (temporary[0] !== PREFIX[0] || !temporary.subarray(0, PREFIX.length).equals(PREFIX)) return undefined;
  const close = temporary.indexOf(CLOSE);
  if (close === -1) return undefined;
  const owner = temporary.subarray(close + 2);
  return ROLES.some((role) => temporaryKey(role, owner).equals(temporary)) ? owner : undefined;
}

const CLOSE = 125;

/** The bytes that decide the slot of the key, or others of the same slot when these cannot stand between braces. */
function hashTagOf(key: Buffer): Buffer {
  const braced = bracedTag(key);
  if (braced !== undefined) return braced;
  return key.length > 0 && !key.includes(CLOSE) ? key : tagOfSlot(slotOfBytes(key));
}
