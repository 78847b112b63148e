import { temporaryKey } from '../names/temporary-key.ts';
import { NO_KEY } from '../values/expiry.ts';
import { type Command, encodeCommands } from '../wire/resp-commands.ts';
import { type bulkOf, integerOf, scanPageOf } from '../wire/resp-reply.ts';
import { type CopiedExpiry, expireCommand, wasThere } from './copied-expiry.ts';
import { fillPage } from './fill-page.ts';
import type { MendContext } from './filled-page.ts';
import type { Mend, MendPhase } from './mend.ts';
import { writeGroups } from './receiver-writes.ts';
import { momentOf, typeNameOf } from './repair-ends.ts';
import { shrinkPage } from './shrink.ts';

/**
 * What a step of a large repair did. `written`, `deleted`: the key is as the giver has it, and what is left to do is
 * cleaning up. `lost`: the value changed under the work, so it has to be looked at again. `impossible`: an element is too large.
 */
export interface MendStep {
  readonly outcome: 'again' | 'written' | 'deleted' | 'lost' | 'impossible' | 'done';
  /** Elements or bytes gone through. */
  readonly elements: number;
  readonly bytes: number;
}

/** Does the next bounded piece of a large repair and moves `mend` on; it is over at `done`. Throws when a server refuses. */
export async function advanceMend(mend: Mend, context: MendContext): Promise<MendStep> {
  switch (mend.phase) {
    case 'clear':
      return emptyTemporaries(mend, context);
    case 'fill':
      return fill(mend, context);
    case 'prune':
      return prune(mend, context);
    case 'swap':
      return swap(mend, context);
    case 'shrink':
      return emptyTemporaries(mend, context);
  }
}

function step(outcome: MendStep['outcome'], elements = 0, bytes = 0): MendStep {
  return { outcome, elements, bytes };
}

function enter(mend: Mend, phase: MendPhase): void {
  mend.phase = phase;
  mend.position = '0';
}

async function emptyTemporaries(mend: Mend, context: MendContext): Promise<MendStep> {
  const at = {
    connection: context.ends.receiver,
    receiver: context.receiver,
    pageElements: context.limits.pageElements,
  };
  for (const role of ['new', 'old'] as const) {
    const cursor = await shrinkPage(at, temporaryKey(role, mend.key), mend.position);
    if (cursor !== undefined) {
      mend.position = cursor;
      return step('again', context.limits.pageElements);
    }
  }
  if (mend.phase === 'shrink') return step('done');
  enter(mend, mend.type === 'none' ? 'swap' : 'fill');
  return step('again');
}

async function fill(mend: Mend, context: MendContext): Promise<MendStep> {
  const into = mend.inPlace ? mend.key : temporaryKey('new', mend.key);
  const page = await fillPage(mend, into, context);
  if (page.end === 'more') return step('again', page.elements, page.bytes);
  if (page.end === 'last') {
    enter(mend, mend.inPlace ? 'prune' : 'swap');
    return step('again', page.elements, page.bytes);
  }
  enter(mend, 'shrink');
  return step(page.end === 'lost' ? 'lost' : 'impossible', page.elements, page.bytes);
}

const PRUNE = {
  set: { scan: 'SSCAN', ask: 'SISMEMBER', remove: 'SREM', width: 1 },
  hash: { scan: 'HSCAN', ask: 'HEXISTS', remove: 'HDEL', width: 2 },
  zset: { scan: 'ZSCAN', ask: 'ZSCORE', remove: 'ZREM', width: 2 },
} as const;

/** Removes from a page of the receiver's value what the giver does not have. */
async function prune(mend: Mend, context: MendContext): Promise<MendStep> {
  const { giver, receiver } = context.ends;
  const how =
    mend.type === 'set' || mend.type === 'hash' || mend.type === 'zset' ? PRUNE[mend.type] : undefined;
  if (how === undefined) return step('lost');
  const scan: Command = [how.scan, mend.key, mend.position, 'COUNT', String(mend.page)];
  const [raw] = await receiver.pipeline(encodeCommands([scan]));
  const page = scanPageOf(raw);
  if (page === undefined) {
    enter(mend, 'shrink');
    return step('lost');
  }
  const names = page.elements.filter((_, index) => index % how.width === 0);
  const answers = await giver.pipeline(encodeCommands(names.map((name) => [how.ask, mend.key, name])));
  const surplus = names.filter((_, index) => {
    const answer = answers[index];
    return how.ask === 'ZSCORE' ? isNil(answer) : integerOf(answer) === 0;
  });
  if (surplus.length > 0)
    await writeGroups(receiver, [[[how.remove, mend.key, ...surplus]]], context.receiver);
  if (page.cursor === '0') enter(mend, 'swap');
  else mend.position = page.cursor;
  return step('again', names.length);
}

function isNil(raw: Parameters<typeof bulkOf>[0]): boolean {
  return Buffer.isBuffer(raw) && raw.toString('latin1') === '$-1\r\n';
}

/** Gives the value its name and its expiry, if the giver still has what was copied. */
async function swap(mend: Mend, context: MendContext): Promise<MendStep> {
  const { type, expiry } = await lookAtGiver(mend, context);
  enter(mend, 'shrink');
  if (type !== mend.type || (type !== 'none' && !wasThere(expiry))) return step('lost');
  const group = mend.inPlace ? [] : await renames(mend, context);
  if (group === undefined) return step('lost');
  if (mend.type !== 'none') {
    const expire = expireCommand(mend.key, expiry, context.abilities);
    // A renamed copy has no expiry yet; a value that stayed may have one.
    if (expire !== undefined || mend.inPlace) group.push(expire ?? ['PERSIST', mend.key]);
  }
  const groups = group.length === 0 ? [] : [group];
  const [errors = []] = await writeGroups(context.ends.receiver, groups, context.receiver);
  if (errors.length > 0) return step('lost');
  return step(mend.type === 'none' ? 'deleted' : 'written');
}

async function lookAtGiver(
  mend: Mend,
  context: MendContext,
): Promise<{ type: string | undefined; expiry: CopiedExpiry }> {
  const { giver, giverHasDb } = context.ends;
  if (!giverHasDb) return { type: 'none', expiry: { pttl: NO_KEY, readAt: undefined } };
  const questions = [['TIME'], ['TYPE', mend.key], ['PTTL', mend.key]];
  const [time, typed, ttl] = await giver.pipeline(encodeCommands(questions));
  return { type: typeNameOf(typed), expiry: { pttl: integerOf(ttl) ?? NO_KEY, readAt: momentOf(time) } };
}

/** The commands that put the copy in the place of what is there; undefined when there is no copy any more. */
async function renames(mend: Mend, context: MendContext): Promise<Command[] | undefined> {
  const { key } = mend;
  const copy = temporaryKey('new', key);
  const questions = [
    ['EXISTS', key],
    ['EXISTS', copy],
  ];
  const [there, ready] = await context.ends.receiver.pipeline(encodeCommands(questions));
  // After a crash behind the swap the copy has its name already: setting the key aside now would take it away.
  if (mend.type !== 'none' && integerOf(ready) === 0) return undefined;
  const aside: Command[] = integerOf(there) === 0 ? [] : [['RENAME', key, temporaryKey('old', key)]];
  return mend.type === 'none' ? aside : [...aside, ['RENAME', copy, key]];
}
