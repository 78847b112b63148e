import type { Backup, Task, TaskState } from '../../../src/cloud/cloud.ts';
import type { PrivateAddress } from '../../../src/upgrade/instance.ts';
import type { CloudParts } from './cloud-parts.ts';
import { Refusal } from './refusal.ts';
import { REGION, type SimulatedInstance } from './simulated-instance.ts';
import { SyncJobs } from './sync-jobs.ts';

interface RunningTask {
  state: TaskState;
}

/** First addresses that the cloud itself hands out in a subnet, so that they are not those that the plan picks. */
const HANDED_OUT_FROM = 200;

const HOT_MS = 1_200;

/** The account's cloud: instances, their network, their tasks, the sync jobs. Strict as the real one, and as slow as it likes. */
export class SimulatedCloud {
  readonly instances = new Map<string, SimulatedInstance>();
  readonly jobs: SyncJobs;
  /** Addresses that resources of others hold. */
  readonly foreign = new Map<string, string>();
  readonly backups: Backup[] = [];
  /** Until when it is interesting to write: something about addresses or writing has just changed. */
  hotUntilMs = 0;
  onHeat: () => void = () => undefined;
  private readonly readOnly = new Set<string>();
  private readonly tasks = new Map<number, RunningTask>();
  private readonly parts: Omit<CloudParts, 'onGate'>;
  private readonly fenceOf = new Map<string, 'works' | 'refused' | 'lets-scripts-through'>();

  constructor(parts: Omit<CloudParts, 'onGate'>) {
    this.parts = parts;
    this.jobs = new SyncJobs({ ...parts, onGate: (id) => this.setGate(id) }, (id) => this.get(id));
  }

  add(instance: SimulatedInstance): void {
    this.instances.set(instance.id, instance);
    const { faults } = this.parts;
    if (faults.strikes('fence-refused', instance.id)) this.fenceOf.set(instance.id, 'refused');
    else if (faults.strikes('fence-lets-scripts-through', instance.id)) {
      this.fenceOf.set(instance.id, 'lets-scripts-through');
    }
    instance.server.hidesConnections = faults.strikes('connections-hidden', instance.id);
    this.hold(instance, instance.address, 'seed');
  }

  get(id: string): SimulatedInstance {
    const found = this.instances.get(id);
    if (found === undefined) throw new Refusal('ResourceNotFound.InstanceNotExists', `no instance ${id}`);
    return found;
  }

  /** Who holds an address of a subnet. */
  userOf(ip: string): string | undefined {
    for (const instance of this.instances.values()) if (instance.address.ip === ip) return instance.id;
    return this.foreign.get(ip);
  }

  changeAddress(id: string, to: PrivateAddress): Task {
    const instance = this.idle(id);
    if (instance.address.ip !== to.ip && this.userOf(to.ip) !== undefined && this.parts.random.chance(0.5)) {
      throw new Refusal('InvalidParameterValue.CheckNotPass', `${to.ip} is in use`);
    }
    this.heat();
    return this.begin(instance, 'address', () => {
      const user = this.userOf(to.ip);
      if (user !== undefined && user !== id) return `${to.ip} is in use`;
      this.move(instance, to);
      return undefined;
    });
  }

  changePort(id: string, port: number): Task {
    const instance = this.idle(id);
    return this.begin(instance, 'port', () => {
      this.move(instance, { ip: instance.address.ip, port });
      return undefined;
    });
  }

  moveToSubnet(id: string, to: { subnetId: string; ip?: string | undefined }): Task {
    const instance = this.idle(id);
    return this.begin(instance, 'subnet', () => {
      const ip = to.ip !== undefined && this.userOf(to.ip) === undefined ? to.ip : this.freeIp(to.subnetId);
      instance.subnetId = to.subnetId;
      this.move(instance, { ip, port: instance.address.port });
      return undefined;
    });
  }

  setReadOnly(id: string, readOnly: boolean): Task {
    const instance = this.idle(id);
    if (readOnly && this.fenceOf.get(id) === 'refused') {
      throw new Refusal('UnsupportedOperation.NotSupported', 'read-only is not supported for this version');
    }
    this.heat();
    const task = this.begin(instance, 'read-only', () => {
      this.heat();
      if (readOnly) this.readOnly.add(id);
      else this.readOnly.delete(id);
      this.setGate(id);
      return undefined;
    });
    return this.parts.faults.strikes('task-without-number', 'read-only') ? { ...task, id: 0 } : task;
  }

