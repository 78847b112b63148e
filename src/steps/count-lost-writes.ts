import type { StepDefinition } from '../upgrade/step-definition.ts';
import { countClientWrites } from './lost-writes.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Counts what a fast rollback loses, once nothing more can be added to it. */
export function createCountLostWrites(deps: StepDeps): StepDefinition {
  return {
    name: 'count-lost-writes',
    title: 'Count the lost writes',
    describe: () => 'counts the writes that the target took since the cutover: they are lost',
    describeUndo: 'nothing to undo: it only reads',
    undo: { none: 'it only reads' },
    patienceMs: deps.settings.patienceMs,
    async run({ state }) {
      const target = await deps.cloud.readInstance(requirePlan(state).target);
      const writes = await deps.access.use(target, (connection) => countClientWrites(connection, state));
      if (writes === undefined) {
        const summary = `how many writes are lost cannot be told: ${target.id} was restarted or its statistics were reset`;
        return { kind: 'succeeded', output: { summary } };
      }
      const atMost = writes.exact ? '' : 'at most ';
      return {
        kind: 'succeeded',
        output: {
          lostWrites: writes.count,
          exact: writes.exact,
          summary: `${atMost}${writes.count} writes made on ${target.id} since the cutover are lost`,
        },
      };
    },
  };
}
