import { CompareError, refusal } from '../wire/compare-error.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import type { RedisConnection } from '../wire/redis-connection.ts';
import { CommandWriter, type CopyingCommand } from '../wire/resp-commands.ts';
import { decodeReply, errorOf, RedisErrorReply, type Reply } from '../wire/resp-reply.ts';

/** Which server is written to, for messages. */
export interface Receiver {
  readonly side: 'source' | 'target';
  readonly host: string;
  readonly port: number;
}

/** The errors that commands of one transaction gave; empty when all were done. */
export type WriteErrors = readonly RedisErrorReply[];

/**
 * Sends groups of commands in one pipeline, each group of more than one as a transaction, and gives the errors of each group.
 * Where a proxy has no transactions, MULTI and EXEC are refused and the commands between them are done one by one.
 * Throws a `CompareError` when the server takes no writes at all.
 */
export async function writeGroups(
  connection: RedisConnection,
  groups: readonly (readonly CopyingCommand[])[],
  receiver: Receiver,
): Promise<WriteErrors[]> {
  const writer = new CommandWriter(bytesOf(groups));
  for (const group of groups) {
    if (group.length > 1) writer.add(MULTI);
    for (const command of group) writer.add(command);
    if (group.length > 1) writer.add(EXEC);
  }
  const replies = await connection.pipeline(writer.finish());
  let at = 0;
  return groups.map((group) => {
    const from = at;
    at += group.length > 1 ? group.length + 2 : group.length;
    if (isFine(replies, { from, to: at, isTransaction: group.length > 1 })) return NO_ERRORS;
    const errors = errorsOf(replies.slice(from, at), group.length > 1);
    for (const error of errors) throwIfClosed(error, receiver);
    return errors;
  });
}

/** About the bytes of these commands on the wire: values may be large, and a buffer that has to grow is several buffers. */
function bytesOf(groups: readonly (readonly CopyingCommand[])[]): number {
  let bytes = 0;
  for (const command of groups.flat()) {
    for (const argument of command)
      bytes +=
        ARGUMENT_BYTES +
        (typeof argument === 'object' && 'bytes' in argument ? argument.bytes.length : argument.length);
  }
  return bytes;
}

/** What every argument takes besides itself, and every command its share of a transaction. */
const ARGUMENT_BYTES = 64;
const MULTI: CopyingCommand = ['MULTI'];
const EXEC: CopyingCommand = ['EXEC'];
const NO_ERRORS: WriteErrors = [];
const STAR = 42;
const NESTED_ERROR = Buffer.from('\r\n-');

/** Whether replies hold no error for certain, told by their first bytes: that is so nearly always. */
function isFine(
  replies: readonly RawReply[],
  group: { from: number; to: number; isTransaction: boolean },
): boolean {
  for (let index = group.from; index < group.to; index += 1) {
    const raw = replies[index];
    if (raw === undefined || !Buffer.isBuffer(raw) || errorOf(raw) !== undefined) return false;
  }
  const last = replies[group.to - 1];
  if (!group.isTransaction) return true;
  return Buffer.isBuffer(last) && last[0] === STAR && !last.includes(NESTED_ERROR);
}

function errorsOf(replies: readonly RawReply[], isTransaction: boolean): RedisErrorReply[] {
  const decoded = replies.map((raw) => decodeReply(raw));
  if (!isTransaction) return errorsAmong(decoded);
  const [multi, ...rest] = decoded;
  const exec = rest.pop();
  const queued = errorsAmong(rest);
  if (queued.length > 0 || multi instanceof RedisErrorReply) return queued;
  if (exec instanceof RedisErrorReply) return [exec];
  return Array.isArray(exec) ? errorsAmong(exec) : [];
}

function errorsAmong(replies: readonly Reply[]): RedisErrorReply[] {
  return replies.filter((reply) => reply instanceof RedisErrorReply);
}

/** What a person has to do about a server that takes no writes. */
const CURES: Readonly<Record<string, string>> = {
  READONLY: 'make it writable, or give the address of the master',
  OOM: 'it is full: give it more memory',
  MISCONF: 'it cannot save to its disk and stopped taking writes: repair that first',
  NOREPLICAS: 'it has too few replicas to take writes: repair them first',
  NOAUTH: 'it wants a password',
  NOPERM: 'allow this user to write',
  EXECABORT: 'it refused a command inside a transaction',
};
/** `MOVED` and `ASK`: slots of a cluster moved since we connected; the next connection finds them. */
const TRANSIENT = new Set([
  ...['LOADING', 'BUSY', 'MASTERDOWN'],
  ...['TRYAGAIN', 'CLUSTERDOWN', 'MOVED', 'ASK'],
]);

/** Throws for the errors that say something about the server, not about one key. */
function throwIfClosed(error: RedisErrorReply, receiver: Receiver): void {
  const doing = `repairing: writing to the ${receiver.side} ${receiver.host}:${receiver.port}`;
  if (TRANSIENT.has(error.code)) throw refusal(error, doing);
  const cure =
    CURES[error.code] ?? (/unknown command/i.test(error.message) ? 'allow this command' : undefined);
  if (cure === undefined) return;
  throw new CompareError(
    'COMPARE_WRITE_REFUSED',
    `${doing}: refused with ${withoutArguments(error)}; ${cure}`,
  );
}

/** "ERR unknown command `X`, with args beginning with: …" repeats keys and values. */
function withoutArguments(error: RedisErrorReply): string {
  return error.message.replace(/,? with args beginning.*$/, '').slice(0, 120);
}
