import type { ServerResponse } from 'node:http';

/** Whether this process can do its work now. */
export interface Health {
  /** Names what is not ready; empty when everything is. */
  notReady(): Promise<string[]>;
}

/** A GET route beside Slack's. */
export interface Route {
  method: 'GET';
  path: string;
  handler(request: unknown, response: ServerResponse): void;
}

/** `/healthz`: the process lives. `/readyz`: it takes commands and performs steps. */
export function healthRoutes(health: Health): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      handler: (_request, response) => answer(response, 200, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      handler: (_request, response) => {
        health.notReady().then(
          (waiting) =>
            answer(response, waiting.length === 0 ? 200 : 503, { ready: waiting.length === 0, waiting }),
          () => answer(response, 503, { ready: false, waiting: ['health check'] }),
        );
      },
    },
  ];
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
