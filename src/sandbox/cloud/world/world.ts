import type { Clock } from '../clock.ts';
import type { DataPlane, EngineVersion } from '../data-plane.ts';
import type { SyncJobs } from '../dts/sync-jobs.ts';
import type { Durations } from '../durations.ts';
import type { Faults } from '../faults.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Backups } from './backups.ts';
import type { Instances } from './instances.ts';
import type { Network } from './network.ts';
import type { SecurityGroups } from './security-groups.ts';
import type { Tasks } from './tasks.ts';

/**
 * Instances of these versions refuse the read-only switch, on and off alike, with this error code. Whether real ones of 2.8
 * do is documented nowhere.
 */
export interface ReadOnlyRefusal {
  readonly versions: readonly EngineVersion[];
  readonly code: string;
}

/** Everything the account owns, and the rules of time and luck it lives under. Each action takes of it what it needs. */
export interface World {
  readonly clock: Clock;
  readonly random: () => number;
  readonly durations: Durations;
  readonly faults: Faults;
  readonly dataPlane: DataPlane;
  readonly network: Network;
  readonly instances: Instances;
  readonly tasks: Tasks;
  readonly backups: Backups;
  readonly securityGroups: SecurityGroups;
  readonly syncJobs: SyncJobs;
  readonly metrics: Metrics;
  /** Undefined: every instance takes the switch. */
  readonly readOnlyRefusal: ReadOnlyRefusal | undefined;
}
