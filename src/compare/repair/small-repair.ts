import type { NotedLook } from '../sweep/mender.ts';
import { NO_KEY } from '../values/expiry.ts';
import { writeWhole } from '../values/value-commands.ts';
import { compareWhole, type ReadableType, type WholeType, wholeReads } from '../values/whole-value.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { bulksOf } from '../wire/reply-bulks.ts';
import { CommandWriter, type CopyingCommand, commandTemplate } from '../wire/resp-commands.ts';
import { errorOf, integerOf } from '../wire/resp-reply.ts';
import { expireCommand, wasThere } from './copied-expiry.ts';
import type { MendContext } from './filled-page.ts';
import { type KeyRead, readBeforeRepair } from './read-before-repair.ts';
import { type WriteErrors, writeGroups } from './receiver-writes.ts';
import { hasExpiry } from './repair-expiries.ts';
import { type KeyPlan, planRepairs } from './repair-plan.ts';
import type { SmallOutcome, SmallRepair } from './small-outcome.ts';

const NONE: SmallOutcome = { did: 'none' };

/**
 * Makes these keys of the receiver what they are on the giver now, as far as one bounded command per key can: each is read again
 * just before it is written, written in one transaction with its expiry, and read back. Throws when a server refuses.
 */
export async function repairSmall(looks: readonly NotedLook[], context: MendContext): Promise<SmallRepair> {
  const keys = looks.map((look) => look.key);
  const plans = await planRepairs(looks, context);
  const reads = await readBeforeRepair(keys, plans, context);
  const readAt = context.clock.now();
  const works = keys.map((key, index) => workOf(key, reads[index], context));
  const written = works.filter((work) => work.commands.length > 0);
  const groups = written.map((work) => work.commands);
  // The answers come in this order, so what is read back is what was just written.
  const [errors, back] = await Promise.all([
    writeGroups(context.ends.receiver, groups, context.receiver),
    readBack(written, context),
  ]);
  const elapsedMs = context.clock.now() - readAt;
  written.forEach((work, index) => {
    work.result = resultOf(work, { errors: errors[index], back: back[index], elapsedMs }, context);
  });
  return { outcomes: works.map((work) => work.result), bytes: bytesOf(reads) };
}

function bytesOf(reads: readonly KeyRead[]): number {
  let bytes = 0;
  for (const { raw } of reads) if (Buffer.isBuffer(raw)) bytes += raw.length;
  return bytes;
}

/** What is to be done about a key, and then what came of it. */
interface Work {
  readonly key: Buffer;
  readonly read: KeyRead | undefined;
  readonly commands: readonly CopyingCommand[];
  /** What else to do when the receiver does not take the commands. */
  readonly otherwise: SmallOutcome;
  result: SmallOutcome;
}

function workOf(key: Buffer, read: KeyRead | undefined, context: MendContext): Work {
  const nothing = (result: SmallOutcome): Work => ({ key, read, commands: [], otherwise: NONE, result });
  const plan = read?.plan;
  // Another type than planned for on the receiver: it changed under the work.
  if (read?.lengthThere === undefined || plan === undefined || plan.action === 'none') return nothing(NONE);
  if (plan.action === 'unrepairable') return nothing({ did: 'unrepairable', type: plan.type, why: plan.why });
  if (plan.there === 'none' && read.lengthThere > 0) return nothing(NONE);
  const isLargeThere = plan.there !== 'string' && read.lengthThere > context.limits.pageElements;
  if (plan.action === 'delete') {
    if (wasThere(read.expiry)) return nothing(NONE);
    if (isLargeThere) return nothing({ did: 'large', type: 'none', inPlace: false });
    return { key, read, commands: [['DEL', key]], otherwise: NONE, result: NONE };
  }
  const large: SmallOutcome = { did: 'large', type: plan.type, inPlace: canStay(plan) };
  if (isLargeThere) return nothing(large);
  if (!wasThere(read.expiry)) return nothing(NONE);
  const commands = writeCommands(key, { plan, read }, context);
  if (commands === 'paged') return nothing(large);
  if (commands === 'changed') return nothing(NONE);
  return { key, read, commands, otherwise: large, result: NONE };
}

/** Lists, strings and streams cannot be corrected where they are at a bounded price. */
function canStay(plan: { type: ReadableType; there: string }): boolean {
  return plan.type === plan.there && (plan.type === 'set' || plan.type === 'hash' || plan.type === 'zset');
}

function writeCommands(
  key: Buffer,
  of: { plan: KeyPlan & { action: 'copy' }; read: KeyRead },
  context: MendContext,
): CopyingCommand[] | 'paged' | 'changed' {
  const { plan, read } = of;
  const expire = expireCommand(key, read.expiry, context.abilities);
  const after = expire === undefined ? [] : [expire];
  if (read.raw === undefined) return 'paged';
  if (plan.type === 'stream') {
    const dump = bulksOf(read.raw);
    return dump === undefined ? 'changed' : [['RESTORE', key, '0', dump, 'REPLACE'], ...after];
  }
  const write = writeWhole({ key, type: plan.type, raw: read.raw }, context.limits);
  if (typeof write === 'string') return write;
  // Elements are never added to what somebody else may have put there meanwhile.
  return plan.type === 'string' ? [write, ...after] : [['DEL', key], write, ...after];
}

/** What the receiver holds behind the writes: PTTL, and of what was copied the value. */
interface Back {
  readonly pttl: RawReply | undefined;
  readonly value: RawReply | undefined;
}

const PTTL = commandTemplate('PTTL');

async function readBack(written: readonly Work[], context: MendContext): Promise<Back[]> {
  const bounded = wholeReads(context.limits);
  const writer = new CommandWriter();
  const types = written.map((work) => {
    const type = wholeTypeOf(work);
    writer.addTemplate(PTTL, work.key);
    if (type !== undefined) writer.addTemplate(bounded[type], work.key);
    return type;
  });
  const replies = await context.ends.receiver.pipeline(writer.finish());
  let at = 0;
  return types.map((type) => ({
    pttl: replies[at++],
    value: type === undefined ? undefined : replies[at++],
  }));
}

/** The type of what is copied whole; undefined for streams and for what is deleted. */
function wholeTypeOf(work: Work): WholeType | undefined {
  const plan = work.read?.plan;
  return plan?.action === 'copy' && plan.type !== 'stream' ? plan.type : undefined;
}

function resultOf(
  work: Work,
  seen: { errors: WriteErrors | undefined; back: Back | undefined; elapsedMs: number },
  context: MendContext,
): SmallOutcome {
  const { back, elapsedMs } = seen;
  // The receiver does not take the dump of a stream, or the value in one piece: in pages it may.
  if ((seen.errors?.length ?? 0) > 0) return work.otherwise;
  if (work.read?.plan.action === 'delete')
    return { did: 'deleted', isEqual: integerOf(back?.pttl) === NO_KEY };
  const type = wholeTypeOf(work);
  if (type === undefined) return { did: 'copied', isEqual: undefined };
  const source = work.read?.raw;
  const target = back?.value;
  if (source === undefined || target === undefined || errorOf(target) !== undefined)
    return { did: 'copied', isEqual: false };
  const hasValue = compareWhole(type, { source, target }, context.limits) === 'equal';
  const expiry = { there: back?.pttl, expiry: work.read?.expiry, elapsedMs };
  return { did: 'copied', isEqual: hasValue && hasExpiry(expiry, context) };
}
