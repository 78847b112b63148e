import type { Cloud } from '../cloud/cloud.ts';
import type { Clock } from '../compare/comparison-options.ts';
import type { InstanceRef, PrivateAddress } from '../upgrade/instance.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import { planOf } from '../upgrade/view.ts';
import type { Announce } from './address-webhook.ts';
import type { RedisAccess } from './redis-access.ts';
import type { StepSettings } from './settings.ts';

/** What the steps are built from. */
export interface StepDeps {
  cloud: Cloud;
  access: RedisAccess;
  settings: StepSettings;
  clock: Clock;
  /** Between 0 and 1; chooses the parking address. */
  random(): number;
  /** Tells the team's configuration where clients find their data; unset: nobody but people is told. */
  announce?: Announce;
  /** A new approval id: opaque, hard to guess. */
  newApprovalId(): string;
}

/** The plan of an upgrade whose `assess` has succeeded. */
export function requirePlan(state: UpgradeState): Plan {
  const plan = planOf(state);
  if (plan === undefined) throw new Error(`Upgrade ${state.id} has no plan yet`);
  return plan;
}

/** The sync job's id, written by `create-sync-job`. */
export function requireSyncJob(state: UpgradeState, plan: Plan): InstanceRef {
  const { output, note } = state.steps['create-sync-job'];
  const id = output?.['syncJobId'] ?? note['syncJobId'];
  if (typeof id !== 'string') throw new Error(`Upgrade ${state.id} has no sync job yet`);
  return { id, region: plan.target.region };
}

/**
 * Where the source goes: as approved. Before there is an approval it is what the plan found free; the request for approval
 * looks again, since somebody may have taken it meanwhile.
 */
export function parkingAddressOf(state: UpgradeState, plan: Plan): PrivateAddress {
  return state.approval?.facts.parkingAddress ?? plan.parkingAddress;
}
