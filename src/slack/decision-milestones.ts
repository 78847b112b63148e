import type { JournalEvent } from '../upgrade/events.ts';
import type { StepName } from '../upgrade/steps.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import type { Phrase } from './blocks/phrase.ts';
import { duration, leadingActor, sentence } from './blocks/words.ts';
import { COMMAND, NO_REASON } from './names.ts';
import { repairDecision, repairRequested, verificationRequested } from './repair-milestones.ts';
import {
  rollbackAborted,
  rollbackApproved,
  rollbackOverBudget,
  rollbackRejected,
  rollbackRequested,
} from './rollback-milestones.ts';

type DecisionEvent = Exclude<
  JournalEvent,
  | { step: StepName }
  | {
      type:
        | 'requested'
        | 'approval_requested'
        | 'rollback_approval_requested'
        | 'rollback_called_off'
        | 'repair_approval_requested'
        | 'repair_called_off'
        | 'differences_found'
        | 'ended';
    }
>;

/** What people and clocks decided, and what comes of it: of the upgrade, or of its rollback or repair while there is one. */
export function decision(event: DecisionEvent, view: UpgradeView): Phrase {
  const ofRepair = view.repair === undefined ? undefined : repairDecision(event);
  if (ofRepair !== undefined) return ofRepair;
  const who = leadingActor(event.actor);
  switch (event.type) {
    case 'approval_given':
      return [who, view.rollback === undefined ? APPROVED : rollbackApproved(view)];
    case 'approval_rejected':
      if (view.rollback !== undefined) return rollbackRejected(event, view);
      return [
        who,
        ` rejected the cutover: ${sentence(event.reason)} Next: the upgrade is undone; clients notice nothing.`,
      ];
    case 'approval_expired':
      if (view.rollback !== undefined)
        return [
          `Nobody decided in time, which counts as a rejection. Next: the rollback is called off, and ${view.target} serves on.`,
        ];
      return [
        'Nobody decided in time, which counts as a rejection. Next: the upgrade is undone; clients notice nothing. You can start it again.',
      ];
    case 'approval_voided':
      return [
        `The approval request no longer counts, since what was shown has changed: ${sentence(event.changes.join('; '))} Next: you are asked again.`,
      ];
    case 'verification_requested':
      return verificationRequested(event);
    case 'repair_requested':
      return repairRequested(event, view);
    case 'verification_stale':
      return [
        `The comparison is ${duration(event.ageMs)} old, too old to cut over on. Next: it runs again; the approval stays.`,
      ];
    case 'cutover_over_budget':
      return [
        `The cutover took ${duration(event.elapsedMs)}, longer than the ${duration(event.budgetMs)} it may take. Next: it is undone, and ${view.source} takes writes again.`,
      ];
    case 'rollback_requested':
      return rollbackRequested(event, view);
    case 'rollback_over_budget':
      return rollbackOverBudget(event, view);
    case 'abort_requested':
      if (view.rollback !== undefined) return rollbackAborted(event, view);
      return [
        who,
        ` aborted the upgrade${event.reason === NO_REASON ? '.' : `: ${sentence(event.reason)}`} Next: what was changed is put back, and clients stay with ${view.source}.`,
      ];
    case 'paused':
      return [who, ` paused the upgrade. Nothing happens until "${COMMAND} resume ${view.id}".`];
    case 'resumed':
      return [who, ' resumed the upgrade.'];
    case 'finish_requested':
      return [who, ' ended the watch early. Next: the way back ends and the copy job is taken down.'];
  }
}

const APPROVED = ' approved the cutover. Next: the last checks, then writes to the source are stopped.';
