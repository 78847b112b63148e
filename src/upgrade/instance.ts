/** Redis versions in Tencent's catalogue that this product can name. */
export type RedisVersion = '2.8' | '3.2' | '4.0' | '5.0' | '6.2' | '7.0' | '8.0' | 'unknown';

/** Tencent's architectures. `single` is the 2.8 node without a replica; `unknown` is refused everywhere. */
export type Edition = 'standard' | 'cluster' | 'single' | 'unknown';

/**
 * What an instance is doing. `running` is Status 2, `in-flow` Status 1 (a task runs), the rest cannot be used.
 * A status this product does not know is `unknown` and is treated as not usable.
 */
export type InstanceStatus = 'running' | 'in-flow' | 'initialising' | 'isolated' | 'deleting' | 'unknown';

/** Where a client reaches an instance. */
export interface PrivateAddress {
  ip: string;
  port: number;
}

/** Enough to name an instance in a call: the id and the region its API lives in. */
export interface InstanceRef {
  id: string;
  region: string;
}

/** One TencentDB for Redis instance as the cloud describes it now. */
export interface Instance extends InstanceRef {
  name: string;
  version: RedisVersion;
  edition: Edition;
  /** Any engine that is not Redis (Valkey, Memcached) is named here and refused. */
  engine: 'redis' | 'other';
  status: InstanceStatus;
  address: PrivateAddress;
  vpcId: string;
  subnetId: string;
  zoneId: number;
  /** Total memory of the instance, MB (cluster: all shards together). */
  memoryMb: number;
  shardCount: number;
  replicaCount: number;
  passwordFree: boolean;
  proxyVersion: { current: string; latest: string } | undefined;
}

/** `4.0 cluster`, for people. */
export function describeKind(kind: { version: RedisVersion; edition: Edition }): string {
  return `${kind.version} ${kind.edition}`;
}

/** `10.0.0.7:6379`. */
export function formatAddress(address: PrivateAddress): string {
  return `${address.ip}:${address.port}`;
}
