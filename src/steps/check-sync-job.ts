import type { SyncJobCheck } from '../cloud/cloud.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, requireSyncJob, type StepDeps } from './step-deps.ts';

/** A check that was asked for shows a little later; after this it is asked for again. */
const CHECK_GRACE_MS = 5_000;

/** Runs Tencent's pre-check and reports each failed item with its cure. */
export function createCheckSyncJob(deps: StepDeps): StepDefinition {
  return {
    name: 'check-sync-job',
    title: 'Check the sync job',
    describe: () => "runs Tencent's pre-check",
    describeUndo: 'nothing to undo: the job goes with the step before',
    undo: { none: 'a check changes nothing' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const ref = requireSyncJob(context.state, requirePlan(context.state));
      const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
      const asked = context.step.intents.some((intent) => intent.action === 'check');
      const check = await deps.cloud.readSyncJobCheck(ref);
      if (check.status === 'running') return again;
      if (check.status === 'passed') return { kind: 'succeeded', output: { summary: passed(check) } };
      if (check.status === 'failed' && asked) {
        return { kind: 'failed', error: { code: 'pre_check_failed', message: failures(check) } };
      }
      if (asked && context.elapsedMs < CHECK_GRACE_MS) return again;
      await context.intend('check', { job: ref.id });
      await deps.cloud.startSyncJobCheck(ref);
      return again;
    },
  };
}

function passed(check: SyncJobCheck): string {
  const warnings = check.items.filter((item) => item.status === 'warning');
  if (warnings.length === 0) return `all ${check.items.length} items passed`;
  return `passed with warnings: ${warnings.map((item) => `${item.name}: ${item.message}`).join('; ')}`;
}

/** Cures for the items that Tencent's pages name; matched by words, since the ids for Redis are not published. */
const CURES: readonly [RegExp, string][] = [
  [
    /connect|network|password|account/i,
    'check the credentials file, the security groups and that both instances answer',
  ],
  [/empty/i, 'empty the target or choose another'],
  [/space|capacity|memory/i, 'enlarge the target to at least 1.5 times the memory that the source uses'],
  [/version|proxy/i, "bring the target's version and proxy up to date"],
  [/param/i, "compare the source's parameters with what Tencent's page on this item asks"],
  [/status|state|instance/i, 'wait until the instance runs and has no other task'],
];

function failures(check: SyncJobCheck): string {
  const failed = check.items.filter((item) => item.status === 'failed' || item.status === 'blocked');
  const lines = failed.map((item) => {
    const cure =
      CURES.find(([words]) => words.test(`${item.id} ${item.name}`))?.[1] ?? 'see the job in the DTS console';
    return `${item.name}: ${item.message === '' ? 'failed' : item.message}; ${cure}.`;
  });
  return `Tencent's pre-check failed. ${lines.join(' ')}`;
}
