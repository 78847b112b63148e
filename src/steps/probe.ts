import { formatAddress, type PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { probeWrites, type WriteGate } from './fence-probe.ts';
import { readInfo } from './redis-access.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Where clients now go: the right instance, readable, writable. */
export function createProbe(deps: StepDeps): StepDefinition {
  return {
    name: 'probe',
    title: 'Probe the old address',
    describe: (plan) => describe(plan, 'target'),
    describeUndo: 'nothing to undo: the way back from here is a rollback',
    undo: { none: 'the way back from here is a rollback' },
    patienceMs: deps.settings.undoPatienceMs,
    run: (context) => run(deps, context, 'target'),
  };
}

/** The same on the way back: the old address answers as the source. */
export function createProbeSource(deps: StepDeps): StepDefinition {
  return {
    name: 'probe-source',
    title: 'Probe the source at the old address',
    describe: (plan) => describe(plan, 'source'),
    describeUndo: 'nothing to undo: clients write to the source from here',
    undo: { none: 'clients write to the source from here' },
    patienceMs: deps.settings.undoPatienceMs,
    run: (context) => run(deps, context, 'source'),
  };
}

type Side = 'source' | 'target';

function describe(plan: Plan | undefined, side: Side): string {
  if (plan === undefined) return 'right instance, readable, writable';
  const where =
    plan.switch === 'code' && side === 'target' ? 'the new address' : formatAddress(plan.oldAddress);
  return `${where} answers as ${plan[side].id}, readable and writable`;
}

async function run(deps: StepDeps, context: StepContext, side: Side): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  // Each pass that finds the gate open makes two writes of its own, which are not a client's.
  await context.note({ passes: Number(context.step.note['passes'] ?? 0) + 1 });
  const where = await addressOf(deps, plan, side);
  const found = await ask(deps, { id: plan[side].id, address: where });
  const gates = context.state.steps['check-gates'].output;
  const [right, wrong] =
    side === 'target' ? ['targetRunId', 'sourceRunId'] : (['sourceRunId', 'targetRunId'] as const);
  if (found.runId === gates?.[wrong] && found.runId !== gates[right]) {
    const message = `${formatAddress(where)} still answers as ${plan[side === 'target' ? 'source' : 'target'].id}, although ${plan[side].id} took it.`;
    context.progress(message);
    return failIfLate(deps, context, message) ?? again;
  }
  if (found.writes !== 'open') {
    context.progress(`${plan[side].id} refuses writes (${found.writes})`);
    const message = `${plan[side].id} refuses writes (${found.writes}). Make it writable in the console.`;
    return failIfLate(deps, context, message) ?? again;
  }
  return {
    kind: 'succeeded',
    output: {
      summary: 'The right instance answers, reading and writing work',
    },
  };
}

/** In a code switch the target is asked where it is; the old address never leaves the source. */
async function addressOf(deps: StepDeps, plan: Plan, side: Side): Promise<PrivateAddress> {
  if (plan.switch === 'address' || side === 'source') return plan.oldAddress;
  return (await deps.cloud.readInstance(plan.target)).address;
}

function failIfLate(deps: StepDeps, context: StepContext, message: string): StepResult | undefined {
  if (context.elapsedMs < deps.settings.patienceMs) return undefined;
  return { kind: 'failed', error: { code: 'probe_failed', message } };
}

/** Whatever goes wrong here may pass: for a moment after a move the old address can still reach the source, which knows another password. */
function ask(
  deps: StepDeps,
  instance: { id: string; address: PrivateAddress },
): Promise<{ runId: string; writes: WriteGate }> {
  const asked = deps.access.use(instance, async (connection) => ({
    runId: (await readInfo(connection, 'server')).get('run_id') ?? '',
    writes: await probeWrites(connection),
  }));
  return asked.catch((error: unknown) => {
    if (!(error instanceof OperatingError)) throw error;
    throw new OperatingError(error.code, `probing ${formatAddress(instance.address)}: ${error.message}`, {
      retryable: true,
      cause: error,
    });
  });
}
