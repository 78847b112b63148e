import { z } from 'zod';
import { compareDelta } from '../compare/delta.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
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
