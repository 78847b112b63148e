import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { SandboxSlack } from '../../../../src/sandbox/slack/sandbox-slack.ts';

export type Mode = 'signed HTTP' | 'Socket Mode';

export interface RunningApp {
  app: App;
  stop(): Promise<void>;
}

function receiverFor(slack: SandboxSlack, mode: Mode): HTTPReceiver | SocketModeReceiver {
  if (mode === 'signed HTTP') {
    return new HTTPReceiver({ signingSecret: slack.signingSecret, logLevel: LogLevel.ERROR });
  }
  return new SocketModeReceiver({
    appToken: slack.appToken,
    logLevel: LogLevel.ERROR,
    clientPingTimeout: 500,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
  });
}

/** A real Bolt app that is connected to the workspace, in either mode. */
export async function startBoltApp(
  slack: SandboxSlack,
  mode: Mode,
  listen: (app: App) => void,
): Promise<RunningApp> {
  const receiver = receiverFor(slack, mode);
  const app = new App({
    token: slack.botToken,
    receiver,
    deferInitialization: true,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  listen(app);
  await app.init();
  const started = await app.start(mode === 'signed HTTP' ? { port: 0, host: '127.0.0.1' } : 0);
  if (mode === 'signed HTTP') {
    const { port } = (started as { address(): AddressInfo }).address();
    slack.setAppUrl(`http://127.0.0.1:${port}/slack/events`);
  }
  return { app, stop: async () => void (await app.stop()) };
}

/** Resolves when the condition holds; rejects at the deadline. */
export async function until(condition: () => boolean, deadlineMs = 5_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`condition not met within ${deadlineMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
