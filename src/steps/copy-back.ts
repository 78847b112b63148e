import { findUnrepairable, type UnrepairableCheckpoint } from '../compare/find-unrepairable.ts';
import type { RepairAdvance } from '../compare/repair.ts';
import { formatAddress, type Instance } from '../upgrade/instance.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { keepClientsOff } from './keep-clients-off.ts';
import { describeRepair, describeUnequal, percentOfRepair, repairSlice } from './repair-slice.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Copies what was written to the target back to the source, while the target still serves: the fence has the less to wait for. */
export function createCopyBack(deps: StepDeps): StepDefinition {
  return {
    name: 'copy-back',
    title: 'Copy back',
    describe: () => 'copies what was written to the target back to the source, while the target serves',
    describeUndo: 'nothing to undo: nobody uses the source',
    undo: { none: 'nobody uses the source' },
    patienceMs: deps.settings.patienceMs,
    run: (context) => copyBack(deps, context, false),
  };
}

/** The rest, with writes refused: until every key of both sides was found equal. */
export function createCopyBackRest(deps: StepDeps): StepDefinition {
  return {
    name: 'copy-back-rest',
    title: 'Copy back the rest',
    describe: () => 'copies back what changed last and compares everything, with writes refused',
    describeUndo: 'nothing to undo: nobody uses the source',
    undo: { none: 'nobody uses the source' },
    patienceMs: deps.settings.patienceMs,
    run: (context) => copyBack(deps, context, true),
  };
}

async function copyBack(deps: StepDeps, context: StepContext, fenced: boolean): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  // A store that lost its last second may ask again for what led here: clients write to the source by now, and nothing may go over it.
  if (formatAddress(source.address) === formatAddress(plan.oldAddress))
    return { kind: 'succeeded', output: { summary: `${source.id} serves the clients already` } };
  const kept = await keepClientsOff(deps, source);
  if (kept !== undefined) return { kind: 'failed', error: kept };
  const advance = await repairSlice(deps, context, { source, target, from: 'target', fenced });
  if (advance.outcome === undefined) {
    context.progress(describeRepair(advance), percentOfRepair(advance));
    return { kind: 'again', afterMs: advance.waitMs ?? 0 };
  }
  return judge(advance.outcome, fenced);
}

function judge(outcome: NonNullable<RepairAdvance['outcome']>, fenced: boolean): StepResult {
  const { keysCompared, keysRepaired, keysDeleted } = outcome;
  const cured = outcome.complete && outcome.stillDifferent === 0 && outcome.unrepairableCount === 0;
  // While the target serves, keys that are written to all the time are no surprise: the fence settles them.
  if (!(fenced ? outcome.equal : cured)) {
    const message = `The source could not be made equal to the target: ${describeUnequal(outcome)}`;
    return { kind: 'failed', error: { code: 'data_differs', message } };
  }
  const summary = `${keysCompared} keys compared, ${keysRepaired} copied back, ${keysDeleted} deleted${fenced ? '; both sides are equal' : ''}`;
  return { kind: 'succeeded', output: { keysCompared, keysRepaired, keysDeleted, summary } };
}

/** What keeps a lossless rollback from being possible: keys that the source's version cannot hold. Undefined when there are none. */
export async function findUncopyable(
  deps: StepDeps,
  context: StepContext,
  { source, target }: { source: Instance; target: Instance },
): Promise<StepResult | undefined> {
  const name = `uncopyable:${context.step.startedAtMs}`;
  const report = await findUnrepairable(
    {
      source: deps.access.endpoint(source.id, source.address),
      target: deps.access.endpoint(target.id, target.address),
      from: 'target',
      clock: deps.clock,
      open: deps.access.open,
    },
    { budgetMs: deps.settings.verifySliceMs, signal: context.signal },
    await readCheckpoint(context, name),
  );
  if (report.count > 0) {
    const examples = report.examples.slice(0, 5).map(({ key, type, why }) => `${key} (${type}: ${why})`);
    const atLeast = report.complete ? '' : 'at least ';
    const message = `${atLeast}${report.count} keys on ${target.id} have no form on ${source.id}, so they cannot be copied back: ${examples.join(', ')}. Delete or change them, then ask again; or choose a fast rollback.`;
    return { kind: 'failed', error: { code: 'no_form_on_source', message } };
  }
  if (report.complete) return undefined;
  await context.scratch.write(name, JSON.stringify(report.checkpoint));
  context.progress(`${report.keysLookedAt} keys looked at for what the source cannot hold`);
  return { kind: 'again', afterMs: 0 };
}

/** `findUnrepairable` checks what it is handed. */
async function readCheckpoint(
  context: StepContext,
  name: string,
): Promise<UnrepairableCheckpoint | undefined> {
  const stored = await context.scratch.read(name);
  return stored === undefined ? undefined : (JSON.parse(stored) as UnrepairableCheckpoint);
}
