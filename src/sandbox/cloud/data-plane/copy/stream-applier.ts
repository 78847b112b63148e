import type { Architecture } from '../../data-plane.ts';
import { splitByKey } from '../proxy/aggregate-across-slots.ts';
import type { Reply } from '../resp/decode-reply.ts';
import { encodeCommand } from '../resp/encode-command.ts';
import type { RedisLink } from '../resp/redis-link.ts';
import { RequestParser } from '../resp/request-parser.ts';
import { CopyFailure } from './error-log.ts';

/** Commands on their way to the target. */
const maxOutstanding = 1_000;
const maxOutstandingBytes = 16 * 1024 * 1024;

export interface StreamApplierOptions {
  target: RedisLink;
  architecture: Architecture;
  /** Offset of the stream's first byte, less one. */
  startOffset: number;
  onFailure(failure: CopyFailure): void;
}

/** Applies the commands of a replication stream on the target, in their order, and keeps count of how far it is. */
export class StreamApplier {
  /** Everything up to here has been answered by the target. */
  appliedOffset: number;
  commandsReceived = 0;
  commandsApplied = 0;
  readonly #options: StreamApplierOptions;
  readonly #parser = new RequestParser();
  #pushedOffset: number;
  #database = 0;
  #targetDatabase = 0;
  #inTransaction = false;
  #outstanding = 0;
  #outstandingBytes = 0;
  #room: (() => void) | undefined;
  #failed = false;

  constructor(options: StreamApplierOptions) {
    this.#options = options;
    this.appliedOffset = options.startOffset;
    this.#pushedOffset = options.startOffset;
  }

  /** Takes the next bytes of the stream; resolves when there is room for more. */
  async apply(bytes: Buffer): Promise<void> {
    this.#parser.push(bytes);
    this.#pushedOffset += bytes.length;
    this.#options.target.cork();
    while (!this.#failed && this.#parser.next()) {
      this.#take();
      if (this.#full()) {
        this.#options.target.uncork();
        await this.#roomAgain();
        this.#options.target.cork();
      }
    }
    this.#options.target.uncork();
    this.#settleOffset();
  }

  #take(): void {
    const parser = this.#parser;
    const name = parser.lowerCase(0);
    // Signs of life of the source and questions to a replica: nothing to apply.
    if (name === 'ping' || name === 'replconf') return;
    if (name === 'select') {
      this.#database = Number(parser.argument(1).toString('latin1'));
      return;
    }
    this.commandsReceived++;
    if (this.#database !== this.#targetDatabase && !this.#inTransaction) {
      this.#send(encodeCommand(['SELECT', this.#database]), 'SELECT', false);
      this.#targetDatabase = this.#database;
    }
    if (name === 'multi') this.#inTransaction = true;
    if (name === 'exec') this.#inTransaction = false;
    const parts = this.#options.architecture === 'cluster' ? splitByKey(name, parser.arguments()) : undefined;
    if (!parts) {
      this.#send(parser.buffer.subarray(parser.start, parser.end), name, true);
      return;
    }
    for (const [i, part] of parts.entries()) this.#send(encodeCommand(part), name, i === parts.length - 1);
  }

  #send(bytes: Buffer, name: string, completes: boolean): void {
    const offset = this.#parsedOffset();
    // Inside a transaction only the answer to EXEC says that anything has been applied.
    const moves = completes && !this.#inTransaction;
    this.#outstanding++;
    this.#outstandingBytes += bytes.length;
    this.#options.target.send(bytes, (reply) => {
      this.#outstanding--;
      this.#outstandingBytes -= bytes.length;
      this.#answered(reply, name);
      if (completes) this.commandsApplied++;
      if (moves && !this.#failed) this.appliedOffset = offset;
      this.#settleOffset();
      if (!this.#full()) this.#wake();
    });
  }

  #answered(reply: Reply, name: string): void {
    const error = errorIn(reply);
    if (!error || this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(new CopyFailure(`${error.message} ${name.toUpperCase()}`));
    this.#wake();
  }

  /** With nothing on its way, what needed no applying counts as applied. */
  #settleOffset(): void {
    if (this.#outstanding === 0 && !this.#inTransaction && !this.#failed)
      this.appliedOffset = this.#parsedOffset();
  }

  #parsedOffset(): number {
    return this.#pushedOffset - this.#parser.pendingBytes();
  }

  #full(): boolean {
    return this.#outstanding >= maxOutstanding || this.#outstandingBytes >= maxOutstandingBytes;
  }

  async #roomAgain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#room = resolve;
    });
  }

  #wake(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }
}

/** The reply itself when it is an error, or the first error among the replies of a transaction. */
function errorIn(reply: Reply): Error | undefined {
  if (reply instanceof Error) return reply;
  if (!Array.isArray(reply)) return undefined;
  for (const element of reply) {
    const error = errorIn(element);
    if (error) return error;
  }
  return undefined;
}
