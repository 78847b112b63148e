import { connect, type Socket } from 'node:net';
import type { RedisEndpoint } from '../../../redis-server/launch-redis-server.ts';
import type { InstanceCounters } from '../../data-plane.ts';
import { encodeCommand, encodeError } from '../resp/encode-command.ts';
import { ReplyScanner } from '../resp/reply-scanner.ts';
import { ProtocolError, RequestParser } from '../resp/request-parser.ts';
import type { RequestGate } from './request-gate.ts';
import { newSession } from './session.ts';
import { isConfirmation, isMessage } from './subscriptions.ts';
import type { Ticket } from './ticket.ts';
import { TicketQueue } from './ticket-queue.ts';

/** Requests of one client that wait for replies; beyond, the client is not read from until half are answered. */
const maxOutstanding = 65_536;

const minus = 45;
const greater = 62;
const star = 42;

export interface ProxiedConnectionOptions {
  client: Socket;
  server: RedisEndpoint;
  gate: RequestGate;
  counters: InstanceCounters;
}

/**
 * One client and its own connection to the server. Requests are judged in order; replies are matched to them in order, so
 * that a refusal takes its place among the replies of a pipeline.
 */
export class ProxiedConnection {
  /** Settles when the server's side is gone: nothing this client sent is executed any more. */
  readonly finished: Promise<void>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #gate: RequestGate;
  readonly #counters: InstanceCounters;
  readonly #requests = new RequestParser();
  readonly #replies = new ReplyScanner();
  readonly #session = newSession();
  readonly #tickets = new TicketQueue();
  #streaming = false;
  #held: Buffer[] | undefined;
  #passed = 0;
  #clientGone = false;
  /** The client broke the protocol: it gets the replies it waits for, then the error, then the end. */
  #broken = false;
  #writesAnswered: (() => void)[] = [];

