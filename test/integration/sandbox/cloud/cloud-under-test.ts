import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dts } from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/index.js';
import { monitor } from 'tencentcloud-sdk-nodejs/tencentcloud/services/monitor/index.js';
import { redis } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/index.js';
import { vpc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/vpc/index.js';
import { instantDurations } from '../../../../src/sandbox/cloud/durations.ts';
import {
  type SandboxCloud,
  type SandboxCloudOptions,
  startSandboxCloud,
} from '../../../../src/sandbox/cloud/sandbox-cloud.ts';
import type { RegionSeed } from '../../../../src/sandbox/cloud/world/seeds.ts';
import { FakeDataPlane } from './fake-data-plane.ts';

export const secrets = { secretId: 'AKIDsandbox', secretKey: 'sandbox-key' };

/** One region with two zones and another region, and no instances: each test makes its own. */
export const emptyRegions: readonly RegionSeed[] = [
  {
    region: 'ap-guangzhou',
    vpcs: [
      {
        name: 'main',
        subnets: [
          { name: 'a', zone: 'ap-guangzhou-3' },
          { name: 'b', zone: 'ap-guangzhou-3' },
          { name: 'c', zone: 'ap-guangzhou-4' },
        ],
      },
      { name: 'other', subnets: [{ name: 'd', zone: 'ap-guangzhou-3' }] },
    ],
    securityGroups: [
      {
        id: 'sg-aaaaaaaa',
        name: 'apps',
        inbound: [{ action: 'ACCEPT', cidr: '0.0.0.0/0', port: '6379', protocol: 'tcp' }],
      },
      { id: 'sg-bbbbbbbb', name: 'other', inbound: [] },
    ],
    otherResources: [{ type: 'CVM', id: 'ins-neighbour', subnet: 'a', host: 20 }],
    instances: [],
  },
  {
    region: 'ap-singapore',
    vpcs: [{ name: 'sea', subnets: [{ name: 's', zone: 'ap-singapore-2' }] }],
    instances: [],
  },
];

export interface Clients {
  redis: InstanceType<typeof redis.v20180412.Client>;
  dts: InstanceType<typeof dts.v20211206.Client>;
  monitor: InstanceType<typeof monitor.v20180724.Client>;
  vpc: InstanceType<typeof vpc.v20170312.Client>;
}

export interface CloudUnderTest {
  cloud: SandboxCloud;
  dataPlane: FakeDataPlane;
  /** The SDK's own clients of a region. */
  clients(region?: string, credential?: { secretId: string; secretKey: string; token?: string }): Clients;
  close(): Promise<void>;
}

/** A sandbox on the fake data plane, with tasks that take no time unless other durations are given. */
export async function startCloudUnderTest(
  options: Partial<SandboxCloudOptions> = {},
): Promise<CloudUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-cloud-'));
  const dataPlane = new FakeDataPlane();
  const cloud = await startSandboxCloud({
    dataPlane,
    directory,
    regions: emptyRegions,
    secrets,
    random: Math.random,
    durations: instantDurations,
    requestsPerSecond: 10_000,
    ...options,
  });
  return {
    cloud,
    dataPlane,
    clients: (region = 'ap-guangzhou', credential = secrets) =>
      sdkClients(cloud.endpoint, region, credential),
    close: async () => {
      await cloud.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function sdkClients(
  endpoint: string,
  region: string,
  credential: { secretId: string; secretKey: string; token?: string } = secrets,
): Clients {
  const config = {
    credential,
    region,
    profile: {
      httpProfile: { endpoint: endpoint.replace('http://', ''), protocol: 'http://', reqTimeout: 10 },
    },
  };
  return {
    redis: new redis.v20180412.Client(config),
    dts: new dts.v20211206.Client(config),
    monitor: new monitor.v20180724.Client(config),
    vpc: new vpc.v20170312.Client(config),
  };
}

/** The error code of a call that must be refused. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('The call was not refused');
}

/** Polls until `read` gives something else than undefined. */
export async function eventually<T>(
  read: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('It did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
