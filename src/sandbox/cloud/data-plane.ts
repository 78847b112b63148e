/**
 * The seam inside the sandbox's cloud: the control plane (API, tasks, billing of time) on one side, the data plane
 * (real redis-server processes, the proxies in front of them, the copying of a sync job) on the other.
 */

/** Redis versions the sandbox can pose as. */
export type EngineVersion = '2.8' | '4.0' | '5.0' | '6.2' | '7.0';

/** Tencent's two architectures: one shard without cluster mode, or cluster mode behind a proxy. */
export type Architecture = 'standard' | 'cluster';

/** An address of an instance: a listener on the loopback network. */
export interface Address {
  ip: string;
  port: number;
}

/** Traffic counters of one instance since it started; the proxy counts what clients sent, by kind of command. */
export interface InstanceCounters {
  reads: number;
  writes: number;
  others: number;
  /** Error replies sent to clients. */
  errors: number;
  /** Client connections open now. */
  connections: number;
  inBytes: number;
  outBytes: number;
}

/** What the server itself tells (INFO and DBSIZE). */
export interface ServerFigures {
  usedMemoryBytes: number;
  keys: number;
  expiredKeys: number;
  evictedKeys: number;
  /** master_repl_offset of the server. */
  replicationOffsetBytes: number;
}

/** One TencentDB instance: a real redis-server and the proxy that clients reach it through. */
export interface DataNode {
  readonly version: EngineVersion;
  readonly architecture: Architecture;
  /** Where the server really listens, for the sandbox alone; clients never see it. */
  readonly inner: { path: string } | { host: string; port: number };
  /** Starts listening for clients on `address`; rejects with EADDRINUSE when somebody holds it. */
  listen(address: Address): Promise<void>;
  /** Stops listening and cuts every client connection at once (Tencent: an address change cuts every connection). */
  unlisten(): Promise<void>;
  /** Address served now, undefined when none. */
  address(): Address | undefined;
  /** Undefined: password-free. */
  setPassword(password: string | undefined): Promise<void>;
  /**
   * Read-only on: every write from now on is refused with READONLY, those of scripts and of transactions included;
   * reads go on. Resolves only when every write that was already on its way has been answered.
   */
  setReadOnly(readOnly: boolean): Promise<void>;
  readOnly(): boolean;
  counters(): InstanceCounters;
  figures(): Promise<ServerFigures>;
  /** Saves an RDB file (a backup) and resolves with its size when it is usable. */
  save(): Promise<{ path: string; bytes: number }>;
  /** Deletes all data. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface DataNodeOptions {
  version: EngineVersion;
  architecture: Architecture;
  /** A directory of its own; the node writes nothing outside it. */
  directory: string;
  password: string | undefined;
  maxMemoryMb: number;
}

/** Where a copy stands. Bytes are of the replication stream; -1 where a figure is not available yet. */
export interface CopyProgress {
  phase: 'starting' | 'full' | 'incremental' | 'completed' | 'stopped' | 'failed';
  /** Of the full copy, 0 to 100. */
  percent: number;
  keysCopied: number;
  keysTotal: number;
  /** Source offset minus applied offset, in bytes. */
  lagBytes: number;
  /** In the style of Tencent's ErrorLog, when failed. */
  error: string | undefined;
}

/** A running copy of one instance into another: full copy, then the live replication stream. */
export interface Copy {
  /** As known now; the source's offset is at most some 20 ms old. */
  progress(): CopyProgress;
  /** Asks the source for its offset first. */
  measure(): Promise<CopyProgress>;
  /** Stops applying for good once everything received has been applied. */
  complete(): Promise<void>;
  /** Stops at once. */
  stop(): Promise<void>;
}

export interface CopyOptions {
  source: DataNode;
  target: DataNode;
  /** `normal`: fails when the target is not empty. */
  writeMode: 'normal' | 'clearData' | 'overwrite';
  /** Every replicated command is applied this much later: replication lag on demand. */
  delayMs: () => number;
  /** Bound on the full copy's speed, keys a second; undefined: as fast as it goes. */
  fullCopyKeysPerSecond?: number;
}

/** What the control plane builds its instances and sync jobs from. */
export interface DataPlane {
  createNode(options: DataNodeOptions): Promise<DataNode>;
  startCopy(options: CopyOptions): Copy;
}
