import { OperatingError } from '../../upgrade/operating-error.ts';

/**
 * What can go wrong while two instances are compared, apart from differences (those are results, not errors).
 *
 * - `COMPARE_CONNECT`: no connection, or it broke. Retryable.
 * - `COMPARE_AUTH`: the server refused the password, wants one, or does not let this user run a command.
 * - `COMPARE_TIMEOUT`: connected, but no answer in time. Retryable.
 * - `COMPARE_NOT_READY`: the server answers, but cannot serve now (loading, link to its master down, busy script,
 *   slots of a cluster on the move). Retryable.
 * - `COMPARE_PROTOCOL`: bytes that are not the Redis protocol. The connection is not usable any more.
 * - `COMPARE_REFUSED`: the server refuses a command that the comparison cannot do without.
 * - `COMPARE_WRITE_REFUSED`: the side that a repair changes takes no writes. The message says which side and what to do.
 * - `COMPARE_CHECKPOINT`: the checkpoint handed in is not one of ours.
 * - `COMPARE_CLOSED`: the comparison or the connection was closed by its owner.
 */
export type CompareErrorCode =
  | 'COMPARE_CONNECT'
  | 'COMPARE_AUTH'
  | 'COMPARE_TIMEOUT'
  | 'COMPARE_NOT_READY'
  | 'COMPARE_PROTOCOL'
  | 'COMPARE_REFUSED'
  | 'COMPARE_WRITE_REFUSED'
  | 'COMPARE_CHECKPOINT'
  | 'COMPARE_CLOSED';

const RETRYABLE: ReadonlySet<CompareErrorCode> = new Set([
  'COMPARE_CONNECT',
  'COMPARE_TIMEOUT',
  'COMPARE_NOT_READY',
]);

/**
 * An operating error of this room. `retryable` means: the same call may work later, with the same arguments.
 * Messages say what was being done and with which endpoint; they never hold a password, a value or a key.
 */
export class CompareError extends OperatingError {
  declare readonly code: CompareErrorCode;

  constructor(code: CompareErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { retryable: RETRYABLE.has(code), cause: options.cause });
    this.name = 'CompareError';
  }
}

const NOT_READY = new Set(['LOADING', 'MASTERDOWN', 'BUSY', 'TRYAGAIN', 'CLUSTERDOWN']);
const AUTH = new Set(['NOAUTH', 'NOPERM', 'WRONGPASS']);

/** Turns an error reply that the comparison cannot read as a fact about a key into an operating error. */
export function refusal(reply: { code: string; message: string }, doing: string): CompareError {
  if (AUTH.has(reply.code)) return new CompareError('COMPARE_AUTH', `${doing}: ${reply.code}`);
  if (NOT_READY.has(reply.code)) return new CompareError('COMPARE_NOT_READY', `${doing}: ${reply.code}`);
  // A server that served all slots when we connected: the next connection finds the other nodes.
  if (reply.code === 'MOVED' || reply.code === 'ASK')
    return new CompareError('COMPARE_NOT_READY', `${doing}: ${reply.code}, slots of this cluster were moved`);
  return new CompareError('COMPARE_REFUSED', `${doing}: ${reply.message.slice(0, 120)}`);
}
