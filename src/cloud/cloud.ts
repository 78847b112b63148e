import type { Instance, InstanceRef, PrivateAddress } from '../upgrade/instance.ts';

/**
 * Tencent Cloud in the product's words: what the steps and the service may ask of it. One implementation speaks to
 * Tencent through its SDK (tencent-cloud.ts). Reads are retried inside and reject only when their deadline is over;
 * mutations are attempted exactly once: whoever calls one looks first, and looks again when it rejects, since an error
 * can hide a success. Every rejection is a CloudError.
 */
export interface Cloud {
  /** The instance with this id in any of the configured regions; undefined when none of them knows it. */
  findInstance(id: string): Promise<Instance | undefined>;
  /** Reads one instance again, past any cache. Rejects with CLOUD_NOT_FOUND when it is gone. */
  readInstance(ref: InstanceRef): Promise<Instance>;
  /** All instances of all configured regions. */
  listInstances(): Promise<Instance[]>;

  securityGroups(ref: InstanceRef): Promise<string[]>;
  attachSecurityGroup(ref: InstanceRef, groupId: string): Promise<void>;
  detachSecurityGroup(ref: InstanceRef, groupId: string): Promise<void>;

  /** Moves the instance into a subnet (changeVpc); its address there is `ip` when given, else chosen by Tencent. */
  moveToSubnet(ref: InstanceRef, to: { vpcId: string; subnetId: string; ip?: string }): Promise<Task>;
  /** Gives the instance another private address (changeVip); the old one is released at once (Recycle 0). */
  changeAddress(ref: InstanceRef, to: PrivateAddress): Promise<Task>;
  /** Changes the port alone (changeVPort). */
  changePort(ref: InstanceRef, port: number): Promise<Task>;
  /** The read-only switch (ModifyInstanceReadOnly). */
  setReadOnly(ref: InstanceRef, readOnly: boolean): Promise<Task>;
  /**
   * Where a task stands. An unknown status is an error, never a guess. A task without a number is running as long as its
   * instance is in a flow, and `succeeded` then says only that none runs: look at the effect. Without an instance either, rejects.
   */
  readTask(task: Task): Promise<TaskState>;

  startBackup(ref: InstanceRef, remark: string): Promise<Task>;
  /** Manual and automatic backups of the last `days` days, newest first. */
  listBackups(ref: InstanceRef, days: number): Promise<Backup[]>;

  /** Who holds an address of a subnet now; undefined when it is free. */
  addressUser(place: SubnetRef, ip: string): Promise<AddressUser | undefined>;
  readSubnet(place: SubnetRef): Promise<Subnet>;

  /** Bytes the sync job of this source lags behind, by the Redis product (DescribeInstanceDTSInfo). */
  readSyncLag(source: InstanceRef): Promise<SyncLag>;
  /** Latest value and its time of each metric asked for, of points not older than `sinceMs` (epoch); absent when there is none. */
  readMetrics(
    ref: InstanceRef,
    names: readonly MetricName[],
    sinceMs: number,
  ): Promise<Partial<Record<MetricName, MetricPoint>>>;

  /** The sync jobs carrying this upgrade's tag, those of every state; the look before a purchase. */
  findSyncJobs(region: string, upgradeId: string): Promise<SyncJob[]>;
  /** Buys one link, tagged with the upgrade's id. */
  createSyncJob(region: string, order: SyncJobOrder): Promise<string>;
  configureSyncJob(ref: SyncJobRef, setup: SyncJobSetup): Promise<void>;
  startSyncJobCheck(ref: SyncJobRef): Promise<void>;
  readSyncJobCheck(ref: SyncJobRef): Promise<SyncJobCheck>;
  startSyncJob(ref: SyncJobRef): Promise<void>;
  /** May be answered from a page shared with other upgrades that is at most `syncJobPageMs` old, unless `fresh`. */
  readSyncJob(ref: SyncJobRef, options?: { fresh?: boolean }): Promise<SyncJob>;
  /**
   * Whether a job that runs keeps its target from taking writes of others (ModifyMigrateRuntimeAttribute, IsDstReadOnly). Tencent
   * documents no way to read it back: look at what the target does with writes.
   */
  setSyncTargetReadOnly(ref: SyncJobRef, readOnly: boolean): Promise<void>;
  completeSyncJob(ref: SyncJobRef): Promise<void>;
  stopSyncJob(ref: SyncJobRef): Promise<void>;
  isolateSyncJob(ref: SyncJobRef): Promise<void>;
}

