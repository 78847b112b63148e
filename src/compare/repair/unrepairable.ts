import { printable } from '../values/difference.ts';
import type { Unrepairable } from './repair-checkpoint.ts';

const MAX_BASE64_KEY_BYTES = 1_024;

/** How a key that has no form on the receiving side is named. */
export function describeUnrepairable(
  at: { db: number; key: Buffer; type: string },
  why: string,
): Unrepairable {
  const keyBase64 = at.key.subarray(0, MAX_BASE64_KEY_BYTES).toString('base64');
  return { db: at.db, key: printable(at.key), keyBase64, type: at.type, why };
}
