import { ApiError } from '../api/api-error.ts';
import type { Clock } from '../clock.ts';
import type { CopyOptions, CopyProgress, DataPlane } from '../data-plane.ts';
import { type Durations, elapse } from '../durations.ts';
import type { Faults } from '../faults.ts';
import type { Instance, Instances } from '../world/instances.ts';
import type { JobStatus } from './job-states.ts';
import { passes, runPreCheck } from './pre-check.ts';
import { isCopying, isUnderWay, type JobSetup, type SyncJob } from './sync-job.ts';

export interface SyncJobsOptions {
  clock: Clock;
  durations: Durations;
  faults: Faults;
  dataPlane: DataPlane;
  instances: Instances;
  /** Every replicated command is applied this much later. */
  replicationDelayMs: () => number;
}

/** A job may be completed once it lags less than this. */
const readyLagBytes = 1024 * 1024;
const minStepMs = 20;
const failureSolution = 'Look up the error log, cure the cause, then resume or create a new job.';

/** The sync jobs of the account, and what makes them move from state to state. */
export class SyncJobs {
  readonly #options: SyncJobsOptions;
  readonly #jobs = new Map<string, SyncJob>();

  constructor(options: SyncJobsOptions) {
    this.#options = options;
  }

  add(job: SyncJob): void {
    this.#jobs.set(job.id, job);
  }

  remove(job: SyncJob): void {
    this.#jobs.delete(job.id);
  }

  /** Of one region, newest first, each as it stands now. */
  inRegion(region: string): SyncJob[] {
    const jobs = [...this.#jobs.values()].filter((job) => job.region === region).reverse();
    for (const job of jobs) this.#advance(job);
    return jobs;
  }

  /** The job as it stands now; an ApiError when the region has none of that id. */
  require(region: string, id: string): SyncJob {
    const job = this.#jobs.get(id);
    if (job?.region !== region) {
      throw new ApiError('ResourceNotFound.JobNotExist', `The job ${id} does not exist.`);
    }
    this.#advance(job);
    return job;
  }

  /** Brings the lag of jobs under way up to this very moment, so that a lag of 0 told is a lag of 0. */
  async measure(jobs: readonly SyncJob[]): Promise<void> {
    await Promise.all(
      jobs.filter(isCopying).map(async (job) => {
        // A copy that cannot be asked any more tells so in its progress.
        const measured = await job.copy?.measure().catch(() => undefined);
        if (measured !== undefined) this.#advance(job, measured);
      }),
    );
  }

  /** The newest job that an instance takes part in, preferably one under way. */
  ofInstance(instanceId: string): SyncJob | undefined {
    const jobs = [...this.#jobs.values()].reverse().filter(({ setup }) => {
      return setup?.source.instance.id === instanceId || setup?.target.instance.id === instanceId;
    });
    for (const job of jobs) this.#advance(job);
    return jobs.find(isUnderWay) ?? jobs[0];
  }

  /** Checks a configured job. Resolves when the API could answer: at once, or with durations of 0 when it is done. */
  async check(job: SyncJob, setup: JobSetup): Promise<void> {
    const { clock, durations, faults } = this.#options;
    this.#enter(job, 'checking');
    const check = { status: 'running', startedAtMs: clock.now(), endedAtMs: undefined, items: [] } as const;
    job.check = check;
    const over = (async () => {
      await elapse(durations.dtsCheckMs);
      const items = await runPreCheck(setup, { faults, jobId: job.id, skipped: job.skippedSteps });
      job.check = { ...check, status: 'success', endedAtMs: clock.now(), items };
      this.#enter(job, passes(items) ? 'checkPass' : 'checkNotPass');
    })();
    if (durations.dtsCheckMs === 0) await over;
  }

