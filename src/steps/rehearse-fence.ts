import { CloudError } from '../cloud/cloud-error.ts';
import type { Fence } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { takeDownSyncJob } from './create-sync-job.ts';
import { giveSourceBack } from './give-source-back.ts';
import { pollDelay } from './settings.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Journaled before the call; by it a repeat knows that the answer may have been lost. */
const REHEARSE = 'set-writable';

/**
 * Learns whether the cloud takes the read-only switch for this source at all, by asking it to make the source writable, which it
 * is. Tencent does not document which versions take the switch, and an approver must know before deciding.
 */
export function createRehearseFence(deps: StepDeps): StepDefinition {
  return {
    name: 'rehearse-fence',
    title: 'Rehearse the fence',
    describe: (plan) =>
      plan === undefined
        ? 'asks for the write switch to be set as it is, to learn whether the cloud takes it'
        : `asks the cloud to make ${plan.source.id} writable, which it is, to learn whether it takes the switch`,
    describeUndo: 'a last look: no sync job is left, the source is writable at the old address',
    undo: (context) => undo(deps, context),
    patienceMs: deps.settings.patienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const { source } = requirePlan(context.state);
  const again = { kind: 'again', afterMs: pollDelay(deps.settings, context.elapsedMs) } as const;
  // Another task on the source would be taken for a refusal, or hide ours.
  if ((await deps.cloud.readInstance(source)).status !== 'running') return again;
  if (context.step.note['taken'] === true) return learned('read-only');
  await context.intend(REHEARSE, { instance: source.id });
  try {
    await deps.cloud.setReadOnly(source, false);
  } catch (error) {
    const refused = error instanceof CloudError && error.cloudCode === 'CLOUD_REJECTED';
    if (!refused) throw error;
    return context.state.switch === 'address' ? learned('detach') : noCodeSwitch(source.id);
  }
  await context.note({ taken: true });
  return { kind: 'again', afterMs: 0 };
}

/** What came after it may have been done although the journal does not know: a store can lose its last second. */
async function undo(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const { steps } = context.state;
  if (steps['create-sync-job'].status === 'never_started')
    return steps['back-up-source'].status === 'never_started'
      ? { kind: 'undone' }
      : takeDownSyncJob(deps, context);
  // Before the comparison there cannot have been a cutover.
  return steps['verify-data'].status === 'never_started' ? { kind: 'undone' } : giveSourceBack(deps, context);
}

function learned(fence: Fence): StepResult {
  const summary =
    fence === 'read-only'
      ? 'the cloud takes the read-only switch'
      : 'the cloud refuses the read-only switch: the address is taken away first, and the bot copies what the sync job missed';
  return { kind: 'succeeded', output: { fence, summary } };
}

/** Without the switch the old address would have to go, which is what a code switch avoids. */
function noCodeSwitch(source: string): StepResult {
  const message = `The cloud refuses the read-only switch for ${source}, and the code switch cannot keep clients from writing without it. Start again with --switch address.`;
  return { kind: 'failed', error: { code: 'no_read_only_switch', message } };
}
