import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createRedisDataPlane } from '../cloud/data-plane/redis-data-plane.ts';
import type { Address, CopyProgress, EngineVersion } from '../cloud/data-plane.ts';
import { instantDurations, realisticDurations } from '../cloud/durations.ts';
import { type SandboxCloud, type SandboxCloudOptions, startSandboxCloud } from '../cloud/sandbox-cloud.ts';
import { type Instance, instanceStatus } from '../cloud/world/instances.ts';
import { findRedisServer } from '../redis-server/find-redis-server.ts';
import type { RedisBinary } from '../redis-server/redis-binary.ts';
import { type SandboxSlack, startSandboxSlack } from '../slack/sandbox-slack.ts';
import { seededRandom } from '../traffic/seeded-random.ts';
import { startTraffic, type Traffic, type TrafficOptions } from '../traffic/start-traffic.ts';
import type { BotProcess } from './bot-process.ts';
import { type BotStore, startBotStore } from './bot-store.ts';
import { CleanUp } from './clean-up.ts';
import { type Landscape, landscapeFor, type Pair } from './landscape.ts';
import { loadBaseData } from './load-base-data.ts';
import { type PanelFacts, panelsOf } from './panels.ts';
import { sandboxSecrets, startBots } from './start-bots.ts';
import { type WatchedDataPlane, watchCopies } from './watched-copies.ts';

export interface WorldOptions extends Pair {
  /** Keys on the source before the traffic begins. */
  keys: number;
  /** `realistic`: tasks take a watchable time; `instant`: only real work takes time. */
  cloudSpeed: 'realistic' | 'instant';
  /** `child`: the built bot runs as a process of this one; `external`: somebody else starts it with `botEnvironment`. */
  botMode: 'child' | 'external';
  /** Processes of the bot that share the work; one unless given. */
  workers?: number;
  /** Slack talks to the bot over a websocket instead of signed HTTP. */
  socketMode?: boolean;
  /** Made when missing and kept; left out: a temporary one that goes when the world does. */
  directory?: string;
  seed?: number;
  /** Of the page; left out: any free one. */
  pagePort?: number;
  /**
   * Instances of 2.8 refuse the read-only switch: with `InvalidParameter`, or with the code given. Tencent documents AuthFailure,
   * FailedOperation.SystemError, InternalError, InvalidParameter and ResourceNotFound for it.
   */
  refuseReadOnly?: boolean | string;
  /** Further variables of the bot. */
  botSettings?: Record<string, string>;
  traffic?: Partial<Omit<TrafficOptions, 'endpoint' | 'clusterSafe' | 'prefix'>>;
  /** Told what is being started, for people who wait. */
  onProgress?: (what: string) => void;
}

/** A whole world on one machine: cloud, instances, traffic, Slack with people, and the bot with its own store. */
export interface World {
  readonly cloud: SandboxCloud;
  readonly slack: SandboxSlack;
  readonly traffic: Traffic;
  readonly bot: BotProcess;
  /** All processes of the bot; `bot` is the first. */
  readonly bots: readonly BotProcess[];
  readonly store: Pick<BotStore, 'restart'>;
  readonly storeUrl: string;
  /** What an external bot has to be started with. */
  readonly botEnvironment: Readonly<Record<string, string>>;
  readonly botLogPath: string;
  readonly source: Instance;
  readonly target: Instance;
  /** The address that clients use. */
  readonly address: Address;
  readonly baseData: { keys: number; seed: number; loadedAtMs: number };
  /** The instance that answers at the address now. */
  holder(): Instance | undefined;
  /** Where an instance's server is reached behind its address, so that no proxy stands between it and an audit. */
  innerEndpoint(instance: Instance): Promise<{ host: string; port: number; password?: string }>;
  newestCopy(): CopyProgress | undefined;
  close(): Promise<void>;
}

