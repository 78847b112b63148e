import type { StepDefinition } from '../upgrade/step-definition.ts';
import { describeLag, isDrained, readLag } from './lag.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

/** Polls in a row that saw no lag. */
const SEEN = 'drained-polls';

/** Waits until the target has everything: no lag by every metric there is, on several polls in a row. */
export function createDrain(deps: StepDeps): StepDefinition {
  return {
    name: 'drain',
    title: 'Drain the copy',
    describe: () => `waits until the lag is 0 by every metric, ${deps.settings.drainPolls} times in a row`,
    describeUndo: 'nothing to undo',
    undo: { none: 'waiting changes nothing' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const lag = await readLag(deps, context.state, requirePlan(context.state));
      const broken = brokenSyncJob(lag.job);
      if (broken !== undefined) return { kind: 'failed', error: broken };
      if (!isDrained(lag)) {
        await context.scratch.write(SEEN, '0');
        context.progress(describeLag(lag));
        return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
      }
      const seen = Number((await context.scratch.read(SEEN)) ?? 0) + 1;
      await context.scratch.write(SEEN, String(seen));
      if (seen < deps.settings.drainPolls) return { kind: 'again', afterMs: 0 };
      return { kind: 'succeeded', output: { summary: `no lag, ${seen} times in a row` } };
    },
  };
}
