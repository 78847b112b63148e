import { encodeCommand } from '../resp/encode-command.ts';
import { crossesSlots } from '../resp/key-slot.ts';
import type { RequestParser } from '../resp/request-parser.ts';
import { rewritten, type Ticket } from './ticket.ts';

/**
 * Tencent's proxy serves DEL, EXISTS, MGET and MSET whose keys are in several slots: it asks for each key and puts the answers
 * together. All other commands with keys in several slots are refused by the server. Such an MSET is not atomic.
 */
export function aggregateAcrossSlots(name: string, request: RequestParser): Ticket | undefined {
  const combine = combiners[name];
  if (!combine) return undefined;
  const parts = splitByKey(name, request.arguments());
  if (!parts) return undefined;
  return rewritten({
    category: name === 'exists' || name === 'mget' ? 'read' : 'write',
    mayWrite: name === 'del' || name === 'mset',
    send: parts.map((part) => encodeCommand(part)),
    replies: parts.length,
    transform: (replies) => replies.find((reply) => reply[0] === minus) ?? combine(replies),
  });
}

/** One command a key, when the command can be split and its keys are in several slots; otherwise undefined. */
export function splitByKey(name: string, args: readonly Buffer[]): Buffer[][] | undefined {
  const step = splittable.get(name);
  const [command, ...rest] = args;
  if (step === undefined || command === undefined || rest.length <= step || rest.length % step !== 0) {
    return undefined;
  }
  if (!crossesSlots(rest.filter((_, index) => index % step === 0))) return undefined;
  const parts: Buffer[][] = [];
  for (let i = 0; i < rest.length; i += step) parts.push([command, ...rest.slice(i, i + step)]);
  return parts;
}

/** Arguments a key, its own included. */
const splittable = new Map([
  ['del', 1],
  ['exists', 1],
  ['mget', 1],
  ['mset', 2],
]);

const minus = 45;

type Combine = (replies: readonly Buffer[]) => Buffer;

const sum: Combine = (replies) =>
  Buffer.from(`:${replies.reduce((total, reply) => total + Number(reply.toString('latin1', 1)), 0)}\r\n`);

/** Each part's reply is a list of one; without its header ("*1\r\n") that is one element of the whole. */
const join: Combine = (replies) =>
  Buffer.concat([Buffer.from(`*${replies.length}\r\n`), ...replies.map((reply) => reply.subarray(4))]);

const combiners: Readonly<Record<string, Combine>> = {
  del: sum,
  exists: sum,
  mget: join,
  mset: () => Buffer.from('+OK\r\n'),
};
