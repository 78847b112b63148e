import type { SyncJob, SyncJobCheck, SyncJobStatus } from '../../../src/cloud/cloud.ts';
import type { CloudParts } from './cloud-parts.ts';
import { Refusal } from './refusal.ts';
import type { SimulatedInstance } from './simulated-instance.ts';
import { REGION } from './simulated-instance.ts';
import { SyncCopy } from './sync-copy.ts';

interface Job {
  id: string;
  upgradeId: string;
  status: SyncJobStatus;
  seenFromMs: number;
  sourceId: string | undefined;
  targetId: string | undefined;
  copy: SyncCopy | undefined;
  isolated: boolean;
  /** Nobody but the job may write to its target while it runs. */
  targetReadOnly: boolean;
  percent: number | undefined;
  error: string;
  check: SyncJobCheck;
}

/** States in which a call is allowed, after Tencent's table. */
const ALLOWED = {
  configure: ['created', 'check-passed', 'check-failed'],
  check: ['created', 'check-passed', 'check-failed'],
  start: ['check-passed'],
  complete: ['catching-up'],
  stop: ['starting', 'copying', 'catching-up', 'paused', 'interrupted'],
  isolate: ['created', 'check-passed', 'check-failed', 'completed', 'stopped', 'failed'],
} as const satisfies Record<string, readonly SyncJobStatus[]>;

/** While a job is in one of these the target takes writes from nobody but it. */
const TARGET_CLOSED: readonly SyncJobStatus[] = [
  'starting',
  'copying',
  'catching-up',
  'completing',
  'stopping',
  'interrupted',
];

/** The data transfer service: jobs are bought, configured, checked, started, completed or stopped, and isolated. */
export class SyncJobs {
  readonly jobs: Job[] = [];
  private readonly parts: CloudParts;
  private readonly instance: (id: string) => SimulatedInstance;

  constructor(parts: CloudParts, instance: (id: string) => SimulatedInstance) {
    this.parts = parts;
    this.instance = instance;
  }

  buy(upgradeId: string): string {
    const { faults, random, timeline } = this.parts;
    const lateMs = faults.strikes('job-seen-late', 'buy') ? random.next() * 8_000 : 0;
    const job: Job = {
      id: `dts-${this.jobs.length + 1}`,
      upgradeId,
      status: 'created',
      seenFromMs: timeline.now() + lateMs,
      sourceId: undefined,
      targetId: undefined,
      copy: undefined,
      isolated: false,
      targetReadOnly: true,
      percent: undefined,
      error: '',
      check: { status: 'not-started', items: [] },
    };
    this.jobs.push(job);
    this.enter(job, 'created');
    return job.id;
  }

  /** By tag, which shows up some time after the purchase. */
  tagged(upgradeId: string): SyncJob[] {
    const nowMs = this.parts.timeline.now();
    return this.jobs.filter((job) => job.upgradeId === upgradeId && job.seenFromMs <= nowMs).map(view);
  }

  read(id: string): SyncJob {
    return view(this.find(id));
  }

  configure(id: string, sides: { source: string; target: string }): void {
    const job = this.allowed(id, 'configure');
    job.sourceId = sides.source;
    job.targetId = sides.target;
    job.targetReadOnly = true;
    job.check = { status: 'not-started', items: [] };
    this.enter(job, 'created');
  }

  /** Taken in every state; it counts while the job runs. */
  setTargetReadOnly(id: string, readOnly: boolean): void {
    const job = this.find(id);
    if (job.isolated || job.targetId === undefined)
      throw new Refusal('FailedOperation.NotAllowOperation', `${id} has no target`);
    job.targetReadOnly = readOnly;
    this.parts.onGate(job.targetId);
  }

  startCheck(id: string): void {
    const job = this.allowed(id, 'check');
    job.check = { status: 'running', items: [] };
    this.enter(job, 'checking');
    this.soon(job, 'checking', () => {
      const passed = !this.parts.faults.strikes('job-check-fails', 'check') && this.isTargetEmpty(job);
      const status = passed ? 'passed' : 'failed';
      job.check = {
        status,
        items: [{ id: 'DstEmptyCheck', name: 'target is empty', status, message: '', canSkip: false }],
      };
      this.enter(job, passed ? 'check-passed' : 'check-failed');
    });
  }