  constructor({ client, server, gate, counters }: ProxiedConnectionOptions) {
    this.#client = client;
    // From the client's own address, so that the server lists it by that.
    const { remoteAddress: localAddress } = client;
    this.#server = connect({
      ...server,
      allowHalfOpen: false,
      ...(localAddress !== undefined && { localAddress }),
    });
    this.#gate = gate;
    this.#counters = counters;
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    counters.connections++;
    this.finished = new Promise((resolve) => this.#server.once('close', () => resolve()));
    this.#connectClient();
    this.#connectServer();
  }

  /** The server's name for this connection in CLIENT KILL; undefined before it is connected. */
  serverSideAddress(): string | undefined {
    const { localAddress, localPort } = this.#server;
    return localAddress === undefined ? undefined : `${localAddress}:${localPort}`;
  }

  /** Resolves when every write sent so far has been answered, or the server's side is gone. */
  async writesAnswered(): Promise<void> {
    if (this.#tickets.writes === 0 || this.#server.destroyed) return;
    await new Promise<void>((resolve) => this.#writesAnswered.push(resolve));
  }

  /** Resets both sides. What was sent may still be executed until the server has been told to kill the connection. */
  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  #connectClient(): void {
    const client = this.#client;
    client.on('data', (chunk) => this.#fromClient(chunk));
    client.on('drain', () => this.#server.resume());
    // A client that has sent its last request still gets the replies; the server ends the connection after them.
    client.on('end', () => this.#server.end());
    client.on('error', () => client.destroy());
    client.once('close', () => {
      this.#clientGone = true;
      this.#counters.connections--;
      // What was sent is executed, as a server executes what it has read; the replies go nowhere.
      this.#server.end();
      this.#server.resume();
    });
  }

  #connectServer(): void {
    const server = this.#server;
    server.on('data', (chunk) => this.#fromServer(chunk));
    server.on('drain', () => this.#readOn());
    server.on('error', () => server.destroy());
    server.on('end', () => this.#client.end());
    server.once('close', () => {
      this.#client.destroySoon();
      this.#wakeWriters();
    });
  }

  #fromClient(chunk: Buffer): void {
    this.#counters.inBytes += chunk.length;
    try {
      this.#requests.push(chunk);
      this.#forwardRequests();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#client.pause();
      this.#tickets.refuse(encodeError(`ERR ${error.message}`));
      this.#broken = true;
    }
    this.#answerLocally();
    if (this.#server.writableNeedDrain || this.#tickets.length > maxOutstanding) this.#client.pause();
  }

  /** Sends runs of unchanged requests as the slices of the chunk they came in. */
  #forwardRequests(): void {
    const requests = this.#requests;
    let runStart = -1;
    let runEnd = -1;
    try {
      while (requests.next()) {
        const ticket = this.#gate.judge(requests, this.#session);
        this.#note(ticket);
        if (ticket.send === 'asIs' && !requests.inline) {
          if (runStart < 0) runStart = requests.start;
          runEnd = requests.end;
        } else {
          this.#sendRun(runStart, runEnd);
          runStart = -1;
          this.#sendInstead(ticket);
        }
      }
    } finally {
      this.#sendRun(runStart, runEnd);
    }
  }

  #sendRun(from: number, to: number): void {
    if (from >= 0) this.#server.write(this.#requests.buffer.subarray(from, to));
  }

  #sendInstead(ticket: Ticket): void {
    // An inline request is sent in the other form, so that the server reads in it what was judged here.
    if (ticket.send === 'asIs') this.#server.write(encodeCommand(this.#requests.arguments()));
    else for (const bytes of ticket.send) this.#server.write(bytes);
  }

  #note(ticket: Ticket): void {
    this.#tickets.add(ticket);
    if (ticket.answer) return;
    if (ticket.category === 'read') this.#counters.reads++;
    else if (ticket.category === 'write') this.#counters.writes++;
    else this.#counters.others++;
  }

  #fromServer(chunk: Buffer): void {
    this.#passed = 0;
    let at = 0;
    while (at >= 0 && at < chunk.length && !this.#streaming) {
      at = this.#scanReply(chunk, at);
      if (at < 0) break;
      if (this.#endReply()) this.#pass(chunk, at);
      this.#answerLocally();
    }
    this.#pass(chunk, chunk.length);
    if (this.#client.isPaused()) this.#readOn();
  }

  /** Scans one reply, keeping its bytes back when they are to be changed; -1 when it goes on in the next chunk. */
  #scanReply(chunk: Buffer, from: number): number {
    const begins = this.#replies.atBoundary();
    const end = this.#replies.scan(chunk, from);
    if (begins) this.#beginReply();
    if (this.#held) {
      this.#pass(chunk, from);
      this.#passed = end < 0 ? chunk.length : end;
      this.#held.push(chunk.subarray(from, this.#passed));
    }
    return end;
  }

  /** Hands the client what it has not got of the chunk, up to `to`. */
  #pass(chunk: Buffer, to: number): void {
    if (to > this.#passed) this.#toClient(chunk.subarray(this.#passed, to));
    this.#passed = to;
  }

  #beginReply(): void {
    const head = this.#tickets.head();
    if (head?.transform && this.#replies.type !== greater) this.#held = [];
  }

  /** Counts the reply that has just ended; true when an answer of the proxy's own comes next. */
  #endReply(): boolean {
    const { type } = this.#replies;
    const head = this.#tickets.head();
    const whole = this.#held;
    this.#held = undefined;
    if (type === minus) this.#counters.errors++;
    if (!head || !this.#isReplyTo(head)) {
      for (const part of whole ?? []) this.#toClient(part);
      return false;
    }
    const done = this.#tickets.answered(whole && Buffer.concat(whole), type === minus && head.pubSub);
    if (done?.transformed) this.#toClient(done.transformed);
    if (head.stream && type !== minus) this.#streaming = true;
    if (done && this.#tickets.writes === 0) this.#wakeWriters();
    return this.#tickets.headIsLocal();
  }

  /** False for messages of channels and other things the server sends unasked. */
  #isReplyTo(head: Ticket): boolean {
    const { type, firstElement } = this.#replies;
    if (type === greater) return head.pubSub && isConfirmation(firstElement);
    if (type !== star || !this.#session.everSubscribed) return true;
    return !(isMessage(firstElement) && (head.pubSub || this.#subscribed()));
  }

  #subscribed(): boolean {
    const { channel, pattern, shard } = this.#session.subscriptions;
    return channel.size + pattern.size + shard.size > 0;
  }

  #answerLocally(): void {
    for (let answer = this.#tickets.takeLocal(); answer; answer = this.#tickets.takeLocal()) {
      this.#counters.errors++;
      this.#toClient(answer);
    }
    if (this.#broken && this.#tickets.length === 0) this.#client.destroySoon();
  }

  #toClient(bytes: Buffer): void {
    this.#counters.outBytes += bytes.length;
    if (this.#clientGone || !this.#client.writable) return;
    if (!this.#client.write(bytes)) this.#server.pause();
  }

  #readOn(): void {
    if (this.#broken || this.#server.writableNeedDrain || this.#tickets.length > maxOutstanding / 2) return;
    this.#client.resume();
  }

  #wakeWriters(): void {
    if (this.#writesAnswered.length === 0) return;
    const waiting = this.#writesAnswered;
    this.#writesAnswered = [];
    for (const wake of waiting) wake();
  }
}
