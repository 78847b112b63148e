import { NO_KEY } from '../values/expiry.ts';
import { lengthCommandOf } from '../values/value-commands.ts';
import { wholeReads } from '../values/whole-value.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { CommandWriter, commandTemplate, encodeCommands } from '../wire/resp-commands.ts';
import { integerOf } from '../wire/resp-reply.ts';
import type { CopiedExpiry } from './copied-expiry.ts';
import type { MendContext } from './filled-page.ts';
import { momentOf } from './repair-ends.ts';
import type { KeyPlan } from './repair-plan.ts';

/** Streams up to here are copied whole, with what their groups know of entries that are gone; `pageBytes` bounds them as well. */
const MAX_DUMPED_ENTRIES = 1_000;

/** What was read of one key just before it is written. */
export interface KeyRead {
  readonly plan: KeyPlan;
  readonly expiry: CopiedExpiry;
  /** The giver's value: the reply to the bounded read, or the dump of a stream; undefined when it is read in pages. */
  readonly raw: RawReply | undefined;
  /** Elements or bytes the receiver has under this key, 0 without a key; undefined when it has another type than planned for. */
  readonly lengthThere: number | undefined;
}

/** Moment, expiry and value on the giver in one go, and at the same time how large a value would be replaced. */
export async function readBeforeRepair(
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
    lengthThere: ends.receiverHasDb ? integerOf(received[index]) : 0,
    ...(given[index] ?? { expiry: { pttl: NO_KEY, readAt: undefined }, raw: undefined }),
  }));
}

const PTTL = commandTemplate('PTTL');

type GiverRead = Pick<KeyRead, 'expiry' | 'raw'> | undefined;

async function readGiver(
  keys: readonly Buffer[],
  of: { plans: readonly KeyPlan[]; dumps: ReadonlySet<Buffer> },
  context: MendContext,
): Promise<GiverRead[]> {
  if (!context.ends.giverHasDb) return [];
  const bounded = wholeReads(context.limits);
  const writer = new CommandWriter();
  writer.add(['TIME']);
  const widths = keys.map((key, index) => {
    const plan = of.plans[index];
    if (plan?.action !== 'copy' && plan?.action !== 'delete') return 0;
    writer.addTemplate(PTTL, key);
    if (plan.action === 'delete') return 1;
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
  return lengthCommandOf(there) ?? 'EXISTS';
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
        isSmall(replies[index * 2], MAX_DUMPED_ENTRIES) &&
        isSmall(replies[index * 2 + 1], context.limits.pageBytes),
    ),
  );
}
