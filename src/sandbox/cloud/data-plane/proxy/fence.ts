import { encodeError } from '../resp/encode-command.ts';
import type { RequestParser } from '../resp/request-parser.ts';
import { rewritten, type Ticket } from './ticket.ts';

/** The read-only switch of an instance, shared by all its connections. */
export interface Fence {
  readOnly: boolean;
  /**
   * The server has EVAL_RO (7.0), so scripts go on while read-only and only those that write fail. An older server cannot tell:
   * there every script is refused while read-only.
   */
  serverRefusesWritingScripts: boolean;
}

export const readOnlyMessage = "READONLY You can't write against a read only instance.";

const readOnlyForms: Readonly<Record<string, string>> = {
  eval: 'EVAL_RO',
  evalsha: 'EVALSHA_RO',
  fcall: 'FCALL_RO',
  eval_ro: 'EVAL_RO',
  evalsha_ro: 'EVALSHA_RO',
  fcall_ro: 'FCALL_RO',
};

export function isScript(name: string): boolean {
  return Object.hasOwn(readOnlyForms, name);
}

/** The script in the form in which the server refuses its writes; that refusal reads like the one of a plain write. */
export function fencedScript(name: string, request: RequestParser): Ticket {
  const form = readOnlyForms[name] ?? name;
  return rewritten({
    category: 'read',
    send: [withName(form, request)],
    transform: ([reply]) => asReadOnlyRefusal(reply ?? Buffer.alloc(0)),
  });
}

/** EXEC's answer when the transaction must not run: a write was queued in it, or a request of it was refused. */
export function transactionRefusal(fenced: boolean, failed: boolean): Buffer | undefined {
  if (failed) return encodeError('EXECABORT Transaction discarded because of previous errors.');
  return fenced ? encodeError(`EXECABORT Transaction discarded because of: ${readOnlyMessage}`) : undefined;
}

// "Write commands are not allowed from read-only scripts.", "Can not execute a script with write flag using *_ro command."
const writeRefused =
  /^-ERR (Write commands are not allowed from read-only|Can not (execute|run) a script with write flag)/;

function asReadOnlyRefusal(reply: Buffer): Buffer {
  return writeRefused.test(reply.toString('latin1', 0, 80)) ? encodeError(readOnlyMessage) : reply;
}

/** The request with another command name; its arguments are not touched. */
function withName(name: string, request: RequestParser): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${request.argumentCount}\r\n$${name.length}\r\n${name}\r\n`)];
  for (let i = 1; i < request.argumentCount; i++) {
    const argument = request.argument(i);
    parts.push(Buffer.from(`$${argument.length}\r\n`), argument, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
