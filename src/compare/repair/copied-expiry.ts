import { NO_KEY } from '../values/expiry.ts';
import type { Command } from '../wire/resp-commands.ts';
import type { Abilities } from './repair-ends.ts';

/** When a key of the giver expires, as it was read. */
export interface CopiedExpiry {
  /** The reply to PTTL: ms left, -1 without expiry, -2 without a key. */
  readonly pttl: number;
  /** The giver's clock when PTTL was read, in ms since 1970; undefined when it does not tell the time. */
  readonly readAt: number | undefined;
}

/** Whether the key was there. */
export function wasThere(expiry: CopiedExpiry): boolean {
  return expiry.pttl !== NO_KEY;
}

/**
 * The command that gives a key of the receiver the same moment of expiry: an absolute moment, corrected by the difference of the
 * clocks, so that the time the copy took is not added. Without the servers' time the rest is counted from the write.
 * Undefined for a key that lasts.
 */
export function expireCommand(key: Buffer, expiry: CopiedExpiry, abilities: Abilities): Command | undefined {
  if (expiry.pttl < 0) return undefined;
  if (expiry.readAt === undefined || abilities.clockOffsetMs === undefined)
    return ['PEXPIRE', key, String(expiry.pttl)];
  return ['PEXPIREAT', key, String(expiry.readAt + expiry.pttl + abilities.clockOffsetMs)];
}
