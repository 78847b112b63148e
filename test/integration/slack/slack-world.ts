import type { SandboxSlackOptions } from '../../../src/sandbox/slack/options.ts';
import { type SandboxSlack, startSandboxSlack } from '../../../src/sandbox/slack/sandbox-slack.ts';
import { approverGroup, places } from '../../../src/sandbox/slack/seed.ts';
import { createApprovers } from '../../../src/slack/approvers.ts';
import { createSlackApp, type SlackApp, type SlackAppOptions } from '../../../src/slack/slack-app.ts';
import { createSlackClient } from '../../../src/slack/web-client.ts';
import { FakeService } from '../../unit/slack/fake-service.ts';
import { silentLogger } from '../../unit/slack/fake-slack.ts';
import { START_MS } from '../../unit/slack/sample-upgrade.ts';

export type Mode = 'http' | 'socket';
export const DEADLINE_MS = 8_000;
export const CHANNEL = places.redisOps;

export interface SlackWorld {
  slack: SandboxSlack;
  service: FakeService;
  app: SlackApp;
  port: number;
  stop(): Promise<void>;
}

/** A workspace, a service in memory, and the real bot side between them. */
export async function startWorld(
  mode: Mode,
  options: { sandbox?: SandboxSlackOptions; app?: Partial<SlackAppOptions>; approvers?: string[] } = {},
): Promise<SlackWorld> {
  const slack = await startSandboxSlack({ rateLimits: false, ...options.sandbox });
  const clock = { now: () => Date.now() };
  const ids = options.approvers ?? [approverGroup];
  const client = createSlackClient({ botToken: slack.botToken, apiUrl: slack.apiUrl, logger: silentLogger });
  const service = new FakeService(
    createApprovers({ client, ids, cacheMs: 0, clock }),
    () => START_MS + 1_000_000,
  );
  const app = await createSlackApp({
    botToken: slack.botToken,
    ...(mode === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
    apiUrl: slack.apiUrl,
    port: 0,
    host: '127.0.0.1',
    service,
    approvers: ids,
    clock,
    logger: silentLogger,
    routes: [
      {
        method: 'GET',
        path: '/healthz',
        handler: (_request, response) => void response.writeHead(200).end('ok'),
      },
      {
        method: 'GET',
        path: '/broken',
        handler: () => {
          throw new Error('broken');
        },
      },
    ],
    ...options.app,
  });
  const { port } = await app.start();
  if (mode === 'http') slack.setAppUrl(`http://127.0.0.1:${port}/slack/events`);
  return {
    slack,
    service,
    app,
    port,
    async stop() {
      await app.stop();
      await slack.close();
    },
  };
}

/** Waits until it holds, or fails with what was last seen. */
export async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`Not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
