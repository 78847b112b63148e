import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Client as DtsClient } from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_client.js';
import { Client as MonitorClient } from 'tencentcloud-sdk-nodejs/tencentcloud/services/monitor/v20180724/monitor_client.js';
import { Client as RedisClient } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_client.js';
import { Client as VpcClient } from 'tencentcloud-sdk-nodejs/tencentcloud/services/vpc/v20170312/vpc_client.js';
import type { CloudLimits } from './cloud-limits.ts';

const CLIENTS = { redis: RedisClient, dts: DtsClient, monitor: MonitorClient, vpc: VpcClient };
export type ServiceName = keyof typeof CLIENTS;

export interface SdkClients {
  /** Sends one request and answers what stands under `Response`. Never repeats; throws the SDK's own failures. */
  request(call: SdkRequest, signal: AbortSignal): Promise<unknown>;
  /** Closes every connection, those in use too. */
  close(): void;
}

export interface SdkRequest {
  service: ServiceName;
  region: string;
  action: string;
  request: object;
}

export interface SdkClientOptions {
  secretId: string;
  secretKey: string;
  token: string | undefined;
  /** `http://host:port` for every service; undefined: Tencent's own hosts. */
  endpoint: string | undefined;
  limits: CloudLimits;
}

/** The SDK's clients, one for each service and region, made when first needed, all on one agent. */
export function createSdkClients(options: SdkClientOptions): SdkClients {
  const { secretId, secretKey, token, limits } = options;
  const url = options.endpoint === undefined ? undefined : new URL(options.endpoint);
  const protocol = url === undefined ? 'https://' : `${url.protocol}//`;
  const agentOptions = { keepAlive: true, maxSockets: limits.maxSockets, timeout: limits.idleSocketMs };
  // Always an agent of our own: without one the SDK sends everything, loopback included, through the proxy that the variable
  // `http_proxy` happens to name.
  const agent = protocol === 'http://' ? new HttpAgent(agentOptions) : new HttpsAgent(agentOptions);
  const httpProfile = {
    agent,
    protocol,
    // In seconds. Only a backstop: each call is cut off by its signal first.
    reqTimeout: (limits.attemptTimeoutMs + 1_000) / 1_000,
    ...(url === undefined ? {} : { endpoint: url.host }),
  };
  const credential = { secretId, secretKey, ...(token === undefined ? {} : { token }) };
  const made = new Map<string, InstanceType<(typeof CLIENTS)[ServiceName]>>();

  function client(service: ServiceName, region: string) {
    const key = `${service} ${region}`;
    const one =
      made.get(key) ??
      new CLIENTS[service]({ credential, region, profile: { language: 'en-US' as const, httpProfile } });
    made.set(key, one);
    return one;
  }

  return {
    // The generated methods do not let a signal through; the method they all call does.
    request: ({ service, region, action, request }, signal) =>
      client(service, region).request(action, request, { signal }),
    close: () => agent.destroy(),
  };
}
