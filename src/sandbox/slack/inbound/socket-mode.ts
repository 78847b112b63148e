import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { parseJson } from '../json.ts';
import type { SlackLimits } from '../limits.ts';
import type { Delivery, Envelope } from './delivery.ts';

/** How long a closing connection may take to answer the goodbye. */
const goodbyeMs = 250;

const acknowledgement = z.object({
  envelope_id: z.string(),
  payload: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
});

export interface SocketModeOptions {
  appId: string;
  clock: Clock;
  ids: Ids;
  limits: SlackLimits;
}

/** The websocket side of Slack: tickets, hello, envelopes, acknowledgements and recycling. */
export class SocketMode {
  readonly #options: SocketModeOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Map<string, number>();
  readonly #sockets: WebSocket[] = [];
  readonly #waiting = new Map<string, (delivery: Delivery) => void>();
  #turn = 0;

  constructor(options: SocketModeOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#sockets.length;
  }

  /** The path and query of a fresh websocket address, good for one connection. */
  createTicket(): string {
    const ticket = this.#options.ids.secret(32);
    this.#tickets.set(ticket, this.#options.clock.now() + this.#options.limits.socketTicketLifeMs);
    return `/link/?ticket=${ticket}&app_id=${this.#options.appId}`;
  }

  /** Takes over an upgrade request; refuses it without a good ticket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://slack').searchParams.get('ticket') ?? '';
    const expiresAt = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    const isFull = this.#sockets.length >= this.#options.limits.maxSocketConnections;
    if (expiresAt === undefined || expiresAt < this.#options.clock.now() || isFull) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
  }

  /** Sends an envelope over the next connection in turn. */
  deliver(envelope: Envelope): Promise<Delivery> {
    const socket = this.#sockets[this.#turn++ % Math.max(1, this.#sockets.length)];
    if (!socket) return Promise.resolve({ ok: false, error: 'dispatch_failed' });
    const id = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => finish({ ok: false, error: 'operation_timeout' }),
        this.#options.limits.ackDeadlineMs,
      );
      const finish = (delivery: Delivery): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(delivery);
      };
      this.#waiting.set(id, finish);
      socket.send(JSON.stringify(this.#frame(id, envelope)));
    });
  }

  /** Asks every connection to come again, as Slack does every few hours. */
  refresh(): void {
    for (const socket of this.#sockets) {
      socket.send(
        JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'sandbox' } }),
      );
    }
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const socket of [...this.#sockets]) socket.terminate();
  }

  /** Says goodbye on every connection; those that do not answer are cut. */
  async close(): Promise<void> {
    for (const finish of [...this.#waiting.values()]) finish({ ok: false, error: 'dispatch_failed' });
    const goodbyes = this.#sockets.map((socket) => {
      socket.close(1_001);
      return once(socket, 'close');
    });
    await Promise.race([Promise.allSettled(goodbyes), delay(goodbyeMs, undefined, { ref: false })]);
    this.cut();
    this.#server.close();
  }

  #welcome(socket: WebSocket): void {
    this.#sockets.push(socket);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      const index = this.#sockets.indexOf(socket);
      if (index >= 0) this.#sockets.splice(index, 1);
    });
    socket.on('message', (data) => this.#acknowledge(String(data)));
    const hello = {
      type: 'hello',
      num_connections: this.#sockets.length,
      connection_info: { app_id: this.#options.appId },
      debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18_060 },
    };
    socket.send(JSON.stringify(hello));
  }

  #acknowledge(text: string): void {
    const parsed = acknowledgement.safeParse(parseJson(text));
    // An acknowledgement that comes too late finds nobody waiting, as with Slack.
    if (parsed.success) this.#waiting.get(parsed.data.envelope_id)?.({ ok: true, body: parsed.data.payload });
  }

  #frame(id: string, envelope: Envelope): object {
    const retry =
      envelope.type === 'events_api'
        ? { retry_attempt: envelope.retryAttempt ?? 0, retry_reason: envelope.retryReason ?? '' }
        : {};
    return {
      envelope_id: id,
      type: envelope.type,
      accepts_response_payload: envelope.type !== 'events_api',
      payload: envelope.payload,
      ...retry,
    };
  }
}
