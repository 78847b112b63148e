import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createTencentCloud } from './cloud/tencent-cloud.ts';
import type { CoreConfig } from './config.ts';
import { type Bell, createBell } from './engine/bell.ts';
import { createJournal, type Journal } from './engine/journal.ts';
import { createLeases, type Leases } from './engine/lease.ts';
import type { Logger } from './engine/logger.ts';
import { createRunner } from './engine/runner.ts';
import { createScratch } from './engine/scratch.ts';
import { createStoreKeys, type StoreKeys } from './engine/store-keys.ts';
import { createUpgradeService } from './service/create-service.ts';
import type { Approvers, UpgradeService } from './service/upgrade-service.ts';
import { createAddressWebhook } from './steps/address-webhook.ts';
import { createRedisAccess } from './steps/redis-access.ts';
import { createRunbook } from './steps/runbook.ts';
import { DEFAULT_STEP_SETTINGS, type StepSettings } from './steps/settings.ts';
import type { StepDeps } from './steps/step-deps.ts';
import type { EventType } from './upgrade/events.ts';

/** Upgrades that one process looks at side by side. */
const CONCURRENT_UPGRADES = 16;
/** After a defect in a step: not a busy loop, and soon enough for the cutover's budget to be noticed. */
const RETRY_AFTER_DEFECT_MS = 2_000;
/** Then other upgrades have their turn. */
const IN_A_ROW_MS = 1_000;
const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const UPGRADE_ID_LENGTH = 8;

export const systemClock = {
  now: () => Date.now(),
  sleep: async (ms: number, signal?: AbortSignal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** The bot without its surfaces: the store, the cloud, the runbook, the service and the doorbells of the engine. */
export interface Core {
  redis: Redis;
  keys: StoreKeys;
  journal: Journal;
  leases: Leases;
  service: UpgradeService;
  bell: Bell;
  /** Begins performing steps. */
  work(): void;
  close(): Promise<void>;
}

export interface CoreParts {
  config: CoreConfig;
  logger: Logger;
  approvers: Approvers;
  /** Told of every change of an upgrade; must not throw. */
  onChange(upgradeId: string): void;
  observeCall(call: { action: string; ms: number; outcome: string }): void;
  observeEvent(event: { type: EventType }): void;
}

/** Connects the rooms. Nothing runs and nothing is changed before `work` is called. */
export function createCore({
  config,
  logger,
  approvers,
  onChange,
  observeCall,
  observeEvent,
}: CoreParts): Core {
  const redis = connectStore(config.REDIS_URL, logger);
  const keys = createStoreKeys();
  const journal = observed(createJournal(redis, keys), observeEvent);
  const scratch = createScratch(redis, keys);
  const leases = createLeases({ redis, keys, leaseMs: config.REDIS_UPGRADE_LEASE_MS, newToken: randomUUID });
  const cloud = connectCloud(config, observeCall);
  const settings = stepSettings(config);
  const stepDeps: StepDeps = {
    cloud,
    access: createRedisAccess(new Map(Object.entries(config.credentials)), settings),
    settings,
    clock: systemClock,
    random: Math.random,
    ...webhookOf(config, settings),
    newApprovalId: () => `ap-${randomBytes(12).toString('hex')}`,
  };
  const steps = createRunbook(stepDeps);
  const workerId = `${hostname()}.${process.pid}`;
  const bell = createBell({
    name: 'upgrades',
    connection: redis,
    prefix: 'redis-upgrade:queue',
    concurrency: CONCURRENT_UPGRADES,
    scope: randomBytes(4).toString('hex'),
    retryMs: RETRY_AFTER_DEFECT_MS,
    clock: systemClock,
    logger,
  });
  const { cutoverBudgetMs, rollbackBudgetMs, undoPatienceMs } = settings;
  const runner = createRunner({
    journal,
    leases,
    scratch,
    steps,
    clock: systemClock,
    logger,
    workerId,
    cutoverBudgetMs,
    rollbackBudgetMs,
    undoPatienceMs,
    inARowMs: IN_A_ROW_MS,
    onChange,
  });
  const service = createUpgradeService({
    cloud,
    journal,
    scratch,
    steps,
    stepDeps,
    approvers,
    clock: systemClock,
    newUpgradeId,
    ring: (upgradeId) => bell.ring(upgradeId),
    onChange,
  });
  return {
    redis,
    keys,
    journal,
    leases,
    service,
    bell,
    work: () => bell.listen(runner),
    async close() {
      await bell.close();
      cloud.close();
      redis.disconnect();
    },
  };
}

/** Counts what this process wrote. */
function observed(journal: Journal, observe: CoreParts['observeEvent']): Journal {
  return {
    ...journal,
    async append(upgradeId, event, token) {
      const said = await journal.append(upgradeId, event, token);
      if (said === 'appended') observe(event);
      return said;
    },
  };
}

function connectCloud(config: CoreConfig, observe: CoreParts['observeCall']) {
  return createTencentCloud({
    secretId: config.TENCENTCLOUD_SECRET_ID,
    secretKey: config.TENCENTCLOUD_SECRET_KEY,
    ...(config.TENCENTCLOUD_SECURITY_TOKEN === undefined
      ? {}
      : { token: config.TENCENTCLOUD_SECURITY_TOKEN }),
    ...(config.TENCENTCLOUD_ENDPOINT === undefined ? {} : { endpoint: config.TENCENTCLOUD_ENDPOINT }),
    regions: config.TENCENTCLOUD_REGION,
    clock: systemClock,
    random: Math.random,
    observe,
  });
}

/** BullMQ waits for work on duplicates of this connection, so it must not give up on a command by itself. */
function connectStore(url: string, logger: Logger): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', (error) => logger.warn({ err: error }, 'The store cannot be reached'));
  return redis;
}

function newUpgradeId(): string {
  const letters = Array.from({ length: UPGRADE_ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]);
  return `up-${letters.join('')}`;
}

function webhookOf(config: CoreConfig, { webhookTimeoutMs }: StepSettings): Pick<StepDeps, 'announce'> {
  const { REDIS_UPGRADE_WEBHOOK_URL: url, REDIS_UPGRADE_WEBHOOK_SECRET: secret } = config;
  if (url === undefined || secret === undefined) return {};
  return { announce: createAddressWebhook({ url, secret, timeoutMs: webhookTimeoutMs }) };
}

function stepSettings(config: CoreConfig): StepSettings {
  return {
    ...DEFAULT_STEP_SETTINGS,
    pollLastMs: config.REDIS_UPGRADE_POLL_MAX_SECONDS * 1000,
    patienceMs: config.REDIS_UPGRADE_PATIENCE_SECONDS * 1000,
    approvalTtlMs: config.REDIS_UPGRADE_APPROVAL_HOURS * 3_600_000,
    soakMs: config.REDIS_UPGRADE_SOAK_SECONDS * 1000,
    verificationMaxAgeMs: config.REDIS_UPGRADE_VERIFICATION_MAX_AGE_SECONDS * 1000,
    verifyKeysPerSecond: config.REDIS_UPGRADE_VERIFY_KEYS_PER_SECOND,
    verifyDeltaBudgetMs: config.REDIS_UPGRADE_VERIFY_DELTA_MS,
    cutoverBudgetMs: config.REDIS_UPGRADE_CUTOVER_BUDGET_SECONDS * 1000,
    rollbackBudgetMs: config.REDIS_UPGRADE_ROLLBACK_BUDGET_SECONDS * 1000,
  };
}
