import type { RequestParser } from '../resp/request-parser.ts';
import type { Session, SubscriptionKind } from './session.ts';
import { rewritten, type Ticket } from './ticket.ts';

interface SubscriptionChange {
  kind: SubscriptionKind;
  adds: boolean;
}

const changes = new Map<string, SubscriptionChange>([
  ['subscribe', { kind: 'channel', adds: true }],
  ['unsubscribe', { kind: 'channel', adds: false }],
  ['psubscribe', { kind: 'pattern', adds: true }],
  ['punsubscribe', { kind: 'pattern', adds: false }],
  ['ssubscribe', { kind: 'shard', adds: true }],
  ['sunsubscribe', { kind: 'shard', adds: false }],
]);

export function subscriptionChange(name: string): SubscriptionChange | undefined {
  return changes.get(name);
}

/** The server confirms every channel by itself; unsubscribing from nothing is confirmed once. */
export function subscriptionTicket(
  { kind, adds }: SubscriptionChange,
  request: RequestParser,
  session: Session,
): Ticket {
  session.everSubscribed = true;
  const known = session.subscriptions[kind];
  const named = request
    .arguments()
    .slice(1)
    .map((channel) => channel.toString('latin1'));
  const replies = named.length > 0 || adds ? named.length : known.size;
  for (const channel of named) {
    if (adds) known.add(channel);
    else known.delete(channel);
  }
  if (!adds && named.length === 0) known.clear();
  return rewritten({ replies: Math.max(1, replies), pubSub: true });
}

/** Kinds of lists (RESP2) and pushes (RESP3) that confirm a change; all other pushes are messages. */
export function isConfirmation(firstElement: string): boolean {
  return changes.has(firstElement);
}

const messages = new Set(['message', 'pmessage', 'smessage']);

export function isMessage(firstElement: string): boolean {
  return messages.has(firstElement);
}
