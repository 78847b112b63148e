import type { MendContext } from './filled-page.ts';
import type { Receiver } from './receiver-writes.ts';
import { typeNameOf } from './repair-ends.ts';
import { encodeCommands } from './resp-commands.ts';
import { READABLE_TYPES, type ReadableType } from './whole-value.ts';

/** What is to be done about a key, by the types that both sides have now; `there` is the receiver's. */
export type KeyPlan =
  | { readonly action: 'copy'; readonly type: ReadableType; readonly there: string }
  | { readonly action: 'delete'; readonly there: string }
  | { readonly action: 'none' }
  | { readonly action: 'unrepairable'; readonly type: string; readonly why: string };

/** Asks both sides for the types of these keys and says what has to be done. Only reads. */
export async function planRepairs(keys: readonly Buffer[], context: MendContext): Promise<KeyPlan[]> {
  const { ends } = context;
  const question = encodeCommands(keys.map((key) => ['TYPE', key]));
  const [given, received] = await Promise.all([
    ends.giverHasDb ? ends.giver.pipeline(question) : [],
    ends.receiverHasDb ? ends.receiver.pipeline(question) : [],
  ]);
  return keys.map((_, index) => {
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
