import { setTimeout as pause } from 'node:timers/promises';
import type { SocketModeReceiver } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import type { SlackLogger } from './logger.ts';
import { cureOf } from './slack-error.ts';

/** One connection must be there within this time, or it is given up and tried anew. */
const connectTimeoutMs = 10_000;
/** Pauses before the first, second, … attempt after a loss; the last one is used from then on. */
const reconnectDelaysMs = [50, 1_000, 2_000, 5_000, 10_000, 30_000];
const disconnectTimeoutMs = 2_000;

export interface SocketConnection {
  /**
   * Connects. Rejects when Slack refuses the app token; when Slack cannot be reached it resolves and goes on trying, so that
   * the rest of the process works meanwhile.
   */
  start(): Promise<void>;
  stop(): Promise<void>;
  isConnected(): boolean;
}

type SocketClient = SocketModeReceiver['client'];

/**
 * Keeps a Socket Mode client connected. The client's own reconnection must be off: it waits five seconds each time Slack
 * recycles the connection, and a reconnection that meets a network error rejects a promise that nobody holds, which ends
 * the process.
 */
export function keepConnected(client: SocketClient, logger: SlackLogger): SocketConnection {
  const stopping = new AbortController();
  let connected = false;
  let loop: Promise<void> = Promise.resolve();

  async function stayConnected(first: Connection | undefined): Promise<void> {
    let connection = first;
    let failures = connection === undefined ? 1 : 0;
    while (!stopping.signal.aborted) {
      await connection?.gone;
      connected = false;
      await pause(delayAfter(failures), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        connection = await connect(client);
        connected = true;
        failures = 0;
      } catch (error) {
        connection = undefined;
        failures += 1;
        logger.warn({ failures, error: wordsOf(error) }, 'Could not connect to Slack; trying again');
      }
    }
  }

  return {
    async start() {
      let connection: Connection | undefined;
      try {
        connection = await connect(client);
        connected = true;
      } catch (error) {
        if (error instanceof WebAPIPlatformError) throw refusedToken(error);
        logger.warn({ error: wordsOf(error) }, 'Slack cannot be reached; trying again until it can');
      }
      loop = stayConnected(connection);
    },
    async stop() {
      stopping.abort();
      connected = false;
      await Promise.race([client.disconnect(), pause(disconnectTimeoutMs, undefined, { ref: false })]);
      await Promise.race([loop, pause(disconnectTimeoutMs, undefined, { ref: false })]);
    },
    isConnected: () => connected,
  };
}

/** A connection; wrapped, since a promise returned by an async function would be waited for. */
interface Connection {
  gone: Promise<void>;
}

/** Connects once, within a time: without a greeting from Slack the client would wait for ever. */
async function connect(client: SocketClient): Promise<Connection> {
  const gone = new Promise<void>((resolve) => {
    client.once('disconnected', () => resolve());
  });
  const timeout = new AbortController();
  const tooLate = pause(connectTimeoutMs, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`No connection within ${connectTimeoutMs} ms`);
  });
  try {
    await Promise.race([client.start(), tooLate]);
    return { gone };
  } catch (error) {
    await Promise.race([client.disconnect(), pause(disconnectTimeoutMs)]);
    throw error;
  } finally {
    timeout.abort();
    tooLate.catch(() => undefined);
  }
}

function delayAfter(failures: number): number {
  return reconnectDelaysMs[Math.min(failures, reconnectDelaysMs.length - 1)] ?? 0;
}

function refusedToken(error: WebAPIPlatformError): Error {
  const reason = error.data.error;
  const cure =
    reason === 'not_allowed_token_type'
      ? 'SLACK_APP_TOKEN must be an app-level token (xapp-…).'
      : cureOf(reason);
  return new Error(
    `Slack refused the Socket Mode connection with ${reason}. ${cure || 'Check SLACK_APP_TOKEN.'}`,
    {
      cause: error,
    },
  );
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the connection was closed before it was ready';
}
