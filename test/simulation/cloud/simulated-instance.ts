import type { Instance, PrivateAddress, RedisVersion } from '../../../src/upgrade/instance.ts';
import { SimulatedServer } from '../redis/simulated-server.ts';

export const REGION = 'ap-guangzhou';
const VPC = 'vpc-1';
export const ZONE = 100003;

/** One TencentDB instance: what the cloud says of it, and the server inside. */
export interface SimulatedInstance {
  id: string;
  name: string;
  version: RedisVersion;
  edition: 'standard' | 'cluster';
  subnetId: string;
  address: PrivateAddress;
  memoryMb: number;
  groups: string[];
  /** The task that holds it; undefined: it is idle. */
  task: number | undefined;
  server: SimulatedServer;
}

export function createInstance(
  facts: Pick<
    SimulatedInstance,
    'id' | 'version' | 'edition' | 'subnetId' | 'address' | 'memoryMb' | 'groups'
  >,
  inside: { password: string; now: () => number },
): SimulatedInstance {
  const server = new SimulatedServer({ runId: `run-${facts.id}`, version: `${facts.version}.1`, ...inside });
  return { ...facts, name: facts.id, task: undefined, server };
}

/** As DescribeInstances tells it. */
export function describe(instance: SimulatedInstance): Instance {
  return {
    id: instance.id,
    region: REGION,
    name: instance.name,
    version: instance.version,
    edition: instance.edition,
    engine: 'redis',
    status: instance.task === undefined ? 'running' : 'in-flow',
    address: { ...instance.address },
    vpcId: VPC,
    subnetId: instance.subnetId,
    zoneId: ZONE,
    memoryMb: instance.memoryMb,
    shardCount: 1,
    replicaCount: 1,
    passwordFree: false,
    proxyVersion: undefined,
  };
}
