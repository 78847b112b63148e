import { type CopiedExpiry, expireCommand, wasThere } from './copied-expiry.ts';
import { NO_KEY } from './expiry.ts';
import type { MendContext } from './filled-page.ts';
import type { RawReply } from './raw-reply.ts';
import { writeGroups } from './receiver-writes.ts';
import { momentOf } from './repair-ends.ts';
import { type KeyPlan, planRepairs } from './repair-plan.ts';
import { type Command, CommandWriter, encodeCommands } from './resp-commands.ts';
import { bulkOf, integerOf } from './resp-reply.ts';
import { LENGTH_COMMANDS, writeWhole } from './value-commands.ts';
import { type ReadableType, wholeReads } from './whole-value.ts';

/**
 * What was done about a key. `large`: nothing yet, it has to be gone through in pages. `none`: nothing to do any more, or
 * it changed while it was read; the next look tells. `unrepairable`: it has no form on the receiver.
 */
export type SmallOutcome =
  | { readonly did: 'copied' | 'deleted' | 'expiry' | 'none' }
  | { readonly did: 'large'; readonly type: ReadableType | 'none'; readonly inPlace: boolean }
  | { readonly did: 'unrepairable'; readonly type: string; readonly why: string };

const NONE: SmallOutcome = { did: 'none' };

/** What was read of one key just before it is written. */
interface KeyRead {
  readonly plan: KeyPlan;
  readonly expiry: CopiedExpiry;
  /** The giver's value: the reply to the bounded read, or the dump of a stream; undefined when it is read in pages. */
  readonly raw: RawReply | undefined;
  /** Elements the receiver has under this key; a string counts as one, since it is freed at once. */
  readonly lengthThere: number;
}

/**
 * Makes these keys of the receiver what they are on the giver now, as far as one bounded command per key can: each is read again
 * just before it is written, and written in one transaction with its expiry. Throws when a server refuses.
 */
export async function repairSmall(keys: readonly Buffer[], context: MendContext): Promise<SmallOutcome[]> {
  const plans = await planRepairs(keys, context);
  const reads = await readValues(keys, plans, context);
  const works = keys.map((key, index) => workOf(key, reads[index], context));
  const written = works.filter((work) => work.commands.length > 0);
  const errors = await writeGroups(
    context.ends.receiver,
    written.map((work) => work.commands),
    context.receiver,
  );
  return works.map((work) => {
    const failed = (errors[written.indexOf(work)]?.length ?? 0) > 0;
    if (!failed) return work.outcome;
    // The receiver does not take the dump of a stream, or the value in one piece: in pages it may.
    return work.outcome.did === 'copied' ? (work.otherwise ?? NONE) : NONE;
  });
}

interface Work {
  readonly outcome: SmallOutcome;
  readonly commands: readonly Command[];
  readonly otherwise?: SmallOutcome;
}

function workOf(key: Buffer, read: KeyRead | undefined, context: MendContext): Work {
  const plan = read?.plan;
  if (read === undefined || plan === undefined || plan.action === 'none')
    return { outcome: NONE, commands: [] };
  if (plan.action === 'unrepairable')
    return { outcome: { did: 'unrepairable', type: plan.type, why: plan.why }, commands: [] };
  const isLargeThere = read.lengthThere > context.limits.pageElements;
  if (plan.action === 'delete') {
    if (isLargeThere) return { outcome: { did: 'large', type: 'none', inPlace: false }, commands: [] };
    return { outcome: { did: 'deleted' }, commands: [['DEL', key]] };
  }
  const large: SmallOutcome = { did: 'large', type: plan.type, inPlace: canStay(plan) };
  if (isLargeThere) return { outcome: large, commands: [] };
  if (!wasThere(read.expiry)) return { outcome: NONE, commands: [] };
  const commands = writeCommands(key, { plan, read }, context);
  if (commands === 'paged') return { outcome: large, commands: [] };
  if (commands === 'changed') return { outcome: NONE, commands: [] };
  return { outcome: { did: 'copied' }, commands, otherwise: large };
}

/** Lists, strings and streams cannot be corrected where they are at a bounded price. */
function canStay(plan: { type: ReadableType; there: string }): boolean {
  return plan.type === plan.there && (plan.type === 'set' || plan.type === 'hash' || plan.type === 'zset');
}

function writeCommands(
  key: Buffer,
  of: { plan: KeyPlan & { action: 'copy' }; read: KeyRead },
  context: MendContext,
): Command[] | 'paged' | 'changed' {
  const { plan, read } = of;
  const expire = expireCommand(key, read.expiry, context.abilities);
  const after = expire === undefined ? [] : [expire];
  if (read.raw === undefined) return 'paged';
  if (plan.type === 'stream') {
    const dump = bulkOf(read.raw);
    return dump === undefined ? 'changed' : [['RESTORE', key, '0', dump, 'REPLACE'], ...after];
  }
  const write = writeWhole({ key, type: plan.type, raw: read.raw }, context.limits);
  if (typeof write === 'string') return write;
  return plan.type === 'string' ? [write, ...after] : [['DEL', key], write, ...after];
}

