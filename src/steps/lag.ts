import type { SyncJob } from '../cloud/cloud.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import { requireSyncJob, type StepDeps } from './step-deps.ts';

/** The lag by every metric there is: the job's own in whole MB, the Redis product's in bytes. */
export interface Lag {
  job: SyncJob;
  lagMb: number | undefined;
  lagBytes: number | undefined;
}

export async function readLag(deps: StepDeps, state: UpgradeState, plan: Plan): Promise<Lag> {
  const ref = requireSyncJob(state, plan);
  const [job, exact] = await Promise.all([
    deps.cloud.readSyncJob(ref, { fresh: true }),
    deps.cloud.readSyncLag(plan.source),
  ]);
  return { job, lagMb: job.lagMb, lagBytes: exact.lagBytes };
}

/** True when every metric that there is says 0, and the one exact to the byte is there. */
export function isDrained(lag: Lag): boolean {
  return lag.lagBytes === 0 && (lag.lagMb === undefined || lag.lagMb === 0);
}

export function describeLag(lag: Lag): string {
  return lag.lagBytes === undefined ? `${lag.lagMb ?? 'unknown'} MB behind` : `${lag.lagBytes} bytes behind`;
}