  readCheck(id: string): SyncJobCheck {
    return this.find(id).check;
  }

  start(id: string): void {
    const job = this.allowed(id, 'start');
    const { sourceId, targetId } = job;
    if (sourceId === undefined || targetId === undefined)
      throw new Refusal('InvalidParameter', 'not configured');
    const sides = { source: this.instance(sourceId).server, target: this.instance(targetId).server };
    this.enter(job, 'starting');
    this.soon(job, 'starting', () => {
      this.enter(job, 'copying');
      job.percent = 30;
      const copy = new SyncCopy(sides, this.parts);
      job.copy = copy;
      copy.begin(200 + this.parts.random.next() * 5_000, () => {
        job.percent = 100;
        this.enter(job, 'catching-up');
      });
      this.maybeFail(job);
    });
  }

  complete(id: string): void {
    const job = this.allowed(id, 'complete');
    this.enter(job, 'completing');
    // Nothing promises that a completed job brings what was still on its way.
    job.copy?.end(!this.parts.faults.strikes('job-drops-its-rest', 'complete'));
    this.soon(job, 'completing', () => this.enter(job, 'completed'));
  }

  stop(id: string): void {
    const job = this.allowed(id, 'stop');
    job.copy?.end(false);
    this.enter(job, 'stopping');
    this.soon(job, 'stopping', () => this.enter(job, 'stopped'));
  }

  isolate(id: string): void {
    const job = this.find(id);
    if (job.isolated) return;
    this.allowed(id, 'isolate');
    job.isolated = true;
    this.enter(job, 'isolated');
  }

  lagOf(sourceId: string): { jobId: string; lagBytes: number | undefined } {
    const job = this.jobs.findLast((each) => each.sourceId === sourceId && !each.isolated);
    if (job === undefined) return { jobId: '', lagBytes: undefined };
    return { jobId: job.id, lagBytes: job.copy?.lagBytes };
  }

  /** Whether the target may be written to by others than its job. */
  isClosedFor(targetId: string): boolean {
    return this.jobs.some(
      (job) => job.targetId === targetId && job.targetReadOnly && TARGET_CLOSED.includes(job.status),
    );
  }

  private isTargetEmpty(job: Job): boolean {
    return job.targetId !== undefined && this.instance(job.targetId).server.keys(0).length === 0;
  }

  private maybeFail(job: Job): void {
    const { faults, timeline, random } = this.parts;
    if (!faults.strikes('job-fails', 'start')) return;
    timeline.after(random.next() * 120_000, () => {
      if (faults.isOver() || (job.status !== 'copying' && job.status !== 'catching-up')) return;
      job.copy?.end(false);
      job.error = 'SrcInstance nodes has changed';
      this.enter(job, random.chance(0.5) ? 'failed' : 'interrupted');
    });
  }

  private soon(job: Job, from: SyncJobStatus, happen: () => void): void {
    this.parts.timeline.after(50 + this.parts.random.next() * 2_000, () => {
      if (job.status === from) happen();
    });
  }

  private enter(job: Job, status: SyncJobStatus): void {
    job.status = status;
    this.parts.history.add({ kind: 'job', job: job.id, status, upgrade: job.upgradeId });
    if (job.targetId !== undefined) this.parts.onGate(job.targetId);
  }

  private find(id: string): Job {
    const job = this.jobs.find((each) => each.id === id);
    if (job === undefined) throw new Refusal('ResourceNotFound.JobNotExist', `no job ${id}`);
    return job;
  }

  private allowed(id: string, operation: keyof typeof ALLOWED): Job {
    const job = this.find(id);
    const states: readonly SyncJobStatus[] = ALLOWED[operation];
    if (!job.isolated && states.includes(job.status)) return job;
    throw new Refusal(
      'FailedOperation.StatusInConflict',
      `${operation} is not allowed while ${id} is ${job.status}`,
    );
  }
}

function view(job: Job): SyncJob {
  return {
    id: job.id,
    region: REGION,
    status: job.isolated ? 'isolated' : job.status,
    rawStatus: job.status,
    sourceId: job.sourceId,
    targetId: job.targetId,
    percent: job.percent,
    lagMb: job.copy === undefined ? undefined : Math.floor(job.copy.lagBytes / 2 ** 20),
    error: job.error,
    tradeStatus: job.isolated ? 'isolated' : 'normal',
  };
}
