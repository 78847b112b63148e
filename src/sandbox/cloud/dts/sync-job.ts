import type {
  DBEndpointInfo,
  MigrateOption,
  TagItem,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import type { Copy, CopyOptions, CopyProgress } from '../data-plane.ts';
import type { Instance } from '../world/instances.ts';
import type { CheckItem } from './check-items.ts';
import type { JobStatus, TradeStatus } from './job-states.ts';

/** What ModifyMigrationJob said. */
export interface JobSetup {
  runMode: 'immediate' | 'timed';
  /** Beijing time as it was given; empty for an immediate start. */
  expectRunTime: string;
  startNotBeforeMs: number;
  option: MigrateOption;
  source: { instance: Instance; password: string | undefined; info: DBEndpointInfo };
  target: { instance: Instance; password: string | undefined; info: DBEndpointInfo };
  writeMode: CopyOptions['writeMode'];
  /** Clients may not write to the target while the job runs. */
  targetReadOnly: boolean;
  autoRetryMinutes: number;
}

export interface JobCheck {
  status: 'running' | 'success';
  startedAtMs: number;
  endedAtMs: number | undefined;
  items: readonly CheckItem[];
}

interface JobFailure {
  errorLog: string;
  solution: string;
}

/** One link bought with CreateMigrationService. */
export interface SyncJob {
  readonly id: string;
  /** Where it was bought, which is where its target is. */
  readonly region: string;
  readonly sourceRegion: string;
  readonly instanceClass: string;
  readonly createdAtMs: number;
  name: string;
  tags: readonly TagItem[];
  status: JobStatus;
  tradeStatus: TradeStatus;
  updatedAtMs: number;
  startedAtMs: number | undefined;
  fullCopyEndedAtMs: number | undefined;
  endedAtMs: number | undefined;
  setup: JobSetup | undefined;
  check: JobCheck | undefined;
  /** Check items the user chose to ignore; counts from the next check on. */
  readonly skippedSteps: Set<string>;
  copy: Copy | undefined;
  progress: CopyProgress | undefined;
  failure: JobFailure | undefined;
  /** Counts starts, so that what belongs to an earlier run of the job can tell that it is over. */
  run: number;
}

/** Whether the job has a copy under way that an address change or a stop would end. */
export function isUnderWay(job: SyncJob): boolean {
  return ['readyRun', 'running', 'readyComplete', 'completing', 'resuming'].includes(job.status);
}

/** Whether the copy of the job runs and its progress is its own business. */
export function isCopying(job: SyncJob): boolean {
  return job.status === 'running' || job.status === 'readyComplete';
}
