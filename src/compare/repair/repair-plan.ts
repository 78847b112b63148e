import type { Look } from '../sweep/suspects.ts';
import { READABLE_TYPES, type ReadableType } from '../values/whole-value.ts';
import { encodeCommands } from '../wire/resp-commands.ts';
import type { MendContext } from './filled-page.ts';
import type { Receiver } from './receiver-writes.ts';
import { typeNameOf } from './repair-ends.ts';

/** What is to be done about a key, by the types that both sides have now; `there` is the receiver's. */
export type KeyPlan =
  | { readonly action: 'copy'; readonly type: ReadableType; readonly there: string }
  | { readonly action: 'delete'; readonly there: string }
  | { readonly action: 'none' }
  | { readonly action: 'unrepairable'; readonly type: string; readonly why: string };

/**
 * Says what has to be done about keys that were just looked at. The look told the types of most; for the others both sides are asked.
 * Only reads. The plan may be out of date by the time it is carried out: whoever does that must look at the key again.
 */
export async function planRepairs(looks: readonly Look[], context: MendContext): Promise<KeyPlan[]> {
  const { ends } = context;
  const plans = looks.map((look) => {
    const types = ends.giverHasDb && ends.receiverHasDb ? typesSeen(look, context.receiver.side) : undefined;
    return types === undefined ? undefined : planOf(types.given, types.there, context);
  });
  const unclear = looks.filter((_, index) => plans[index] === undefined);
  const asked = unclear.length === 0 ? [] : await askForPlans(unclear, context);
  let at = 0;
  return plans.map((plan) => plan ?? asked[at++] ?? { action: 'none' });
}

/** The types that a look saw; undefined when it saw two, or none that is read and written in one piece. */
function typesSeen(look: Look, receiver: Receiver['side']): { given: string; there: string } | undefined {
  const { type, findings } = look;
  const kind = findings[0]?.kind;
  if (kind === undefined || kind === 'type' || kind === 'not_compared') return undefined;
  if (type === 'stream' || !isReadable(type)) return undefined;
  if (kind !== 'missing' && kind !== 'extra') return { given: type, there: type };
  const isOnReceiver = kind === 'missing' ? receiver === 'source' : receiver === 'target';
  return isOnReceiver ? { given: 'none', there: type } : { given: type, there: 'none' };
}

async function askForPlans(looks: readonly Look[], context: MendContext): Promise<KeyPlan[]> {
  const { ends } = context;
  const question = encodeCommands(looks.map(({ key }) => ['TYPE', key]));
  const [given, received] = await Promise.all([
    ends.giverHasDb ? ends.giver.pipeline(question) : [],
    ends.receiverHasDb ? ends.receiver.pipeline(question) : [],
  ]);
  return looks.map((_, index) => {
    const type = ends.giverHasDb ? typeNameOf(given[index]) : 'none';
    const there = ends.receiverHasDb ? typeNameOf(received[index]) : 'none';
    return type === undefined || there === undefined ? { action: 'none' } : planOf(type, there, context);
  });
}

function planOf(type: string, there: string, context: MendContext): KeyPlan {
  if (type === 'none') return there === 'none' ? { action: 'none' } : { action: 'delete', there };
  const why = whyUnrepairable(type, context);
  if (why !== undefined) return { action: 'unrepairable', type, why };
  return isReadable(type) ? { action: 'copy', type, there } : { action: 'none' };
}

/** Why a key of this type cannot be written on the receiver; undefined when it can. */
export function whyUnrepairable(
  type: string,
  context: Pick<MendContext, 'ends' | 'abilities'> & { readonly receiver: Pick<Receiver, 'side'> },
): string | undefined {
  const { side } = context.receiver;
  if (!context.ends.receiverHasDb) return `the ${side} has no such database`;
  if (!isReadable(type)) return `values of type ${type} cannot be read and written element by element`;
  return context.abilities.types.has(type) ? undefined : `the ${side} has no values of type ${type}`;
}

function isReadable(type: string): type is ReadableType {
  return (READABLE_TYPES as readonly string[]).includes(type);
}
