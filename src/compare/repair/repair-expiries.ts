import type { NotedLook } from '../sweep/mender.ts';
import { compareExpiry, NO_KEY } from '../values/expiry.ts';
import { type CopyingCommand, encodeCommands } from '../wire/resp-commands.ts';
import { integerOf } from '../wire/resp-reply.ts';
import { type CopiedExpiry, expireCommand, wasThere } from './copied-expiry.ts';
import type { MendContext } from './filled-page.ts';
import { writeGroups } from './receiver-writes.ts';
import { momentOf } from './repair-ends.ts';
import type { SmallRepair } from './small-outcome.ts';

/**
 * Gives these keys of the receiver the expiry they have on the giver now, without touching their values. A key that is not there
 * any more is left to the next look.
 */
export async function repairExpiries(
  looks: readonly Pick<NotedLook, 'key'>[],
  context: MendContext,
): Promise<SmallRepair> {
  const { giver, receiver } = context.ends;
  const questions = looks.map(({ key }) => ['PTTL', key]);
  const replies = await giver.pipeline(encodeCommands([['TIME'], ...questions]));
  const askedAt = context.clock.now();
  const readAt = momentOf(replies[0]);
  const expiries = looks.map((_, index) => ({ pttl: integerOf(replies[index + 1]) ?? NO_KEY, readAt }));
  const groups = looks.map(({ key }, index): CopyingCommand[] => {
    const expiry = expiries[index];
    if (expiry === undefined || !wasThere(expiry)) return [];
    return [expireCommand(key, expiry, context.abilities) ?? ['PERSIST', key]];
  });
  const [errors, there] = await Promise.all([
    writeGroups(receiver, groups, context.receiver),
    receiver.pipeline(encodeCommands(questions)),
  ]);
  const outcomes = groups.map((group, index) => {
    if (group.length === 0 || (errors[index]?.length ?? 0) > 0) return { did: 'none' } as const;
    const elapsedMs = context.clock.now() - askedAt;
    return {
      did: 'expiry',
      isEqual: hasExpiry({ there: there[index], expiry: expiries[index], elapsedMs }, context),
    } as const;
  });
  return { outcomes, bytes: 0 };
}

/** Whether what PTTL says on the receiver is what was copied. */
export function hasExpiry(
  seen: { there: Parameters<typeof integerOf>[0]; expiry: CopiedExpiry | undefined; elapsedMs: number },
  context: MendContext,
): boolean {
  const target = integerOf(seen.there) ?? NO_KEY;
  const pttl = seen.expiry?.pttl ?? NO_KEY;
  if (target === NO_KEY || pttl === NO_KEY) return false;
  const source = pttl < 0 ? pttl : Math.max(0, pttl - seen.elapsedMs);
  const at = { now: context.clock.now(), toleranceMs: context.limits.ttlToleranceMs };
  return compareExpiry({ source, target }, at).length === 0;
}
