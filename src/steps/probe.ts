import { formatAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { probeWrites, type WriteGate } from './fence-probe.ts';
import { readInfo } from './redis-access.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Through the old address: the right instance, readable, writable. */
export function createProbe(deps: StepDeps): StepDefinition {
  return {
    name: 'probe',
    title: 'Probe the old address',
    describe: (plan) =>
      plan === undefined
        ? 'right instance, readable, writable'
        : `${formatAddress(plan.oldAddress)} answers as ${plan.target.id}, readable and writable`,
    describeUndo: 'none: after the point of no return it is only forward',
    undo: { none: 'after the point of no return it is only forward' },
    patienceMs: deps.settings.undoPatienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  const found = await askOldAddress(deps, plan);
  const gates = context.state.steps['check-gates'].output;
  if (found.runId === gates?.['sourceRunId'] && found.runId !== gates['targetRunId']) {
    context.progress('the old address still answers as the source');
    return (
      failIfLate(deps, context, 'The old address answers as the source although the target took it.') ?? again
    );
  }
  if (found.writes !== 'open') {
    context.progress(`the target refuses writes (${found.writes})`);
    return (
      failIfLate(
        deps,
        context,
        `The target refuses writes (${found.writes}). Make it writable in the console.`,
      ) ?? again
    );
  }
  return {
    kind: 'succeeded',
    output: {
      summary: 'The right instance answers, reading and writing work',
    },
  };
}

function failIfLate(deps: StepDeps, context: StepContext, message: string): StepResult | undefined {
  if (context.elapsedMs < deps.settings.patienceMs) return undefined;
  return { kind: 'failed', error: { code: 'probe_failed', message } };
}

/** Whatever goes wrong here may pass: for a moment after a move the old address can still reach the source, which knows another password. */
function askOldAddress(deps: StepDeps, plan: Plan): Promise<{ runId: string; writes: WriteGate }> {
  const asked = deps.access.use({ id: plan.target.id, address: plan.oldAddress }, async (connection) => ({
    runId: (await readInfo(connection, 'server')).get('run_id') ?? '',
    writes: await probeWrites(connection),
  }));
  return asked.catch((error: unknown) => {
    if (!(error instanceof OperatingError)) throw error;
    throw new OperatingError(error.code, `probing the old address: ${error.message}`, {
      retryable: true,
      cause: error,
    });
  });
}
