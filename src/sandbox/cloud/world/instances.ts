import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../api/api-error.ts';
import type { Clock } from '../clock.ts';
import type { Address, Architecture, DataNode, DataPlane, EngineVersion } from '../data-plane.ts';
import { numericId, shortId } from '../identifiers.ts';
import { typeNumber } from './editions.ts';
import type { Network, Subnet } from './network.ts';

/** Tencent's `Status` of an instance. */
export const instanceStatus = {
  uninitialised: 0,
  inFlow: 1,
  running: 2,
  isolated: -2,
  toBeDeleted: -3,
} as const;

/** What to make an instance from. */
export interface InstanceSpec {
  /** `crs-` and eight letters or digits; random when left out. */
  id?: string;
  name: string;
  region: string;
  /** Name or id of a subnet of that region; its zone is the instance's. */
  subnet: string;
  /** Last number of the private address; a random free one when left out. */
  host?: number;
  port?: number;
  version: EngineVersion;
  architecture: Architecture;
  /** Memory of all shards together, in MB. */
  memoryMb?: number;
  shards?: number;
  replicas?: number;
  /** Left out: a password-free instance. */
  password?: string;
  status?: 'uninitialised' | 'running' | 'isolated' | 'toBeDeleted';
  tags?: Readonly<Record<string, string>>;
  securityGroups?: readonly string[];
  /**
   * `eager` (default for a running instance): its server runs when the promise resolves. `lazy`: it starts when
   * something first needs it; until then nobody listens on the address. One that is not running never listens.
   */
  start?: 'eager' | 'lazy';
}

/** One TencentDB instance as the control plane knows it. */
export interface Instance {
  readonly id: string;
  /** Number in the data set: part of the names of its nodes. */
  readonly number: number;
  readonly name: string;
  readonly region: string;
  readonly zone: string;
  readonly version: EngineVersion;
  readonly architecture: Architecture;
  readonly type: number;
  readonly memoryMb: number;
  readonly shards: number;
  readonly replicas: number;
  readonly password: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly securityGroupIds: string[];
  readonly createdAtMs: number;
  status: number;
  /** Human text of the running flow, empty when there is none. */
  flowTitle: string;
  /** The task that holds the instance, 0 when none. */
  taskId: number;
  subnet: Subnet;
  /** Where it may be reached by the cloud's books. */
  address: Address;
  /** Why clients may not write: the read-only switch, and the sync jobs that keep their target for themselves. */
  readonly writeBarriers: Set<string>;
  /** Undefined while its server does not run. */
  node: DataNode | undefined;
  /** The server, started when it was not yet. Rejects when the instance is not one that runs. */
  start(): Promise<DataNode>;
}

export interface InstancesOptions {
  dataPlane: DataPlane;
  network: Network;
  directory: string;
  clock: Clock;
  random: () => number;
  servicePort: number;
}

/** The instances of all regions. */
export class Instances {
  readonly byId = new Map<string, Instance>();
  readonly #options: InstancesOptions;

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  inRegion(region: string): Instance[] {
    return [...this.byId.values()].filter((instance) => instance.region === region);
  }

  /** The instance; an ApiError when this region has none of that id. */
  require(region: string, id: string): Instance {
    const instance = this.byId.get(id);
    if (instance?.region !== region) {
      throw new ApiError('ResourceNotFound.InstanceNotExists', `The instance ${id} does not exist.`);
    }
    return instance;
  }

  /** Rejects when the address is taken or the specification makes no sense. */
  async create(spec: InstanceSpec): Promise<Instance> {
    const instance = this.#build(spec);
    const ip = instance.address.ip;
    if (this.byId.has(instance.id)) throw new Error(`There is an instance ${instance.id} already`);
    if (!this.#options.network.occupy(ip, { resourceType: 'REDIS', resourceId: instance.id })) {
      throw new Error(`${ip} is taken`);
    }
    this.byId.set(instance.id, instance);
    try {
      if (instance.status === instanceStatus.running && spec.start !== 'lazy') await instance.start();
    } catch (error) {
      this.byId.delete(instance.id);
      this.#options.network.release(ip);
      throw error;
    }
    return instance;
  }

  /** Applies the barriers of an instance to its server. Resolves when writes already on their way are answered. */
  async applyWriteBarriers(instance: Instance): Promise<void> {
    const node = await instance.start();
    await node.setReadOnly(instance.writeBarriers.size > 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.byId.values()].map((instance) => instance.node?.close()));
  }

  #build(spec: InstanceSpec): Instance {
    const { network, clock, random, servicePort } = this.#options;
    const subnet = network.findSubnet(spec.region, spec.subnet);
    if (subnet === undefined) throw new Error(`${spec.region} has no subnet ${spec.subnet}`);
    const ip = spec.host === undefined ? network.pickFree(subnet) : subnet.prefix + spec.host;
    if (ip === undefined || !network.contains(subnet, ip)) {
      throw new Error(`${spec.subnet} has no address for ${spec.name}`);
    }
    const memoryMb = spec.memoryMb ?? 1024;
    const starter = { promise: undefined as Promise<DataNode> | undefined };
    const instance: Instance = {
      id: spec.id ?? shortId('crs', random),
      number: numericId(6, random),
      name: spec.name,
      region: spec.region,
      zone: subnet.zone,
      version: spec.version,
      architecture: spec.architecture,
      type: typeNumber(spec.version, spec.architecture),
      memoryMb,
      shards: spec.shards ?? (spec.architecture === 'cluster' ? 3 : 1),
      replicas: spec.replicas ?? 1,
      password: spec.password,
      tags: spec.tags ?? {},
      securityGroupIds: [...(spec.securityGroups ?? [])],
      createdAtMs: clock.now(),
      status: instanceStatus[spec.status ?? 'running'],
      flowTitle: '',
      taskId: 0,
      subnet,
      address: { ip, port: spec.port ?? servicePort },
      writeBarriers: new Set(),
      node: undefined,
      start: () => {
        starter.promise ??= this.#startNode(instance).catch((error: unknown) => {
          starter.promise = undefined;
          throw error;
        });
        return starter.promise;
      },
    };
    return instance;
  }

  async #startNode(instance: Instance): Promise<DataNode> {
    if (instance.status !== instanceStatus.running && instance.status !== instanceStatus.inFlow) {
      throw new Error(`${instance.id} does not run`);
    }
    const directory = join(this.#options.directory, instance.id);
    await mkdir(directory, { recursive: true });
    const node = await this.#options.dataPlane.createNode({
      version: instance.version,
      architecture: instance.architecture,
      directory,
      password: instance.password,
      maxMemoryMb: instance.memoryMb,
    });
    try {
      await node.listen(instance.address);
    } catch (error) {
      await node.close();
      throw error;
    }
    instance.node = node;
    return node;
  }
}
