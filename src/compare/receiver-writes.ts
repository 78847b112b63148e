import { CompareError, refusal } from './compare-error.ts';
import type { RawReply } from './raw-reply.ts';
import type { RedisConnection } from './redis-connection.ts';
import { type Command, encodeCommands } from './resp-commands.ts';
import { decodeReply, RedisErrorReply, type Reply } from './resp-reply.ts';

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
  groups: readonly (readonly Command[])[],
  receiver: Receiver,
): Promise<WriteErrors[]> {
  const commands = groups.flatMap((group) => (group.length > 1 ? [['MULTI'], ...group, ['EXEC']] : group));
  const replies = await connection.pipeline(encodeCommands(commands));
  let at = 0;
  return groups.map((group) => {
    const length = group.length > 1 ? group.length + 2 : group.length;
    const errors = errorsOf(replies.slice(at, at + length), group.length > 1);
    at += length;
    for (const error of errors) throwIfClosed(error, receiver);
    return errors;
  });
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
  MOVED: 'give the endpoint of a proxy, or of a cluster of one shard',
  ASK: 'give the endpoint of a proxy, or of a cluster of one shard',
  EXECABORT: 'it refused a command inside a transaction',
};
const TRANSIENT = new Set(['LOADING', 'BUSY', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN']);

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
