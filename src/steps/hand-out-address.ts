import { formatAddress } from '../upgrade/instance.ts';
import { isRollbackDone } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { stillFenced } from './still-fenced.ts';

const TELL = 'tell-configuration';

/**
 * The code switch: says where clients find the new instance, to people and to the team's webhook. The point of no return: from
 * here somebody may write to the target. The source keeps its address and stays read-only.
 */
export function createHandOutAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'hand-out-address',
    title: 'Hand out the new address',
    describe: (plan) =>
      plan === undefined
        ? "says the target's address; the team changes its configuration"
        : `says where ${plan.target.id} is; the team changes its configuration: point of no return`,
    describeUndo: 'only while nobody was told',
    patienceMs: deps.settings.handOverDeadlineMs,
    run: (context) => handOut(deps, context),
    undo: async (context) => undoHandOut(context),
  };
}

async function handOut(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const target = await deps.cloud.readInstance(plan.target);
  const address = formatAddress(target.address);
  const previousAddress = formatAddress(plan.oldAddress);
  const notice = { event: 'switched', instance: target.id, address, previousAddress } as const;
  const intent = context.step.intents.find(({ action }) => action === TELL);
  if (intent === undefined) {
    const fenced = await stillFenced(deps, context);
    if (fenced.kind !== 'there') return fenced;
    await context.intend(TELL, notice);
    return { kind: 'again', afterMs: deps.settings.storeForgetsMs };
  }
  // What people know leaves no trace in the cloud to look at: nobody is told before the intent can no longer be forgotten.
  const leftMs = intent.atMs + deps.settings.storeForgetsMs - context.nowMs;
  if (leftMs > 0) return { kind: 'again', afterMs: leftMs };
  if (deps.announce !== undefined) {
    // Once more, as it proves that no other process has taken over meanwhile.
    await context.intend(TELL, notice);
    await deps.announce({ upgradeId: context.upgradeId, ...notice });
  }
  const summary = `${target.id} is at ${address}: change your configuration from ${previousAddress} to it now`;
  return { kind: 'succeeded', output: { address, summary } };
}

/** Whoever may have been told may write to the target: a person decides. */
function undoHandOut(context: StepContext): UndoResult {
  const { source, target } = requirePlan(context.state);
  // After a rollback the target is fenced and clients were told to come back.
  if (isRollbackDone(context.state)) return { kind: 'undone' };
  if (!context.step.intents.some(({ action }) => action === TELL)) return { kind: 'undone' };
  const message = `Clients may have been told to use ${target.id}, so ${source.id} stays read-only. See whether clients write to ${target.id}; to go back: /redis-upgrade rollback ${context.upgradeId} --lossless or --fast.`;
  return { kind: 'failed', error: { code: 'address_handed_out', message } };
}

/** The way back of a code switch: the source's address is said again. */
export function createHandBackAddress(deps: StepDeps): StepDefinition {
  return {
    name: 'hand-back-address',
    title: 'Hand the old address back',
    describe: (plan) =>
      plan === undefined
        ? "says the source's address again"
        : `says that clients use ${plan.source.id} at ${formatAddress(plan.oldAddress)} again`,
    describeUndo: 'nothing to undo: both addresses stay where they are',
    undo: { none: 'both addresses stay where they are' },
    patienceMs: deps.settings.handOverDeadlineMs,
    async run(context) {
      const plan = requirePlan(context.state);
      const target = await deps.cloud.readInstance(plan.target);
      const address = formatAddress(plan.oldAddress);
      const previousAddress = formatAddress(target.address);
      const notice = { event: 'rolled_back', instance: plan.source.id, address, previousAddress } as const;
      if (deps.announce !== undefined) {
        await context.intend(TELL, notice);
        await deps.announce({ upgradeId: context.upgradeId, ...notice });
      }
      const summary = `${plan.source.id} is at ${address}: change your configuration back to it now`;
      return { kind: 'succeeded', output: { address, summary } };
    },
  };
}
