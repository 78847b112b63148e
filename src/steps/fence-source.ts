import type { RedisConnection } from '../compare/redis-connection.ts';
import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { countWrites, probeWrites, type WriteGate } from './fence-probe.ts';
import { lookAt, settle } from './settle.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Executed write commands at the last look; equal twice in a row proves that the source has gone quiet. */
const WRITES_SEEN = 'writes-on-source';
/** A metric point covers the time before it: only one that is this much younger than the fence speaks of the fenced time. */
const METRIC_PERIOD_MS = 10_000;

/** Makes the source read-only, and proves it without touching data. */
export function createFenceSource(deps: StepDeps): StepDefinition {
  return {
    name: 'fence-source',
    title: 'Fence the source',
    describe: (plan) =>
      plan === undefined
        ? 'makes the source read-only and proves it'
        : `makes ${plan.source.id} read-only and proves it; writes are refused from here`,
    describeUndo: 'makes the source writable again',
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
    undo: (context) => undo(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const { source } = requirePlan(context.state);
  let writes = Number.NaN;
  const fenced = await settle(context, deps, {
    action: 'set-read-only',
    what: `Making ${source.id} read-only`,
    detail: { instance: source.id },
    async look() {
      const instance = await deps.cloud.readInstance(source);
      if (instance.status === 'in-flow') return 'busy';
      const seen = await deps.access.use(instance, lookInside);
      writes = seen.writes;
      return lookAt(instance, seen.gate === 'closed');
    },
    act: () => deps.cloud.setReadOnly(source, true),
  });
  if (fenced.kind !== 'there') return fenced;
  const before = await context.scratch.read(WRITES_SEEN);
  if (before !== String(writes)) {
    await context.scratch.write(WRITES_SEEN, String(writes));
    return { kind: 'again', afterMs: 0 };
  }
  if (await metricSaysWrites(deps, context)) return { kind: 'again', afterMs: deps.settings.pollLastMs };
  return {
    kind: 'succeeded',
    output: { summary: 'plain and scripted writes are refused, none is executed any more' },
  };
}

/** The cloud's own write metric, where it already speaks of the time since the fence. */
async function metricSaysWrites(deps: StepDeps, context: StepContext): Promise<boolean> {
  const { source } = requirePlan(context.state);
  const fencedAtMs =
    context.step.intents.findLast((intent) => intent.action === 'set-read-only')?.atMs ?? context.nowMs;
  if (context.nowMs - fencedAtMs < METRIC_PERIOD_MS) return false;
  const { CmdWrite } = await deps.cloud.readMetrics(source, ['CmdWrite'], fencedAtMs);
  return CmdWrite !== undefined && CmdWrite.atMs - fencedAtMs > METRIC_PERIOD_MS && CmdWrite.value > 0;
}

async function undo(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const target = await deps.cloud.readInstance(plan.target);
  if (formatAddress(target.address) === formatAddress(plan.oldAddress)) {
    const message = `${plan.target.id} holds ${formatAddress(plan.oldAddress)}: the source stays read-only, or two instances would take writes. Move ${plan.target.id} to another address in the console, then /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'target_holds_address', message } };
  }
  const open = await settle(context, deps, {
    action: 'set-writable',
    what: `Making ${plan.source.id} writable`,
    detail: { instance: plan.source.id },
    async look() {
      const instance = await deps.cloud.readInstance(plan.source);
      if (instance.status === 'in-flow') return 'busy';
      return lookAt(instance, (await deps.access.use(instance, probeWrites)) === 'open');
    },
    act: () => deps.cloud.setReadOnly(plan.source, false),
  });
  return open.kind === 'there' ? { kind: 'undone' } : open;
}

async function lookInside(connection: RedisConnection): Promise<{ gate: WriteGate; writes: number }> {
  const [gate, writes] = await Promise.all([probeWrites(connection), countWrites(connection)]);
  return { gate, writes };
}
