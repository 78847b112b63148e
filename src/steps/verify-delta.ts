import { z } from 'zod';
import { compareDelta } from '../compare/delta.ts';
import { formatAddress } from '../upgrade/instance.ts';
import { fenceOf } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { describeRepair, describeUnequal, repairSlice } from './repair-slice.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { MOVING_KEYS } from './verify-data.ts';

const movingKeysSchema = z.array(z.string());

/** Compares, with writes fenced, what was changing during the verification, then as much else as the budget allows. */
export function createVerifyDelta(deps: StepDeps): StepDefinition {
  return {
    name: 'verify-delta',
    title: 'Verify the last changes',
    describe: () => `compares what was changing, then what fits ${deps.settings.verifyDeltaBudgetMs} ms`,
    describeUndo: 'nothing to undo: it only reads',
    undo: { none: 'it only reads' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      if (fenceOf(context.state) === 'detach') return copyAndCompare(deps, context);
      const plan = requirePlan(context.state);
      const [source, target] = await Promise.all([
        deps.cloud.readInstance(plan.source),
        deps.cloud.readInstance(plan.target),
      ]);
      const stored = await context.scratch.read(MOVING_KEYS);
      const report = await compareDelta({
        source: deps.access.endpoint(source.id, source.address),
        target: deps.access.endpoint(target.id, target.address),
        keys: stored === undefined ? [] : movingKeysSchema.parse(JSON.parse(stored)),
        budgetMs: deps.settings.verifyDeltaBudgetMs,
        options: { commandTimeoutMs: deps.settings.redisCommandTimeoutMs },
        clock: deps.clock,
        open: deps.access.open,
        random: deps.random,
      });
      if (!report.equal) {
        const examples = report.examples
          .slice(0, 5)
          .map((example) => example.key)
          .join(', ');
        const sizes = `${report.sizeSource} keys on the source, ${report.sizeTarget} on the target`;
        const message = `With writes fenced, ${report.differences} of ${report.keysCompared} compared keys differ (${sizes}). For example ${examples}.`;
        return { kind: 'failed', error: { code: 'data_differs', message } };
      }
      const covered = report.covered === 'all' ? 'everything' : coveredPart(report.givenKeysCovered);
      const summary = `${report.keysCompared} keys compared (${covered}), 0 differences`;
      return {
        kind: 'succeeded',
        output: { keysCompared: report.keysCompared, covered: report.covered, differences: 0, summary },
      };
    },
  };
}

/** The delta samples what was at rest; what was changing is looked at first, and huge values may not fit the budget. */
function coveredPart(movingKeysCovered: boolean): string {
  return movingKeysCovered
    ? 'all that were changing, and a part of the rest'
    : 'a part; not every big value that was changing';
}

/** The sync job may have missed what was written last before the address went: copied by the bot, and everything compared. */
async function copyAndCompare(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  // A store that lost its last second may ask again for what led here: clients write to the target by now, and nothing may go over it.
  if (formatAddress(target.address) === formatAddress(plan.oldAddress))
    return { kind: 'succeeded', output: { summary: `${target.id} serves the clients already` } };
  const advance = await repairSlice(deps, context, { source, target, from: 'source', fenced: true });
  const { outcome } = advance;
  if (outcome === undefined) {
    context.progress(describeRepair(advance));
    return { kind: 'again', afterMs: advance.waitMs ?? 0 };
  }
  if (!outcome.equal || outcome.unsettledKeys > 0) {
    const message = `With the source's address gone, the target could not be made equal: ${describeUnequal(outcome)}`;
    return { kind: 'failed', error: { code: 'data_differs', message } };
  }
  const { keysCompared, keysRepaired, keysDeleted } = outcome;
  const summary = `${keysCompared} keys compared, ${keysRepaired} that the sync job missed copied, ${keysDeleted} deleted, 0 differences left`;
  return {
    kind: 'succeeded',
    output: { keysCompared, keysRepaired, keysDeleted, covered: 'all', differences: 0, summary },
  };
}
