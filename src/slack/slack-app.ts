import { App, HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { UpgradeService } from '../service/upgrade-service.ts';
import { createBoltLogger } from './bolt-logger.ts';
import type { SlackClient } from './client.ts';
import type { Clock } from './clock.ts';
import { createHttpServer, type Route } from './http-server.ts';
import { createInFlight } from './listeners/in-flight.ts';
import { listenerTable } from './listeners/listener-table.ts';
import { registerListeners } from './listeners/register.ts';
import type { SlackLogger } from './logger.ts';
import { createPeople } from './people.ts';
import { SlackRefused } from './slack-error.ts';
import { keepConnected, type SocketConnection } from './socket-connection.ts';
import { createSlackClient } from './web-client.ts';

/** How long listeners that have begun may go on after the bot was told to stop. */
const drainMs = 10_000;
/** An answer from Slack about who a person is, is used again for so long; approvals never use it. */
const peopleCacheMs = 60_000;
/** Slack's payloads are a few kilobytes. */
const maxBodyBytes = 1024 * 1024;
const responseUrlTimeoutMs = 5_000;
/** Pings that are not answered in this time mean that the connection is dead. */
const socketPingTimeoutMs = 5_000;

export interface SlackAppOptions {
  botToken: string;
  /** For HTTP mode. */
  signingSecret?: string;
  /** Set: Socket Mode. */
  appToken?: string;
  /** Ends in `/api/`. */
  apiUrl: string;
  /** For Slack's requests in HTTP mode, and for the routes in both. 0: any free port. */
  port: number;
  host?: string;
  service: UpgradeService;
  /** Approver ids as configured; said in answers, decided by the service. */
  approvers: string[];
  /** Channel of every upgrade's thread; unset: where the command was typed. */
  defaultChannel?: string;
  clock: Clock;
  logger: SlackLogger;
  routes: Route[];
}

export interface SlackApp {
  /** Listens, and connects in Socket Mode. Rejects when Slack refuses a token; resolves when Slack is merely not there. */
  start(): Promise<{ port: number }>;
  /** Takes nothing more from Slack, then waits for the listeners that have begun, a limited time. */
  stop(): Promise<void>;
  /** True while requests from Slack can come in. */
  isReceiving(): boolean;
  client: SlackClient;
}

/** Builds the Slack side of the bot. Nothing is sent and nothing listens before `start`. */
export async function createSlackApp(options: SlackAppOptions): Promise<SlackApp> {
  const { logger } = options;
  const client = createSlackClient(options);
  const inFlight = createInFlight();
  const { receiver, socket, slackRequests } = createReceiver(options);
  const app = createBolt(options, receiver);
  await app.init();
  registerListeners(
    app,
    listenerTable({
      service: options.service,
      people: createPeople({ client, clock: options.clock, cacheMs: peopleCacheMs }),
      approvers: options.approvers,
      defaultChannel: options.defaultChannel,
      client,
      inFlight,
      logger,
    }),
  );
  const { port, host, routes } = options;
  const server = createHttpServer({ port, host, routes, slack: slackRequests, logger });
  let listening = false;

  async function stop(): Promise<void> {
    listening = false;
    await socket?.stop();
    await server.stop();
    const left = await inFlight.drain(drainMs);
    if (left > 0) logger.warn({ left }, 'Stopped with requests from Slack still being worked on');
  }

  return {
    client,
    stop,
    isReceiving: () => listening && (socket?.isConnected() ?? true),
    async start() {
      const boundPort = await server.start();
      try {
        await checkToken(client, logger);
        await socket?.start();
      } catch (error) {
        await stop();
        throw error;
      }
      listening = true;
      return { port: boundPort };
    },
  };
}

interface Receiving {
  receiver: HTTPReceiver | SocketModeReceiver;
  socket: SocketConnection | undefined;
  slackRequests: HTTPReceiver['requestListener'] | undefined;
}

function createReceiver(options: SlackAppOptions): Receiving {
  const logger = createBoltLogger(options.logger);
  if (options.appToken !== undefined) {
    const receiver = new SocketModeReceiver({
      appToken: options.appToken,
      logger,
      autoReconnectEnabled: false,
      clientPingTimeout: socketPingTimeoutMs,
      installerOptions: { clientOptions: clientOptions(options) },
    });
    return { receiver, socket: keepConnected(receiver.client, options.logger), slackRequests: undefined };
  }
  if (options.signingSecret === undefined || options.signingSecret === '') {
    throw new Error('Slack needs SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)');
  }
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    logger,
    bodyLimit: maxBodyBytes,
  });
  return { receiver, socket: undefined, slackRequests: receiver.requestListener };
}

/** A new object each time: Bolt and its clients write into the options they are given. */
function clientOptions(options: SlackAppOptions): {
  slackApiUrl: string;
  retryConfig: { retries: number };
  rejectRateLimitedCalls: boolean;
  timeout: number;
  fetch: typeof fetch;
} {
  return {
    slackApiUrl: options.apiUrl,
    // Unset, the Socket Mode receiver makes it a hundred, for every client that shares the object.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    // Answers over a response address go through this too, and have no time-out of their own.
    fetch: (url, init) =>
      fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(responseUrlTimeoutMs) }),
  };
}

function createBolt(options: SlackAppOptions, receiver: HTTPReceiver | SocketModeReceiver): App {
  const app = new App({
    receiver,
    // With a token Bolt would ask Slack who it is before it can do anything; so the bot starts with Slack down.
    authorize: async () => ({ botToken: options.botToken }),
    deferInitialization: true,
    ignoreSelf: false,
    convoStore: false,
    extendedErrorHandler: true,
    logger: createBoltLogger(options.logger),
    clientOptions: clientOptions(options),
  });
  // Listeners have an error boundary of their own. What gets here failed before one of them: answering it as an error at
  // once is better than the silence that follows a handler that resolves.
  const fail = async ({ error }: { error: Error }): Promise<void> => {
    options.logger.error({ error: error.message }, 'A request from Slack could not be dispatched');
    throw error;
  };
  app.error(fail);
  return app;
}

/** Fails for a token that Slack refuses; goes on without Slack, which may come back. */
async function checkToken(client: SlackClient, logger: SlackLogger): Promise<void> {
  try {
    const { botUserId, teamId } = await client.self();
    logger.info({ botUserId, teamId }, 'Slack knows the bot');
  } catch (error) {
    if (error instanceof SlackRefused) throw error;
    logger.warn(
      { error: error instanceof Error ? error.message : 'unknown' },
      'Slack does not answer; starting without it',
    );
  }
}
