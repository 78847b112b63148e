import type { SyncJob } from '../cloud/cloud.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import { openGate } from './fence.ts';
import { probeWrites } from './fence-probe.ts';
import { looksOf, readBaseline, type WriteBaseline } from './lost-writes.ts';
import { pollDelay } from './settings.ts';
import type { Settled } from './settle.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

type TargetOpen = Exclude<Settled, { kind: 'there' }> | { kind: 'there'; baseline: WriteBaseline };

/**
 * Sees that the target takes writes once its copy has ended, while going back still costs nothing. A sync job shuts clients out of
 * its target, and Tencent does not say when it lets them in again: a job that did not complete is isolated, then the switch is tried.
 * Every look is noted before and after, as a look at an open gate writes itself: `looksAreSettled` tells whether one may still come.
 */
export async function openTarget(
  deps: StepDeps,
  context: StepContext,
  job: SyncJob | undefined,
): Promise<TargetOpen> {
  const { looks, looksOver } = looksOf(context.step);
  await context.note({ looks: looks + 1 });
  const opened = await look(deps, context, job);
  if (opened.kind !== 'there') await context.note({ looksOver: looksOver + 1 });
  return opened;
}

async function look(deps: StepDeps, context: StepContext, job: SyncJob | undefined): Promise<TargetOpen> {
  const plan = requirePlan(context.state);
  const target = await deps.cloud.readInstance(plan.target);
  const seen = await deps.access.use(target, async (connection) => {
    const gate = await probeWrites(connection);
    return { gate, baseline: await readBaseline(connection) };
  });
  if (seen.gate === 'open') return { kind: 'there', baseline: seen.baseline };
  if (job !== undefined && job.status !== 'completed' && job.status !== 'isolated') {
    await context.intend('isolate-sync-job', { job: job.id });
    await deps.cloud.isolateSyncJob(job);
    return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
  }
  context.progress(`waits until ${target.id} takes writes`);
  const opened = await openGate(deps, context, plan.target);
  return opened.kind === 'there' ? { kind: 'again', afterMs: 0 } : opened;
}
