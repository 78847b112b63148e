import { connect, type Socket } from 'node:net';
import type { RedisEndpoint } from '../../../redis-server/launch-redis-server.ts';
import { decodeReply, RedisReplyError, type Reply } from './decode-reply.ts';
import { type CommandArgument, encodeCommand } from './encode-command.ts';
import { ReplyScanner } from './reply-scanner.ts';

type ReplyHandler = (reply: Reply) => void;

/**
 * A plain connection of the sandbox to one of its servers: commands out, replies back in order. No reconnecting: a
 * connection that is lost stays lost, and whatever waits for a reply gets an error.
 */
export class RedisLink {
  readonly #socket: Socket;
  readonly #scanner = new ReplyScanner();
  #waiting: ReplyHandler[] = [];
  #answered = 0;
  #parts: Buffer[] = [];
  #lost: Error | undefined;
  readonly #closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#lose(new Error('The connection to the server is closed'));
        resolve();
      });
    });
    socket.on('error', (error) => this.#lose(error));
  }

  /** Connects and, with a password, authenticates. */
  static async open(endpoint: RedisEndpoint, password?: string): Promise<RedisLink> {
    // From the server's own address, by which the cloud's links are told from those of clients.
    const socket = connect('host' in endpoint ? { ...endpoint, localAddress: endpoint.host } : endpoint);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const link = new RedisLink(socket);
    try {
      if (password !== undefined) await link.call('AUTH', password);
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  /** False once the connection is lost or closed. */
  isOpen(): boolean {
    return this.#lost === undefined;
  }

  /** Settles when the connection is gone, for whatever reason. */
  closed(): Promise<void> {
    return this.#closed;
  }

  /** Sends one command; an error reply rejects. */
  async call(...args: CommandArgument[]): Promise<Reply> {
    return await new Promise((resolve, reject) => {
      this.send(encodeCommand(args), (reply) => {
        if (reply instanceof Error) reject(reply);
        else resolve(reply);
      });
    });
  }

  /** Sends encoded bytes that hold one command; the handler gets its reply, or the error that ended the connection. */
  send(bytes: Buffer, handler: ReplyHandler): void {
    if (this.#lost) {
      handler(new RedisReplyError(this.#lost.message));
      return;
    }
    this.#waiting.push(handler);
    this.#socket.write(bytes);
  }

  /** Sends commands in one go; resolves with all replies, error replies among them. */
  async pipeline(commands: readonly (readonly CommandArgument[])[]): Promise<Reply[]> {
    this.#socket.cork();
    const replies = commands.map(
      (args) => new Promise<Reply>((resolve) => this.send(encodeCommand(args), resolve)),
    );
    this.#socket.uncork();
    return await Promise.all(replies);
  }

  /** Holds back what is sent until `uncork`, to send it in one go. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const end = this.#scanner.scan(chunk, at);
      if (end < 0) {
        this.#parts.push(chunk.subarray(at));
        return;
      }
      const rest = chunk.subarray(at, end);
      const bytes = this.#parts.length > 0 ? Buffer.concat([...this.#parts, rest]) : rest;
      this.#parts = [];
      at = end;
      this.#answer(decodeReply(bytes));
    }
  }

  #answer(reply: Reply): void {
    const handler = this.#waiting[this.#answered++];
    if (this.#answered === this.#waiting.length || this.#answered > 1024) {
      this.#waiting = this.#waiting.slice(this.#answered);
      this.#answered = 0;
    }
    handler?.(reply);
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#lost = error;
    const waiting = this.#waiting.slice(this.#answered);
    this.#waiting = [];
    this.#answered = 0;
    for (const handler of waiting) handler(new RedisReplyError(error.message));
  }
}