  /** Starts, or after a failure resumes, the copy. */
  async start(job: SyncJob, setup: JobSetup, writeMode: CopyOptions['writeMode']): Promise<void> {
    const { durations, clock } = this.#options;
    const run = ++job.run;
    job.failure = undefined;
    job.progress = undefined;
    job.startedAtMs ??= clock.now();
    this.#enter(job, job.status === 'failed' ? 'resuming' : 'readyRun');
    const waitMs = Math.max(durations.dtsStepMs, setup.startNotBeforeMs - clock.now());
    const begun = (async () => {
      await elapse(waitMs);
      if (job.run === run) await this.#beginCopy(job, setup, writeMode);
    })().catch((error: unknown) => this.#fail(job, String(error)));
    if (waitMs <= 0) await begun;
  }

  /** Ends a job that may be completed: all that the source has sent is applied first. */
  async complete(job: SyncJob): Promise<void> {
    const { durations, clock } = this.#options;
    const run = job.run;
    this.#enter(job, 'completing');
    const over = (async () => {
      await job.copy?.complete();
      if (job.run !== run || job.status !== 'completing') return;
      job.progress = job.copy?.progress();
      await elapse(durations.dtsStepMs);
      await this.#liftTargetBarrier(job);
      job.endedAtMs = clock.now();
      this.#enter(job, 'success');
    })().catch((error: unknown) => this.#fail(job, String(error)));
    if (durations.dtsStepMs === 0) await over;
  }

  /** Ends a job for good, whatever it was doing. */
  async stop(job: SyncJob): Promise<void> {
    const { durations, clock } = this.#options;
    job.run++;
    this.#enter(job, 'stopping');
    const over = (async () => {
      await job.copy?.stop();
      await elapse(durations.dtsStepMs);
      await this.#liftTargetBarrier(job);
      job.endedAtMs = clock.now();
      this.#enter(job, 'canceled');
    })().catch((error: unknown) => this.#fail(job, String(error)));
    if (durations.dtsStepMs === 0) await over;
  }

  /** Shuts clients out of the target of a job that runs, or lets them in beside it. */
  async setTargetReadOnly(job: SyncJob, setup: JobSetup, readOnly: boolean): Promise<void> {
    setup.targetReadOnly = readOnly;
    const target = setup.target.instance;
    if (!readOnly) {
      await this.#liftTargetBarrier(job);
    } else if (isUnderWay(job) && job.copy !== undefined) {
      target.writeBarriers.add(job.id);
      await this.#options.instances.applyWriteBarriers(target);
    }
  }

  async isolate(job: SyncJob): Promise<void> {
    job.tradeStatus = 'isolated';
    job.updatedAtMs = this.#options.clock.now();
    await this.#liftTargetBarrier(job);
  }

  /** An address change of either side breaks a job under way: nobody documents that it survives. */
  addressChanged(instance: Instance): void {
    for (const job of this.#jobs.values()) {
      const { setup } = job;
      if (setup === undefined || !isUnderWay(job)) continue;
      if (setup.source.instance === instance) this.#fail(job, 'errmsg: SrcInstance nodes has changed');
      if (setup.target.instance === instance) this.#fail(job, 'errmsg: DstInstance nodes has changed');
    }
  }

  /** Fails a job under way at once. */
  failNow(jobId: string, errorLog: string): void {
    const job = this.#jobs.get(jobId);
    if (job !== undefined && isUnderWay(job)) this.#fail(job, errorLog);
  }

  async close(): Promise<void> {
    for (const job of this.#jobs.values()) job.run++;
    await Promise.all([...this.#jobs.values()].map((job) => job.copy?.stop().catch(() => undefined)));
  }

  async #beginCopy(job: SyncJob, setup: JobSetup, writeMode: CopyOptions['writeMode']): Promise<void> {
    const { dataPlane, instances, replicationDelayMs } = this.#options;
    const { run } = job;
    const [source, target] = [await setup.source.instance.start(), await setup.target.instance.start()];
    if (job.run !== run) return;
    if (setup.targetReadOnly) {
      setup.target.instance.writeBarriers.add(job.id);
      await instances.applyWriteBarriers(setup.target.instance);
    }
    if (job.run !== run) return;
    job.copy = dataPlane.startCopy({ source, target, writeMode, delayMs: replicationDelayMs });
    this.#enter(job, 'running');
    this.#watch(job, run);
  }

  /** Looks at the copy again and again until this run of the job is over. */
  #watch(job: SyncJob, run: number): void {
    const again = (): void => {
      if (job.run !== run) return;
      this.#advance(job);
      if (!isCopying(job)) return;
      setTimeout(again, Math.max(this.#options.durations.dtsStepMs, minStepMs)).unref();
    };
    again();
  }

  /** Takes over what the copy has come to. */
  #advance(job: SyncJob, measured?: CopyProgress): void {
    if (job.copy === undefined || !isCopying(job)) return;
    const progress = measured ?? job.copy.progress();
    job.progress = progress;
    if (progress.phase === 'failed') {
      this.#fail(job, progress.error ?? 'unknown error');
      return;
    }
    const fault = this.#injectedFailure(job, progress.phase);
    if (fault !== undefined) {
      this.#fail(job, fault);
      return;
    }
    if (progress.phase !== 'incremental') return;
    job.fullCopyEndedAtMs ??= this.#options.clock.now();
    const caughtUp = progress.lagBytes >= 0 && progress.lagBytes < readyLagBytes;
    if (job.status === 'running' && caughtUp) this.#enter(job, 'readyComplete');
  }

  #injectedFailure(job: SyncJob, phase: string): string | undefined {
    const { faults } = this.#options;
    const subject = {
      jobId: job.id,
      instanceIds: [job.setup?.source.instance.id ?? '', job.setup?.target.instance.id ?? ''],
    };
    const part = phase === 'incremental' ? 'incremental' : 'full';
    return faults.take(['fail-sync-job'], subject, (fault) => fault.phase === part)?.errorLog;
  }

  /** Clients stay shut out of the target: the job may be resumed. Isolating it lets them in. */
  #fail(job: SyncJob, errorLog: string): void {
    if (!isUnderWay(job) && job.status !== 'stopping') return;
    job.run++;
    job.progress = job.copy?.progress() ?? job.progress;
    // It failed anyway; whether its copy can be stopped changes nothing.
    void job.copy?.stop().catch(() => undefined);
    job.failure = { errorLog, solution: failureSolution };
    job.endedAtMs = this.#options.clock.now();
    this.#enter(job, 'failed');
  }

  async #liftTargetBarrier(job: SyncJob): Promise<void> {
    const target = job.setup?.target.instance;
    if (target === undefined || !target.writeBarriers.delete(job.id)) return;
    await this.#options.instances.applyWriteBarriers(target);
  }

  #enter(job: SyncJob, status: JobStatus): void {
    job.status = status;
    job.updatedAtMs = this.#options.clock.now();
  }
}
