import { encodeError } from '../resp/encode-command.ts';
import type { CommandCategory } from '../versions/command-table.ts';

/** What becomes of one request: what is sent to the server for it, and what the client gets. */
export interface Ticket {
  category: CommandCategory;
  /** `asIs`: the request's own bytes. A list: these requests instead. Empty: nothing, `answer` is the reply. */
  send: 'asIs' | readonly Buffer[];
  /** Top-level replies the server gives to what is sent. An error reply ends the ticket early. */
  replies: number;
  /** Reply made by the proxy, when nothing is sent. */
  answer: Buffer | undefined;
  /** Makes the client's reply of the server's; undefined: they pass as they are. */
  transform: ((replies: readonly Buffer[]) => Buffer) | undefined;
  /** The dataset may change when the server gets to it. */
  mayWrite: boolean;
  /** SUBSCRIBE and its like, whose replies look like the messages of a channel. */
  pubSub: boolean;
  /** After this request the server sends a stream of its own and replies can no longer be told apart. */
  stream: boolean;
}

const plain: Ticket = {
  category: 'other',
  send: 'asIs',
  replies: 1,
  answer: undefined,
  transform: undefined,
  mayWrite: false,
  pubSub: false,
  stream: false,
};

/** Tickets of ordinary requests, made once: most requests cost no allocation. */
export const ordinaryTickets: Readonly<Record<CommandCategory, Ticket>> = {
  read: { ...plain, category: 'read' },
  write: { ...plain, category: 'write', mayWrite: true },
  other: plain,
};

/** A write that MULTI queues: it changes nothing before EXEC. */
export const queuedWrite: Ticket = { ...plain, category: 'write' };
/** EXEC of a transaction with writes in it. */
export const writingExec: Ticket = { ...plain, mayWrite: true };
export const monitorTicket: Ticket = { ...plain, stream: true };

/** A request that is answered by the proxy and never reaches the server. */
export function refusal(message: string): Ticket {
  return { ...plain, send: [], replies: 0, answer: encodeError(message) };
}

/** Something else than the request is sent, or its reply is changed on the way back. */
export function rewritten(changes: Partial<Ticket>): Ticket {
  return { ...plain, ...changes };
}