export interface Task {
  region: string;
  /** 0 when Tencent gave no number (it does so for some read-only switches). */
  id: number;
  requestId: string;
  /** Whose task it is; by this a task without a number is read. */
  instanceId?: string;
}
export type TaskState = { status: 'running' | 'succeeded' } | { status: 'failed'; message: string };

export interface Backup {
  id: string;
  /** Epoch milliseconds; Tencent prints Beijing time. 0 when it prints none. */
  startedAtMs: number;
  kind: 'manual' | 'automatic';
  status: 'in-flow' | 'usable' | 'expired' | 'unknown';
  remark: string;
}

export interface SubnetRef {
  region: string;
  vpcId: string;
  subnetId: string;
}
export interface Subnet extends SubnetRef {
  zone: string;
  cidr: string;
  availableIpCount: number;
}
export interface AddressUser {
  resourceType: string;
  resourceId: string;
}

export interface SyncLag {
  jobId: string;
  /** undefined when Tencent does not say. */
  lagBytes: number | undefined;
}

/** Names as Tencent's QCE/REDIS_MEM namespace has them. */
export type MetricName =
  | 'Commands'
  | 'CmdRead'
  | 'CmdWrite'
  | 'CmdErr'
  | 'Connections'
  | 'MemUsed'
  | 'Keys'
  | 'Evicted'
  | 'LatencyAvg';
export interface MetricPoint {
  value: number;
  /** Epoch milliseconds. */
  atMs: number;
}

export interface SyncJobRef {
  region: string;
  id: string;
}
/**
 * Tencent's job states in fewer words. `unknown` is any string not documented: callers wait a bounded time and then refuse.
 * `catching-up` is readyComplete: incremental copy, may be completed. `isolated` is a job whose service was given back, in whatever
 * state it was then: `rawStatus` still says which.
 */
export type SyncJobStatus =
  | 'created'
  | 'checking'
  | 'check-passed'
  | 'check-failed'
  | 'starting'
  | 'copying'
  | 'catching-up'
  | 'completing'
  | 'completed'
  | 'stopping'
  | 'stopped'
  | 'paused'
  | 'interrupted'
  | 'failed'
  | 'isolated'
  | 'unknown';
export interface SyncJob extends SyncJobRef {
  status: SyncJobStatus;
  /** Tencent's own word, for people. */
  rawStatus: string;
  sourceId: string | undefined;
  targetId: string | undefined;
  /** Of the full copy, 0 to 100; undefined when not available. */
  percent: number | undefined;
  /** MasterSlaveDistance in MB; undefined when not available (-1 on the wire). */
  lagMb: number | undefined;
  /** Why it failed, in Tencent's words with secrets removed; empty when it did not. */
  error: string;
  tradeStatus: 'normal' | 'isolated' | 'offline' | 'other';
}
export interface SyncJobOrder {
  upgradeId: string;
  sourceRegion: string;
  targetRegion: string;
  name: string;
}
export interface SyncJobSetup {
  /** What the target holds is deleted before the copy; else a target that holds anything fails the check. */
  clearsTarget: boolean;
  source: InstanceRef & {
    password: string | undefined;
    username: string | undefined;
    edition: 'standard' | 'cluster';
  };
  target: InstanceRef & {
    password: string | undefined;
    username: string | undefined;
    edition: 'standard' | 'cluster';
  };
}
export interface SyncJobCheck {
  status: 'not-started' | 'running' | 'passed' | 'failed';
  items: {
    id: string;
    name: string;
    status: 'passed' | 'failed' | 'warning' | 'not-started' | 'blocked';
    message: string;
    canSkip: boolean;
  }[];
}
