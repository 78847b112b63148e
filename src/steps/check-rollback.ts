import { formatAddress } from '../upgrade/instance.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { Cause } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { findUncopyable } from './copy-back.ts';
import { readInfo } from './redis-access.ts';
import { pollDelay } from './settings.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/** Whether a rollback can be done at all, before anybody is asked and anything is changed. */
export function createCheckRollback(deps: StepDeps): StepDefinition {
  return {
    name: 'check-rollback',
    title: 'Check the way back',
    describe: () =>
      'both instances where they should be and reachable, nothing that the source could not hold',
    describeUndo: 'nothing to undo: it only reads',
    undo: { none: 'it only reads' },
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  if (source.status === 'in-flow' || target.status === 'in-flow') return again;
  if (plan.switch === 'code' && context.state.rollback?.mode === 'lossless')
    return { kind: 'failed', error: noLosslessByCode(plan) };
  const moved = whoMoved(context, plan, { source: source.address, target: target.address });
  if (moved !== undefined) return { kind: 'failed', error: moved };
  const notRunning = [source, target].find((instance) => instance.status !== 'running');
  if (notRunning !== undefined) {
    const message = `${notRunning.id} is not running (${notRunning.status}). Start it, then ask for the rollback again.`;
    return { kind: 'failed', error: { code: 'not_running', message } };
  }
  const runId = await deps.access.use(source, async (connection) =>
    (await readInfo(connection, 'server')).get('run_id'),
  );
  if (context.state.rollback?.mode === 'lossless') {
    const uncopyable = await findUncopyable(deps, context, { source, target });
    if (uncopyable !== undefined) return uncopyable;
  }
  const sourceRunId = context.state.steps['check-gates'].output?.['sourceRunId'];
  const restarted = runId !== sourceRunId ? '; the source was restarted since the cutover' : '';
  return { kind: 'succeeded', output: { summary: `the way back is free${restarted}` } };
}

/** Whoever has not changed its configuration yet reaches the source, which would have to take writes while the target serves. */
function noLosslessByCode({ source }: Plan): Cause {
  const message = `In a code switch ${source.id} keeps its address, so clients could write to it while it is being filled, and those writes would be lost. Only a fast rollback is possible.`;
  return { code: 'lossless_by_code', message };
}

function whoMoved(
  { state }: StepContext,
  plan: Plan,
  now: Record<'source' | 'target', Plan['oldAddress']>,
): Cause | undefined {
  if (plan.switch === 'code') return undefined;
  const holder = formatAddress(plan.oldAddress);
  if (formatAddress(now.target) !== holder) {
    const message = `${plan.target.id} is at ${formatAddress(now.target)} and not at ${holder}: somebody moved it. Move it back in the console, then ask for the rollback again.`;
    return { code: 'address_moved', message };
  }
  const parking = formatAddress(parkingAddressOf(state, plan));
  if (formatAddress(now.source) === parking) return undefined;
  const message = `${plan.source.id} is at ${formatAddress(now.source)} and not at ${parking}: somebody moved it. Move it back in the console, then ask for the rollback again.`;
  return { code: 'address_moved', message };
}
