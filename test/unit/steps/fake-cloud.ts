import type {
  Backup,
  Cloud,
  MetricName,
  MetricPoint,
  SyncJob,
  SyncJobCheck,
  Task,
  TaskState,
} from '../../../src/cloud/cloud.ts';
import { CloudError, type CloudErrorCode } from '../../../src/cloud/cloud-error.ts';
import type { Instance, PrivateAddress } from '../../../src/upgrade/instance.ts';
import type { InstanceFacts } from '../../../src/upgrade/plan.ts';
import { SOURCE, TARGET } from '../upgrade/samples.ts';

export function cloudError(code: CloudErrorCode, retryable = false): CloudError {
  const facts = {
    code,
    retryable,
    tencentCode: '',
    requestId: 'r-1',
    action: 'Test',
    mayHaveHappened: retryable,
  };
  return new CloudError(`asking the cloud: ${code}`, facts);
}

/** How a call that changes something goes: at once; after its task was polled; its task fails; or the call itself says no. */
export type Course =
  | 'at once'
  | 'by a task'
  | { taskFails: string }
  /** The task says it succeeded and nothing has changed. */
  | 'without effect'
  | { throws: CloudError; butHappens?: boolean };

/** A cloud in memory: two instances, their network, one DTS. Calls that change something are listed in `calls`. */
export class FakeCloud implements Cloud {
  readonly instances = new Map<string, Instance>();
  readonly groups = new Map<string, string[]>();
  readonly otherAddresses = new Map<string, { resourceType: string; resourceId: string }>();
  readonly readOnly = new Set<string>();
  readonly backups: Backup[] = [];
  readonly jobs: SyncJob[] = [];
  readonly calls: string[] = [];
  /** The course of the next calls by name, first come first served; then `at once`. */
  readonly courses = new Map<string, Course[]>();
  readonly tasks = new Map<number, { state: TaskState; finish(): void }>();
  readonly metrics: Partial<Record<MetricName, MetricPoint>> = {};
  /** Tags of jobs show up in the list only when this is true. */
  tagsVisible = true;
  lagBytes: number | undefined = 0;
  check: SyncJobCheck = { status: 'passed', items: [] };
  availableIpCount = 100;
  cidr = '10.0.0.0/24';

  constructor() {
    this.put(SOURCE, '2.8');
    this.put(TARGET, '4.0');
  }

  put(facts: InstanceFacts, version: Instance['version']): void {
    const { securityGroups, ...rest } = facts;
    this.groups.set(facts.id, [...securityGroups]);
    this.instances.set(facts.id, {
      ...rest,
      version,
      engine: 'redis',
      status: 'running',
      shardCount: 1,
      replicaCount: 1,
      passwordFree: true,
      proxyVersion: undefined,
    });
  }

  change(id: string, change: Partial<Instance>): void {
    this.instances.set(id, { ...this.get(id), ...change });
  }
  get(id: string): Instance {
    const found = this.instances.get(id);
    if (found === undefined) throw cloudError('CLOUD_NOT_FOUND');
    return found;
  }
  /** Says how the next calls of this name go. */
  next(call: string, ...courses: Course[]): void {
    this.courses.set(call, courses);
  }
  /** Lets every running task come to its end. */
  finishTasks(): void {
    for (const task of this.tasks.values()) if (task.state.status === 'running') task.finish();
  }

  findInstance = async (id: string) => this.instances.get(id);
  readInstance = async (ref: { id: string }) => this.get(ref.id);
  listInstances = async () => [...this.instances.values()];

  securityGroups = async (ref: { id: string }) => this.groups.get(ref.id) ?? [];
  attachSecurityGroup = async (ref: { id: string }, group: string) => {
    this.perform(`attach ${group} to ${ref.id}`, 'attachSecurityGroup', () =>
      this.groups.get(ref.id)?.push(group),
    );
  };
  detachSecurityGroup = async (ref: { id: string }, group: string) => {
    this.perform(`detach ${group} from ${ref.id}`, 'detachSecurityGroup', () => {
      const left = (this.groups.get(ref.id) ?? []).filter((each) => each !== group);
      this.groups.set(ref.id, left);
    });
  };

  moveToSubnet = async (ref: { id: string }, to: { vpcId: string; subnetId: string; ip?: string }) =>
    this.perform(
      `move ${ref.id} to ${to.subnetId}${to.ip === undefined ? '' : ` at ${to.ip}`}`,
      'moveToSubnet',
      () => {
        const { port } = this.get(ref.id).address;
        const { vpcId, subnetId } = to;
        this.change(ref.id, { vpcId, subnetId, address: { ip: to.ip ?? '10.0.0.77', port } });
      },
    );
  changeAddress = async (ref: { id: string }, to: PrivateAddress) =>
    this.perform(`address of ${ref.id} to ${to.ip}:${to.port}`, 'changeAddress', () =>
      this.change(ref.id, { address: to }),
    );
  changePort = async (ref: { id: string }, port: number) =>
    this.perform(`port of ${ref.id} to ${port}`, 'changePort', () =>
      this.change(ref.id, { address: { ...this.get(ref.id).address, port } }),
    );
  setReadOnly = async (ref: { id: string }, readOnly: boolean) =>
    this.perform(`${ref.id} ${readOnly ? 'read-only' : 'writable'}`, 'setReadOnly', () => {
      if (readOnly) this.readOnly.add(ref.id);
      else this.readOnly.delete(ref.id);
    });
  readTask = async (task: Task): Promise<TaskState> => {
    const found = this.tasks.get(task.id);
    if (found === undefined) throw cloudError('CLOUD_NOT_FOUND');
    return found.state;
  };

