import type { StepContext } from '../upgrade/step-definition.ts';
import { probeWrites } from './fence-probe.ts';
import { lookAt, type Settled, settle } from './settle.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';
import { isOver, readJobIfThere } from './sync-job-health.ts';

const OPEN = 'open-sync-target';
const SHUT = 'shut-sync-target';
/** Noted: the target took writes before anybody asked for it, so that there is nothing to shut again. */
const FOUND_OPEN = 'foundOpen';

/**
 * Lets writes besides those of the sync job through to its target. Tencent documents no way to read the attribute back, so what the
 * target does with writes is what is looked at.
 */
export function openSyncTarget(deps: StepDeps, context: StepContext): Promise<Settled> {
  return setGate(deps, context, true);
}

/** The opposite. A job that is over shuts nobody out any more. */
export function shutSyncTarget(deps: StepDeps, context: StepContext): Promise<Settled> {
  return setGate(deps, context, false);
}

function setGate(deps: StepDeps, context: StepContext, open: boolean): Promise<Settled> {
  const { target } = requirePlan(context.state);
  const job = requireSyncJob(context.state, requirePlan(context.state));
  return settle(context, deps, {
    action: open ? OPEN : SHUT,
    what: `Making the sync job let ${open ? '' : 'no '}other writes through to ${target.id}`,
    detail: { job: job.id },
    async look() {
      if (!open && (await isNothingToShut(deps, context))) return 'there';
      const now = await deps.cloud.readInstance(target);
      if (now.status === 'in-flow') return 'busy';
      const gate = await deps.access.use(now, probeWrites);
      if (open && gate === 'open' && !hasAsked(context)) await context.note({ [FOUND_OPEN]: true });
      return lookAt(now, (gate === 'open') === open);
    },
    async act() {
      await deps.cloud.setSyncTargetReadOnly(job, !open);
      // The call begins no task: as soon as the target has none it has taken effect, or never will.
      return { region: job.region, id: 0, requestId: '', instanceId: target.id };
    },
  });
}

async function isNothingToShut(deps: StepDeps, context: StepContext): Promise<boolean> {
  if (context.step.note[FOUND_OPEN] === true) return true;
  const job = await readJobIfThere(deps.cloud, requireSyncJob(context.state, requirePlan(context.state)));
  return job === undefined || isOver(job);
}

function hasAsked({ step }: StepContext): boolean {
  return step.intents.some(({ action }) => action === OPEN);
}
