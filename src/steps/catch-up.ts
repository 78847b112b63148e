import type { StepDefinition } from '../upgrade/step-definition.ts';
import { describeLag, readLag } from './lag.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { brokenSyncJob } from './sync-job-health.ts';

/** Follows the incremental copy until the lag is small. */
export function createCatchUp(deps: StepDeps): StepDefinition {
  const limit = deps.settings.catchUpLagBytes;
  return {
    name: 'catch-up',
    title: 'Catch up',
    describe: () => `incremental copy until the target is less than ${Math.round(limit / 1024)} KB behind`,
    describeUndo: 'nothing to undo: the job goes with the step that created it',
    undo: { none: 'the step that created the job stops it' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const lag = await readLag(deps, context.state, requirePlan(context.state));
      const broken = brokenSyncJob(lag.job);
      if (broken !== undefined) return { kind: 'failed', error: broken };
      const close =
        lag.lagBytes !== undefined && lag.lagBytes <= limit && (lag.lagMb ?? 0) <= Math.ceil(limit / 2 ** 20);
      if (close) return { kind: 'succeeded', output: { summary: describeLag(lag) } };
      context.progress(describeLag(lag));
      return { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) };
    },
  };
}
