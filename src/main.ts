#!/usr/bin/env node
import { type Config, ConfigError, coreSecrets, readConfig } from './config.ts';
import { type Core, createCore, systemClock } from './core.ts';
import { type Bell, createBell } from './engine/bell.ts';
import type { Logger } from './engine/logger.ts';
import { checkStore } from './engine/store-check.ts';
import { createThreadRinger, publishOnBell } from './publishing.ts';
import type { UpgradeService } from './service/upgrade-service.ts';
import { createApprovers } from './slack/approvers.ts';
import { createSlackApp, type SlackApp, type SlackAppOptions } from './slack/slack-app.ts';
import { createThread } from './slack/thread.ts';
import { createThreadStore } from './slack/thread-store.ts';
import { createSlackClient } from './slack/web-client.ts';
import { healthRoutes, type Route } from './telemetry/health.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';

/** A lost doorbell is rung again by this sweep: unfinished upgrades for the engine, the newest ones for their threads. */
const SWEEP_MS = 15_000;
const SWEPT_THREADS = 50;
const PUBLISHERS = 4;
/** How long a person's membership in a user group may be remembered; decisions are rare, so it is not. */
const APPROVER_CACHE_MS = 0;

/** The whole bot: configuration → adapters → service → start; drain on SIGTERM. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger({ level: config.REDIS_UPGRADE_LOG_LEVEL, secrets: secretsOf(config) });
  const bot = await assemble(config, logger);

  const store = await checkStore(bot.core.redis);
  for (const warning of store.warnings) logger.warn({}, warning);
  if (store.refusals.length > 0) throw new ConfigError(store.refusals);

  // Steps first: an upgrade in its cutover goes on although Slack may be down.
  bot.core.work();
  bot.publish();
  bot.state.working = true;
  await bot.sweep();
  const sweeping = setInterval(() => {
    bot.sweep().catch((error: unknown) => logger.warn({ err: error }, 'The sweep could not ring'));
  }, SWEEP_MS);
  const { port } = await bot.app.start();
  logger.info({ port, mode: config.SLACK_APP_TOKEN === undefined ? 'http' : 'socket' }, 'Ready');

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'Draining');
      clearInterval(sweeping);
      drain(bot).then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'Draining failed');
          process.exit(1);
        },
      );
    });
  }
}

interface Bot {
  core: Core;
  app: SlackApp;
  threadBell: Bell;
  state: { working: boolean };
  /** Begins answering the doorbells of the threads. */
  publish(): void;
  /** Rings for everything that may have been forgotten. */
  sweep(): Promise<void>;
}

/** Builds every part and connects it; nothing runs yet. */
async function assemble(config: Config, logger: Logger): Promise<Bot> {
  const metrics = createMetrics();
  const state = { working: false };
  const slackClient = createSlackClient({
    botToken: config.SLACK_BOT_TOKEN,
    apiUrl: config.SLACK_API_URL,
    logger,
  });
  const approvers = createApprovers({
    client: slackClient,
    ids: config.REDIS_UPGRADE_APPROVERS,
    cacheMs: APPROVER_CACHE_MS,
    clock: systemClock,
  });
  const core = createCore({
    config,
    logger,
    approvers,
    onChange: (upgradeId) => ringThread(upgradeId),
    observeCall: (call) => metrics.observeCall(call),
    observeEvent: (event) => metrics.observeEvent(event),
  });
  const threadBell = createBell({
    name: 'threads',
    connection: core.redis,
    prefix: 'redis-upgrade:queue',
    concurrency: PUBLISHERS,
    scope: 'thread',
    retryMs: SWEEP_MS,
    clock: systemClock,
    logger,
  });
  const ringThread = createThreadRinger(threadBell, logger);
  const thread = createThread({
    client: slackClient,
    service: core.service,
    store: createThreadStore({ redis: core.redis, keyPrefix: core.keys.thread }),
    approvers,
    clock: systemClock,
    logger,
    cutoverBudgetMs: config.REDIS_UPGRADE_CUTOVER_BUDGET_SECONDS * 1000,
  });
  const notReady = async () => [
    ...(state.working ? [] : ['workers']),
    ...(app.isReceiving() ? [] : ['slack']),
    ...(core.redis.status === 'ready' ? [] : ['store']),
  ];
  const routes = [...healthRoutes({ notReady }), metrics.route];
  const app = await createSlackApp(slackOptions({ config, logger, routes, service: core.service }));
  return {
    core,
    app,
    threadBell,
    state,
    publish: () =>
      publishOnBell({ bell: threadBell, leases: core.leases, publish: (id) => thread.publish(id), logger }),
    async sweep() {
      const unfinished = await core.journal.unfinished();
      metrics.setUnfinished(unfinished.length);
      await Promise.all(unfinished.map((id) => core.bell.ring(id)));
      await Promise.all((await core.journal.newest(SWEPT_THREADS)).map((id) => threadBell.ring(id)));
    },
  };
}

function slackOptions(parts: {
  config: Config;
  logger: Logger;
  routes: Route[];
  service: UpgradeService;
}): SlackAppOptions {
  const { config, logger, routes, service } = parts;
  return {
    botToken: config.SLACK_BOT_TOKEN,
    ...(config.SLACK_SIGNING_SECRET === undefined ? {} : { signingSecret: config.SLACK_SIGNING_SECRET }),
    ...(config.SLACK_APP_TOKEN === undefined ? {} : { appToken: config.SLACK_APP_TOKEN }),
    apiUrl: config.SLACK_API_URL,
    port: config.PORT,
    ...(config.HOST === undefined ? {} : { host: config.HOST }),
    service,
    approvers: config.REDIS_UPGRADE_APPROVERS,
    ...(config.REDIS_UPGRADE_CHANNEL === undefined ? {} : { defaultChannel: config.REDIS_UPGRADE_CHANNEL }),
    clock: systemClock,
    logger,
    routes,
  };
}

/** Takes nothing new, finishes what was begun, lets go of the store last. */
async function drain(bot: Bot): Promise<void> {
  await bot.app.stop();
  await Promise.all([bot.core.bell.close(), bot.threadBell.close()]);
  await bot.core.close();
}

function secretsOf(config: Config): string[] {
  return [
    config.SLACK_BOT_TOKEN,
    config.SLACK_SIGNING_SECRET ?? '',
    config.SLACK_APP_TOKEN ?? '',
    ...coreSecrets(config),
  ];
}

main().catch((error: unknown) => {
  const words =
    error instanceof ConfigError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`redis-upgrade cannot start. ${words}\n`);
  process.exit(1);
});
