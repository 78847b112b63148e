import { z } from 'zod';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import { ordinaryConnections } from './connections.ts';
import { healthSchema, readHealth } from './health.ts';
import type { StepDeps } from './step-deps.ts';

/** More addresses than this are counted and not kept: they are part of the journal. */
const MAX_CLIENT_ADDRESSES = 500;
/** A point of the monitoring older than this says nothing about how the source serves now. */
const HEALTH_AGE_MS = 60_000;

const beforeSchema = z.object({
  /** Addresses of clients without ports; unknown where the source does not list its connections or could not be asked. */
  clients: z.union([z.literal('unknown'), z.object({ ips: z.array(z.string()), more: z.number() })]),
  health: healthSchema,
});
/** The source as it served before the cutover: what the watch measures the target by. Nothing is decided by it. */
export type BeforeCutover = z.infer<typeof beforeSchema>;

const NOTE = 'before';

/** Journals it, once for each time the gates are checked. */
export async function noteBeforeCutover(deps: StepDeps, context: StepContext, plan: Plan): Promise<void> {
  if (context.step.note[NOTE] !== undefined) return;
  const [clients, health] = await Promise.all([
    clientsOf(deps, plan),
    readHealth(deps, plan.source, context.nowMs - HEALTH_AGE_MS),
  ]);
  await context.note({ [NOTE]: { clients, health } satisfies BeforeCutover });
}

/** As journaled; nothing is known where it is not there. */
export function beforeCutover(state: UpgradeState): BeforeCutover {
  const read = beforeSchema.safeParse(state.steps['check-gates'].note[NOTE]);
  return read.success ? read.data : { clients: 'unknown', health: {} };
}

async function clientsOf(deps: StepDeps, plan: Plan): Promise<BeforeCutover['clients']> {
  try {
    const source = { id: plan.source.id, address: plan.oldAddress };
    const found = await deps.access.use(source, ordinaryConnections);
    if (found === 'unknown') return 'unknown';
    const ips = [...new Set(found.map(({ ip }) => ip))].sort();
    return {
      ips: ips.slice(0, MAX_CLIENT_ADDRESSES),
      more: Math.max(0, ips.length - MAX_CLIENT_ADDRESSES),
    };
  } catch (error) {
    // The gates ask the source as well, and they decide.
    if (!(error instanceof OperatingError)) throw error;
    return 'unknown';
  }
}