  startBackup(id: string, remark: string): Task {
    const instance = this.idle(id);
    const backup: Backup = {
      id: `backup-${this.backups.length + 1}`,
      startedAtMs: 0,
      kind: 'manual',
      status: 'in-flow',
      remark,
    };
    this.backups.unshift(backup);
    return this.begin(
      instance,
      'backup',
      () => {
        backup.status = 'usable';
        return undefined;
      },
      () => this.backups.splice(this.backups.indexOf(backup), 1),
    );
  }

  readTask(id: number): TaskState {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Refusal('ResourceNotFound', `no task ${id}`);
    return task.state;
  }

  /** Somebody's own resource takes an address. */
  grab(ip: string, by: string): void {
    if (this.userOf(ip) !== undefined) return;
    this.foreign.set(ip, by);
    this.parts.history.add({ kind: 'address-taken', ip, by });
  }

  free(ip: string): void {
    const by = this.foreign.get(ip);
    if (by === undefined) return;
    this.foreign.delete(ip);
    this.parts.history.add({ kind: 'address-freed', ip, by });
  }

  isReadOnly(id: string): boolean {
    return this.readOnly.has(id);
  }

  /** How an instance's read-only switch behaves. */
  fenceKind(id: string): 'works' | 'refused' | 'lets-scripts-through' {
    return this.fenceOf.get(id) ?? 'works';
  }

  private heat(): void {
    this.hotUntilMs = this.parts.timeline.exactly() + HOT_MS;
    this.onHeat();
  }

  private idle(id: string): SimulatedInstance {
    const instance = this.get(id);
    if (instance.task === undefined) return instance;
    throw new Refusal('ResourceUnavailable.InstanceLockedError', `${id} is locked by another flow`);
  }

  /** A task holds its instance until it ends; its effect comes with its end, or not at all. */
  private begin(
    instance: SimulatedInstance,
    what: string,
    effect: () => string | undefined,
    onFailure: () => void = () => undefined,
  ): Task {
    const { faults, random, timeline } = this.parts;
    const id = this.tasks.size + 1;
    const task: RunningTask = { state: { status: 'running' } };
    this.tasks.set(id, task);
    instance.task = id;
    const slow = faults.strikes('task-slow', what) ? 30_000 * random.next() : 0;
    timeline.after(random.next() ** 3 * 4_000 + slow, () => {
      instance.task = undefined;
      const failure = faults.strikes('task-fails', what) ? 'the task failed' : effect();
      task.state = failure === undefined ? { status: 'succeeded' } : { status: 'failed', message: failure };
      if (failure !== undefined) onFailure();
    });
    return { region: REGION, id, requestId: `request-${id}`, instanceId: instance.id };
  }

  private move(instance: SimulatedInstance, to: PrivateAddress): void {
    const { faults, network, timeline, random } = this.parts;
    const from = instance.address;
    this.heat();
    network.leave(from, (connection) => faults.strikes('connection-forgotten', connection.owner));
    this.hold(instance, to, 'cloud');
    if (from.ip === to.ip || !faults.strikes('address-grabbed', from.ip)) return;
    timeline.after(random.next() * 2_000, () => this.grab(from.ip, 'load-balancer'));
  }

  private hold(instance: SimulatedInstance, address: PrivateAddress, by: string): void {
    instance.address = address;
    this.parts.network.listen(address, instance.id, instance.server);
    this.parts.history.add({ kind: 'address', instance: instance.id, ...address, by });
  }

  private setGate(id: string): void {
    const instance = this.get(id);
    const closed = this.readOnly.has(id) || this.jobs.isClosedFor(id);
    const leaky = this.fenceOf.get(id) === 'lets-scripts-through' && !this.jobs.isClosedFor(id);
    const gate = closed ? (leaky ? 'scripts-open' : 'closed') : 'open';
    if (instance.server.gate === gate) return;
    instance.server.gate = gate;
    this.parts.history.add({ kind: 'gate', instance: id, readOnly: closed });
  }

  private freeIp(subnetId: string): string {
    const net = subnetId.endsWith('source') ? '10.0.0' : '10.0.1';
    for (let last = HANDED_OUT_FROM; ; last += 1) {
      if (this.userOf(`${net}.${last}`) === undefined) return `${net}.${last}`;
    }
  }
}
