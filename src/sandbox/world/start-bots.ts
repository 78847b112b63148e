import { join } from 'node:path';
import type { SandboxCloud } from '../cloud/sandbox-cloud.ts';
import type { SandboxSlack } from '../slack/sandbox-slack.ts';
import { approverGroup, places } from '../slack/seed.ts';
import { botEnvironment } from './bot-environment.ts';
import { type BotProcess, createBotProcess } from './bot-process.ts';
import type { CleanUp } from './clean-up.ts';
import { freePort } from './free-port.ts';
import type { Landscape } from './landscape.ts';

/** Keys that the sandbox's cloud accepts. */
export const sandboxSecrets = { secretId: 'AKIDsandbox', secretKey: 'sandbox-secret-key' };

export interface StartBotsOptions {
  directory: string;
  landscape: Landscape;
  storeUrl: string;
  slack: SandboxSlack;
  cloud: SandboxCloud;
  socketMode: boolean;
  /** Processes that share the work. */
  workers: number;
  /** `external`: nothing is started, somebody else does it with the environment. */
  mode: 'child' | 'external';
  extra: Readonly<Record<string, string>>;
}

export interface StartedBots {
  /** At least one; Slack sends to the first over HTTP, to any over Socket Mode. */
  processes: readonly [BotProcess, ...BotProcess[]];
  /** Of the first; the others differ in their port. */
  environment: Record<string, string>;
  /** Of the first. */
  logPath: string;
}

/** Starts the bot's processes side by side, on one store. */
export async function startBots(options: StartBotsOptions, cleanUp: CleanUp): Promise<StartedBots> {
  const environment = await environmentFor(options);
  const logPath = join(options.directory, 'bot.log');
  const bot = createBotProcess({ environment, logPath, port: Number(environment['PORT']) });
  const others: BotProcess[] = [];
  for (let worker = 2; worker <= options.workers; worker++) {
    const port = await freePort();
    others.push(
      createBotProcess({
        environment: { ...environment, PORT: String(port) },
        logPath: join(options.directory, `bot-${worker}.log`),
        port,
      }),
    );
  }
  const processes = [bot, ...others] as const;
  for (const process of processes) cleanUp.add(() => process.stop());
  options.slack.setAppUrl(options.socketMode ? undefined : bot.eventsUrl);
  if (options.mode === 'child') await Promise.all(processes.map((process) => process.start()));
  return { processes, environment, logPath };
}

async function environmentFor(options: StartBotsOptions): Promise<Record<string, string>> {
  const { directory, landscape, storeUrl, slack, socketMode, cloud, extra } = options;
  return await botEnvironment({
    directory,
    port: await freePort(),
    slack,
    socketMode,
    cloud: {
      endpoint: cloud.endpoint,
      ...sandboxSecrets,
      regions: landscape.regions.map(({ region }) => region),
    },
    storeUrl,
    channel: places.redisOps,
    approvers: [approverGroup],
    passwords: landscape.passwords,
    extra,
  });
}