/** Starts everything; resolves when the bot is ready and clients write. Rejects with all of it taken down again. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const cleanUp = new CleanUp();
  try {
    return await build(options, cleanUp);
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

async function build(options: WorldOptions, cleanUp: CleanUp): Promise<World> {
  const say = options.onProgress ?? (() => undefined);
  const seed = options.seed ?? 1;
  const directory = await prepareDirectory(options.directory, cleanUp);
  const landscape = landscapeFor(options);
  say('the cloud and its instances');
  const dataPlane = watchCopies(createRedisDataPlane({ binaryFor }));
  const cloud = await startCloud({ options, directory, landscape, dataPlane, seed });
  cleanUp.add(() => cloud.close());
  const [source, target] = [instanceOf(cloud, landscape.sourceId), instanceOf(cloud, landscape.targetId)];
  say(`${options.keys} keys on ${source.id}`);
  const baseData = await fill(source, { keys: options.keys, seed });
  const address = source.address;
  const store = await startBotStore(directory, process.env);
  cleanUp.add(() => store.stop());
  const parts: Parts = { options, cloud, address, source, target, dataPlane };
  const panel: PanelSource = { bots: [], traffic: undefined };
  const slack = await startSandboxSlack({
    random: seededRandom(seed + 1),
    ...(options.pagePort !== undefined && { port: options.pagePort }),
    panels: () => panelsOf(panelFacts(parts, panel)),
  });
  cleanUp.add(() => slack.close());
  say('the bot');
  const bots = await startBots(
    {
      directory,
      landscape,
      storeUrl: store.url,
      slack,
      cloud,
      socketMode: options.socketMode === true,
      workers: options.workers ?? 1,
      mode: options.botMode,
      extra: options.botSettings ?? {},
    },
    cleanUp,
  );
  panel.bots = bots.processes;
  say('the traffic');
  const traffic = await startTraffic({
    endpoint: { host: address.ip, port: address.port, ...passwordOf(source) },
    clusterSafe: options.to === 'cluster',
    seed,
    ...options.traffic,
  });
  cleanUp.add(() => traffic.close());
  panel.traffic = traffic;
  return {
    cloud,
    slack,
    traffic,
    bot: bots.processes[0],
    bots: bots.processes,
    store,
    storeUrl: store.url,
    botEnvironment: bots.environment,
    botLogPath: bots.logPath,
    source,
    target,
    address,
    baseData,
    holder: () => holderOf(parts),
    innerEndpoint,
    newestCopy: () => dataPlane.newestCopy(),
    close: () => cleanUp.run(),
  };
}

/** A server of that version when a variable names one, any newer one that poses as it otherwise. */
async function binaryFor(version: EngineVersion): Promise<RedisBinary> {
  return await findRedisServer({ version, env: process.env });
}

async function prepareDirectory(wanted: string | undefined, cleanUp: CleanUp): Promise<string> {
  if (wanted !== undefined) {
    await mkdir(wanted, { recursive: true });
    return wanted;
  }
  const directory = await mkdtemp(join(tmpdir(), 'redis-upgrade-sandbox-'));
  cleanUp.add(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

interface Parts {
  options: WorldOptions;
  cloud: SandboxCloud;
  address: Address;
  source: Instance;
  target: Instance;
  dataPlane: WatchedDataPlane;
}

async function startCloud(parts: {
  options: WorldOptions;
  directory: string;
  landscape: Landscape;
  dataPlane: WatchedDataPlane;
  seed: number;
}): Promise<SandboxCloud> {
  return await startSandboxCloud({
    dataPlane: parts.dataPlane,
    directory: join(parts.directory, 'instances'),
    regions: parts.landscape.regions,
    secrets: sandboxSecrets,
    random: seededRandom(parts.seed),
    durations: parts.options.cloudSpeed === 'instant' ? instantDurations : realisticDurations,
    ...readOnlyRefusalOf(parts.options),
  });
}

function readOnlyRefusalOf({ refuseReadOnly = false }: WorldOptions): Partial<SandboxCloudOptions> {
  if (refuseReadOnly === false) return {};
  const code = refuseReadOnly === true ? 'InvalidParameter' : refuseReadOnly;
  return { readOnlyRefusal: { versions: ['2.8'], code } };
}

function instanceOf(cloud: SandboxCloud, id: string): Instance {
  const instance = cloud.instances.get(id);
  if (instance === undefined) throw new Error(`The sandbox has no instance ${id}`);
  return instance;
}

async function fill(source: Instance, data: { keys: number; seed: number }): Promise<World['baseData']> {
  const redis = new Redis(await innerEndpoint(source));
  try {
    const loadedAtMs = Date.now();
    await loadBaseData(redis, { ...data, loadedAtMs });
    return { ...data, loadedAtMs };
  } finally {
    redis.disconnect();
  }
}

async function innerEndpoint(instance: Instance): ReturnType<World['innerEndpoint']> {
  const { inner } = await instance.start();
  if ('path' in inner) throw new Error(`${instance.id} is reached by a socket only`);
  return { ...inner, ...passwordOf(instance) };
}

function passwordOf(instance: Instance): { password?: string } {
  return instance.password === undefined ? {} : { password: instance.password };
}

function holderOf({ cloud, address }: Parts): Instance | undefined {
  const id = cloud.addressHolder(address.ip, address.port);
  return id === undefined ? undefined : cloud.instances.get(id);
}

interface PanelSource {
  bots: readonly BotProcess[];
  traffic: Traffic | undefined;
}

function panelFacts(parts: Parts, panel: PanelSource): PanelFacts {
  const row = (role: string, instance: Instance): PanelFacts['instances'][number] => ({
    id: instance.id,
    role,
    version: `${instance.version} ${instance.architecture}`,
    address: `${instance.address.ip}:${instance.address.port}`,
    state: instance.status === instanceStatus.running ? 'running' : instance.flowTitle || 'not running',
    readOnly: instance.node?.readOnly() ?? false,
  });
  return {
    address: `${parts.address.ip}:${parts.address.port}`,
    holder: holderOf(parts)?.id,
    instances: [row('Source', parts.source), row('Target', parts.target)],
    traffic: panel.traffic?.figures(),
    copy: parts.dataPlane.newestCopy(),
    botRuns: parts.options.botMode === 'external' || panel.bots.some((bot) => bot.pid() !== undefined),
  };
}
