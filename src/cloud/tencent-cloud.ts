import { createBackups } from './backups.ts';
import { type CloudCall, createCalls } from './calls.ts';
import type { Cloud } from './cloud.ts';
import { type CloudClock, type CloudLimits, DEFAULT_CLOUD_LIMITS } from './cloud-limits.ts';
import { createInstances } from './instances.ts';
import { createMetrics } from './metrics.ts';
import { createAddressMoves, createSecurityGroups, createSubnets } from './networks.ts';
import { createSdkClients } from './sdk-clients.ts';
import { createSecrets } from './secrets.ts';
import { createSyncJobs } from './sync-jobs.ts';
import { createSyncLag } from './sync-lag.ts';
import { createTasks } from './tasks.ts';

export interface TencentCloudOptions {
  secretId: string;
  secretKey: string;
  /** Of temporary credentials. */
  token?: string;
  /** Where instances are looked for. */
  regions: readonly string[];
  /** `http://host:port`: every service there. Unset: Tencent's own hosts, directly; proxies named in the environment are not used. */
  endpoint?: string;
  clock: CloudClock;
  /** 0 up to 1, for the jitter of pauses. */
  random: () => number;
  limits?: Partial<CloudLimits>;
  /** Told of each HTTP exchange; must not throw. */
  observe?: (call: CloudCall) => void;
}

/**
 * The Cloud that is Tencent's, through its SDK. Passwords handed to it, and those that Tencent's answers print in clear, never
 * leave: not in a returned value, an error, its cause or an observed call. `close` cuts off what is under way.
 */
export function createTencentCloud(options: TencentCloudOptions): Cloud & { close(): void } {
  const { secretId, secretKey, token, regions, endpoint, clock, random } = options;
  const limits = { ...DEFAULT_CLOUD_LIMITS, ...options.limits };
  const secrets = createSecrets();
  secrets.learn(secretKey, token);
  const clients = createSdkClients({ secretId, secretKey, token, endpoint, limits });
  const observe = options.observe ?? (() => undefined);
  const calls = createCalls({ clients, clock, random, limits, secrets, observe });
  const instances = createInstances(calls, regions, limits);
  return {
    ...instances,
    ...createTasks(calls, secrets, instances.readInstance),
    ...createAddressMoves(calls),
    ...createSecurityGroups(calls),
    ...createSubnets(calls),
    ...createBackups(calls, clock, limits),
    ...createMetrics(calls, clock),
    ...createSyncLag(calls),
    ...createSyncJobs({ calls, secrets, clock, limits }),
    close: () => calls.close(),
  };
}
