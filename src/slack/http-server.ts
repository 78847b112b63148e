import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SlackLogger } from './logger.ts';

/** Something else that is answered on the bot's port: health, metrics. */
export interface Route {
  method: 'GET';
  path: string;
  handler(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/** Where Slack sends everything in HTTP mode. */
const SLACK_PATH = '/slack/events';

export interface HttpServer {
  /** Resolves with the port when it listens; 0 asked for any free one. */
  start(): Promise<number>;
  /** Takes no more requests, and resolves when the running ones are answered. */
  stop(): Promise<void>;
}

/** One server for both modes: the routes always, Slack's requests where there is a listener for them. */
export function createHttpServer(options: {
  port: number;
  host: string | undefined;
  routes: readonly Route[];
  slack: RequestListener | undefined;
  logger: SlackLogger;
}): HttpServer {
  const { routes, slack, logger } = options;
  const server = createServer((request, response) => {
    const path = pathOf(request);
    const route = routes.find((one) => one.path === path && one.method === request.method);
    if (route !== undefined) answer(logger, route, { request, response });
    else if (slack !== undefined && path === SLACK_PATH && request.method === 'POST')
      slack(request, response);
    else response.writeHead(404).end();
  });
  return {
    start: () =>
      listen(server, { port: options.port, ...(options.host === undefined ? {} : { host: options.host }) }),
    stop: () => close(server),
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function answer(
  logger: SlackLogger,
  route: Route,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): void {
  Promise.resolve()
    .then(() => route.handler(request, response))
    .catch((error: unknown) => {
      logger.error(
        { path: route.path, error: error instanceof Error ? error.message : 'unknown' },
        'A route failed',
      );
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
}

function listen(server: Server, where: { port: number; host?: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