/** Moment, expiry and value on the giver in one go, and at the same time how large a value would be replaced. */
async function readValues(
  keys: readonly Buffer[],
  plans: readonly KeyPlan[],
  context: MendContext,
): Promise<KeyRead[]> {
  const { ends } = context;
  const dumps = await streamsToDump(keys, plans, context);
  const lengths = keys.map((key, index) => [lengthCommand(plans[index]), key]);
  const [given, received] = await Promise.all([
    readGiver(keys, { plans, dumps }, context),
    ends.receiverHasDb ? ends.receiver.pipeline(encodeCommands(lengths)) : [],
  ]);
  return plans.map((plan, index) => ({
    plan,
    lengthThere: integerOf(received[index]) ?? 0,
    ...(given[index] ?? { expiry: { pttl: NO_KEY, readAt: undefined }, raw: undefined }),
  }));
}

type GiverRead = Pick<KeyRead, 'expiry' | 'raw'> | undefined;

async function readGiver(
  keys: readonly Buffer[],
  of: { plans: readonly KeyPlan[]; dumps: ReadonlySet<Buffer> },
  context: MendContext,
): Promise<GiverRead[]> {
  const bounded = wholeReads(context.limits);
  const writer = new CommandWriter();
  writer.add(['TIME']);
  const widths = keys.map((key, index) => {
    const plan = of.plans[index];
    if (plan?.action !== 'copy') return 0;
    writer.add(['PTTL', key]);
    if (plan.type !== 'stream') writer.addTemplate(bounded[plan.type], key);
    else if (of.dumps.has(key)) writer.add(['DUMP', key]);
    else return 1;
    return 2;
  });
  if (writer.count === 1) return [];
  const replies = await context.ends.giver.pipeline(writer.finish());
  const readAt = momentOf(replies[0]);
  let at = 1;
  return widths.map((width) => {
    if (width === 0) return undefined;
    const from = at;
    at += width;
    const expiry = { pttl: integerOf(replies[from]) ?? NO_KEY, readAt };
    return { expiry, raw: width === 2 ? replies[from + 1] : undefined };
  });
}

function lengthCommand(plan: KeyPlan | undefined): string {
  const there = plan !== undefined && 'there' in plan ? plan.there : 'none';
  return there === 'string' ? 'EXISTS' : (LENGTH_COMMANDS[there] ?? 'EXISTS');
}

/** Streams that may be copied by DUMP and RESTORE, which alone carry everything a stream has. */
async function streamsToDump(
  keys: readonly Buffer[],
  plans: readonly KeyPlan[],
  context: MendContext,
): Promise<Set<Buffer>> {
  const streams = keys.filter((_, index) => {
    const plan = plans[index];
    return plan?.action === 'copy' && plan.type === 'stream';
  });
  if (streams.length === 0 || !context.abilities.restore) return new Set();
  const questions = streams.flatMap((key) => [
    ['XLEN', key],
    ['MEMORY', 'USAGE', key],
  ]);
  const replies = await context.ends.giver.pipeline(encodeCommands(questions));
  const isSmall = (raw: RawReply | undefined, limit: number) => (integerOf(raw) ?? limit) < limit;
  return new Set(
    streams.filter(
      (_, index) =>
        isSmall(replies[index * 2], context.limits.pageElements) &&
        isSmall(replies[index * 2 + 1], context.limits.pageBytes),
    ),
  );
}

/**
 * Gives these keys of the receiver the expiry they have on the giver now, without touching their values. A key that is not there
 * any more is left to the next look.
 */
export async function repairExpiries(keys: readonly Buffer[], context: MendContext): Promise<SmallOutcome[]> {
  const { giver, receiver } = context.ends;
  const replies = await giver.pipeline(encodeCommands([['TIME'], ...keys.map((key) => ['PTTL', key])]));
  const readAt = momentOf(replies[0]);
  const groups = keys.map((key, index): Command[] => {
    const expiry = { pttl: integerOf(replies[index + 1]) ?? NO_KEY, readAt };
    if (!wasThere(expiry)) return [];
    return [expireCommand(key, expiry, context.abilities) ?? ['PERSIST', key]];
  });
  const errors = await writeGroups(receiver, groups, context.receiver);
  return groups.map((group, index) => {
    const isDone = group.length > 0 && (errors[index]?.length ?? 0) === 0;
    return { did: isDone ? 'expiry' : 'none' };
  });
}