  startBackup = async (ref: { id: string }, remark: string) =>
    this.perform(`back up ${ref.id}`, 'startBackup', () => {
      const id = `backup-${this.backups.length + 1}`;
      this.backups.unshift({ id, startedAtMs: 0, kind: 'manual', status: 'usable', remark });
    });
  listBackups = async () => this.backups;

  addressUser = async (_place: object, ip: string) => {
    const holder = [...this.instances.values()].find((instance) => instance.address.ip === ip);
    if (holder !== undefined) return { resourceType: 'Redis', resourceId: holder.id };
    return this.otherAddresses.get(ip);
  };
  readSubnet = async (place: { region: string; vpcId: string; subnetId: string }) => ({
    ...place,
    zone: 'ap-guangzhou-3',
    cidr: this.cidr,
    availableIpCount: this.availableIpCount,
  });
  readSyncLag = async () => ({ jobId: this.jobs[0]?.id ?? '', lagBytes: this.lagBytes });
  readMetrics = async () => this.metrics;

  findSyncJobs = async () => (this.tagsVisible ? [...this.jobs] : []);
  createSyncJob = async () => {
    const id = `sync-${this.jobs.length + 1}`;
    this.perform(`buy ${id}`, 'createSyncJob', () => this.jobs.push(newJob(id)));
    return id;
  };
  configureSyncJob = async (ref: { id: string }) => {
    this.perform(`configure ${ref.id}`, 'configureSyncJob', () =>
      this.changeJob(ref.id, { sourceId: SOURCE.id, targetId: TARGET.id }),
    );
  };
  startSyncJobCheck = async () => {
    this.calls.push('check');
  };
  readSyncJobCheck = async () => this.check;
  startSyncJob = async (ref: { id: string }) => {
    this.perform(`start ${ref.id}`, 'startSyncJob', () => this.changeJob(ref.id, { status: 'copying' }));
  };
  readSyncJob = async (ref: { id: string }) => {
    const job = this.jobs.find((each) => each.id === ref.id);
    if (job === undefined) throw cloudError('CLOUD_NOT_FOUND');
    return job;
  };
  completeSyncJob = async (ref: { id: string }) => {
    this.perform(`complete ${ref.id}`, 'completeSyncJob', () =>
      this.changeJob(ref.id, { status: 'completed' }),
    );
  };
  setSyncTargetReadOnly = async ({ id }: { id: string }, readOnly: boolean) => {
    this.perform(`${readOnly ? 'shut' : 'open'} the target of ${id}`, 'setSyncTargetReadOnly', () => {
      if (readOnly) this.readOnly.add(TARGET.id);
      else this.readOnly.delete(TARGET.id);
    });
  };
  stopSyncJob = async (ref: { id: string }) => {
    this.perform(`stop ${ref.id}`, 'stopSyncJob', () => this.changeJob(ref.id, { status: 'stopped' }));
  };
  isolateSyncJob = async (ref: { id: string }) => {
    this.perform(`isolate ${ref.id}`, 'isolateSyncJob', () =>
      this.changeJob(ref.id, { status: 'isolated', tradeStatus: 'isolated' }),
    );
  };

  changeJob(id: string, change: Partial<SyncJob>): void {
    const index = this.jobs.findIndex((job) => job.id === id);
    const job = this.jobs[index];
    if (job === undefined) throw cloudError('CLOUD_NOT_FOUND');
    this.jobs[index] = { ...job, ...change };
  }

  private perform(words: string, name: string, effect: () => void): Task {
    this.calls.push(words);
    const course = this.courses.get(name)?.shift() ?? 'at once';
    if (typeof course === 'object' && 'throws' in course) {
      if (course.butHappens === true) effect();
      throw course.throws;
    }
    const id = this.tasks.size + 1;
    const running = { status: 'running' } as const;
    const ended: TaskState =
      typeof course === 'object' ? { status: 'failed', message: course.taskFails } : { status: 'succeeded' };
    const task = {
      state: (course === 'by a task' ? running : ended) as TaskState,
      finish: () => {
        effect();
        task.state = ended;
      },
    };
    if (course === 'at once') effect();
    this.tasks.set(id, task);
    return { region: 'ap-guangzhou', id, requestId: `request-${id}` };
  }
}

export function newJob(id: string, more: Partial<SyncJob> = {}): SyncJob {
  return {
    id,
    region: 'ap-guangzhou',
    status: 'created',
    rawStatus: 'created',
    sourceId: undefined,
    targetId: undefined,
    percent: undefined,
    lagMb: 0,
    error: '',
    tradeStatus: 'normal',
    ...more,
  };
}
