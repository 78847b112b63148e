import { mkdir } from 'node:fs/promises';
import type { Action } from './api/action.ts';
import { ApiCalls } from './api/api-calls.ts';
import { type ApiServer, startApiServer } from './api/api-server.ts';
import { ControlPages } from './api/control-pages.ts';
import { Journal, type JournaledCall } from './api/journal.ts';
import { defaultRequestsPerSecond } from './api/request-limits.ts';
import type { Credentials } from './api/signature.ts';
import type { Clock } from './clock.ts';
import type { DataPlane } from './data-plane.ts';
import { SyncJobs } from './dts/sync-jobs.ts';
import { type Durations, elapse } from './durations.ts';
import { Faults } from './faults.ts';
import { Metrics } from './monitor/metrics.ts';
import { sandboxActions } from './sandbox-actions.ts';
import { Backups } from './world/backups.ts';
import { type Instance, type InstanceSpec, Instances } from './world/instances.ts';
import type { LoopbackBlock } from './world/loopback-block.ts';
import { Network, type Subnet, type Vpc } from './world/network.ts';
import { plantSeeds } from './world/plant-seeds.ts';
import { SecurityGroups } from './world/security-groups.ts';
import type { RegionSeed } from './world/seeds.ts';
import { Tasks } from './world/tasks.ts';
import type { ReadOnlyRefusal, World } from './world/world.ts';

export interface SandboxCloudOptions {
  dataPlane: DataPlane;
  /** A temporary directory; every instance gets a directory of its own in it. */
  directory: string;
  regions: readonly RegionSeed[];
  /** Keys the API accepts; with `token`, as temporary credentials. */
  secrets: Credentials;
  clock?: Clock;
  random: () => number;
  durations: Readonly<Durations>;
  host?: string;
  /** 0, the default: any free port. */
  port?: number;
  /** Port of the instances that name none; 6379 unless given. */
  servicePort?: number;
  /** Calls of each action; 20, Tencent's figure, unless given. */
  requestsPerSecond?: number;
  /** Left out: every instance takes the read-only switch. */
  readOnlyRefusal?: ReadOnlyRefusal;
}

/** Tencent Cloud on the loopback network. */
export interface SandboxCloud {
  /** `http://127.0.0.1:PORT`, the one endpoint of all services. */
  readonly endpoint: string;
  /** By id; what the cloud's books say and, through `node`, the real server. */
  readonly instances: ReadonlyMap<string, Instance>;
  readonly vpcs: readonly Vpc[];
  readonly subnets: readonly Subnet[];
  readonly faults: Faults;
  readonly calls: readonly JournaledCall[];
  /** Every action the API answers. */
  readonly actions: readonly Pick<Action, 'service' | 'name'>[];
  /** Change them at any time; they are read anew at each use. */
  readonly durations: Durations;
  createInstance(spec: InstanceSpec): Promise<Instance>;
  /** Who really answers at an address now. */
  addressHolder(ip: string, port: number): string | undefined;
  /** Every replicated command of every sync job is applied so much later. */
  setReplicationDelay(ms: number): void;
  /** Breaks a sync job under way at once. */
  failSyncJob(jobId: string, errorLog: string): void;
  /** Resolves when no task runs. */
  tasksSettled(): Promise<void>;
  close(): Promise<void>;
}

const defaultServicePort = 6379;
/** A task whose effect hangs does not keep the sandbox from closing. */
const closeDeadlineMs = 5_000;

/** Builds the seeded world and starts its API. Rejects, with everything taken down again, when any of it fails. */
export async function startSandboxCloud(options: SandboxCloudOptions): Promise<SandboxCloud> {
  const replication = { delayMs: 0 };
  const blocks: LoopbackBlock[] = [];
  const world = buildWorld(options, () => replication.delayMs);
  const names = options.regions.map(({ region }) => region);
  const actions = sandboxActions(world, names);
  const journal = new Journal();
  let server: ApiServer | undefined;
  const close = async (): Promise<void> => {
    await server?.close();
    world.metrics.close();
    await world.syncJobs.close();
    await Promise.race([world.tasks.settled(), elapse(closeDeadlineMs)]);
    await world.instances.close();
    await Promise.all(blocks.map((block) => block.release()));
  };
  try {
    await mkdir(options.directory, { recursive: true });
    await plantSeeds(world, {
      regions: options.regions,
      random: options.random,
      servicePort: options.servicePort ?? defaultServicePort,
      claimed: (block) => blocks.push(block),
    });
    server = await startApiServer({
      calls: new ApiCalls({
        actions,
        accounts: [options.secrets],
        faults: world.faults,
        journal,
        clock: world.clock,
        requestsPerSecond: options.requestsPerSecond ?? defaultRequestsPerSecond,
      }),
      control: new ControlPages(world.faults, journal),
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      clock: world.clock,
      random: options.random,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoint: server.endpoint,
    instances: world.instances.byId,
    vpcs: names.flatMap((name) => world.network.vpcs(name)),
    subnets: names.flatMap((name) => world.network.subnets(name)),
    faults: world.faults,
    calls: journal.calls,
    actions,
    durations: world.durations,
    createInstance: (spec) => world.instances.create(spec),
    addressHolder: (ip, port) => addressHolder(world, ip, port),
    setReplicationDelay: (ms) => {
      replication.delayMs = ms;
    },
    failSyncJob: (jobId, errorLog) => world.syncJobs.failNow(jobId, errorLog),
    tasksSettled: () => world.tasks.settled(),
    close,
  };
}

function buildWorld(options: SandboxCloudOptions, replicationDelayMs: () => number): World {
  const { dataPlane, directory, random } = options;
  const clock = options.clock ?? { now: () => Date.now() };
  const durations = { ...options.durations };
  const faults = new Faults(clock);
  const network = new Network(clock, random);
  const instances = new Instances({
    dataPlane,
    network,
    directory,
    clock,
    random,
    servicePort: options.servicePort ?? defaultServicePort,
  });
  return {
    clock,
    random,
    durations,
    faults,
    dataPlane,
    network,
    instances,
    tasks: new Tasks({ clock, durations, faults }),
    backups: new Backups(),
    securityGroups: new SecurityGroups(random),
    syncJobs: new SyncJobs({ clock, durations, faults, dataPlane, instances, replicationDelayMs }),
    metrics: new Metrics({ instances, durations, clock }),
    readOnlyRefusal: options.readOnlyRefusal,
  };
}

function addressHolder(world: World, ip: string, port: number): string | undefined {
  for (const instance of world.instances.byId.values()) {
    const address = instance.node?.address();
    if (address?.ip === ip && address.port === port) return instance.id;
  }
  return undefined;
}
