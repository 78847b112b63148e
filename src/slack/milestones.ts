import type { JournalEvent } from '../upgrade/events.ts';
import { isRepairStep, isRollbackStep, pointOfNoReturn, type StepName, stepIndex } from '../upgrade/steps.ts';
import { handOverFacts, type UpgradeView } from '../upgrade/view.ts';
import type { Phrase } from './blocks/phrase.ts';
import { causeOf, outOfStuck } from './blocks/standing.ts';
import { oldAddressOf, whoServes } from './blocks/where.ts';
import { actor, count, duration, sentence } from './blocks/words.ts';
import { decision } from './decision-milestones.ts';
import { COMMAND } from './names.ts';
import { differencesFound, repairCalledOff, repairDone, repairFailed } from './repair-milestones.ts';
import {
  isBehindUndoing,
  ROLLBACK_SUCCESS,
  rollbackCalledOff,
  rollbackFailed,
  rollbackStepStarted,
  rollbackUndone,
  rolledBackOnRequest,
} from './rollback-milestones.ts';

/** A message in the thread. Loud ones are shown in the channel too: the end, and when a person is needed. */
export interface Milestone {
  words: Phrase;
  loud: boolean;
  /** Who is mentioned, so that Slack calls them. */
  calls?: 'approvers' | 'requester';
  /** Shown by itself below the words, easy to copy. */
  copy?: string;
}

type Of<T extends JournalEvent['type']> = Extract<JournalEvent, { type: T }>;

/**
 * What the thread says about an event: what happened, what it means, what comes next. `view` is the upgrade as it stood right
 * after it. Undefined for the many that say nothing to a person, and for an approval request, which is a message of another kind.
 */
export function milestone(event: JournalEvent, view: UpgradeView): Milestone | undefined {
  switch (event.type) {
    case 'step_started':
      return started(event.step, view);
    case 'step_succeeded':
      return handedOver(event, view) ?? quiet(succeeded(event, view));
    case 'step_failed':
      return failed(event, view);
    case 'undone':
      return quiet(undone(event.step, view));
    case 'step_noted':
      return noted(event);
    case 'undo_failed':
      return callApprovers([
        { bold: 'Stuck: something could not be undone. A person is needed.' },
        ` "${titleOf(event.step, view)}": ${sentence(event.error.message)} ${outOfStuck(view)}`,
      ]);
    case 'rollback_called_off':
      return view.stuck === undefined
        ? { words: rollbackCalledOff(view), loud: !DECIDED_BY_PEOPLE.has(view.rollbackCalledOff?.code ?? '') }
        : callApprovers(rollbackCalledOff(view));
    case 'differences_found':
      return callApprovers(differencesFound(event, view));
    case 'repair_called_off':
      return quiet(repairCalledOff(view));
    case 'ended':
      return loud(event.outcome === 'completed' ? completed(event, view) : rolledBack(view));
    case 'requested':
    case 'step_intended':
    case 'undo_started':
    case 'approval_requested':
    case 'rollback_approval_requested':
    case 'repair_approval_requested':
      return undefined;
    default:
      return quiet(decision(event, view));
  }
}

function quiet(words: Phrase | undefined): Milestone | undefined {
  return words === undefined ? undefined : { words, loud: false };
}

function loud(words: Phrase): Milestone {
  return { words, loud: true };
}

function callApprovers(words: Phrase): Milestone {
  return { words, loud: true, calls: 'approvers' };
}

/** Ends of a rollback that somebody wanted, or that nobody wanted enough: they surprise nobody. */
const DECIDED_BY_PEOPLE = new Set(['rejected', 'aborted', 'approval_expired']);

function started(step: StepName, view: UpgradeView): Milestone | undefined {
  if (step !== 'fence-source') return quiet(rollbackStepStarted(step, view));
  const address = oldAddressOf(view, 'the old address');
  const fence =
    handOverFacts(view)?.fence === 'detach'
      ? `${view.source} gives ${address} up now, so reads fail as well as writes until ${view.target} has it.`
      : `${view.source} refuses writes from now on; reads go on.`;
  const next =
    view.switch === 'address'
      ? `${address} moves to ${view.target}`
      : `I say where ${view.target} is, and you change your configuration`;
  return quiet([
    { bold: 'The cutover begins.' },
    ` ${fence} Next: the last changes are copied and checked, then ${next}.`,
  ]);
}

/** In a code switch people do the moving: the address is in a message of its own, and calls whoever asked. */
function handedOver(event: Of<'step_succeeded'>, view: UpgradeView): Milestone | undefined {
  if (event.step !== 'hand-out-address' && event.step !== 'hand-back-address') return undefined;
  const address = event.output['address'];
  const [to, from] =
    event.step === 'hand-out-address' ? [view.target, view.source] : [view.source, view.target];
  return {
    words: [
      { bold: `Change your configuration now: clients use ${to} from here on.` },
      ` ${from} takes no more writes, so whoever still writes there is refused. The address:`,
    ],
    loud: true,
    calls: 'requester',
    ...(typeof address === 'string' && { copy: address }),
  };
}

function succeeded(event: Of<'step_succeeded'>, view: UpgradeView): Phrase | undefined {
  const said = event.output['summary'];
  const summary = typeof said === 'string' && said !== '' ? sentence(said) : '';
  const ofRollback = ROLLBACK_SUCCESS[event.step]?.(view, summary);
  if (ofRollback !== undefined) return [ofRollback];
  if (event.step === 'repair-target') return [repairDone(view, summary)];
  const words = SUCCESS[event.step]?.(view);
  if (words === undefined) return undefined;
  return [summary === '' ? `${words.what} ${words.next}` : `${words.what} ${summary} ${words.next}`];
}

type Words = (view: UpgradeView) => { what: string; next: string };

const SUCCESS: Partial<Record<StepName, Words>> = {
  assess: () => ({
    what: 'Both instances are checked and the plan is made.',
    next: 'Next: the target is prepared and the source is backed up. Clients notice nothing.',
  }),
  'back-up-source': (view) => ({
    what: `${view.source} is backed up.`,
    next: 'Next: its data is copied while it goes on serving.',
  }),
  'copy-snapshot': () => ({
    what: 'The full copy is done.',
    next: 'Next: the changes made meanwhile are copied.',
  }),
  'verify-data': () => ({
    what: 'Source and target are compared and hold the same data.',
    next: 'Next: an approver decides about the cutover.',
  }),
  probe: (view) => ({
    what: `The cutover is done: ${whoServes(view)}`,
    next: `Next: I watch connections, writes and errors for a while, and until that ends there is a way back. The watch can be ended early with "${COMMAND} finish ${view.id}".`,
  }),
  soak: () => ({
    what: 'The watch is over.',
    next: 'Next: the way back ends and the copy job is taken down.',
  }),
};

/** What the watch comes across is told when it is found; whatever else a step notes is for the step alone. */
function noted(event: Of<'step_noted'>): Milestone | undefined {
  const { said, urgent } = event.note;
  if (event.step !== 'soak' || typeof said !== 'string') return undefined;
  return urgent === true ? loud([{ bold: 'A person should look at this.' }, ` ${said}`]) : quiet([said]);
}

function failed(event: Of<'step_failed'>, view: UpgradeView): Milestone {
  const what = `"${titleOf(event.step, view)}" failed: ${sentence(event.error.message)}`;
  if (isRepairStep(event.step)) return { words: repairFailed(what, view), loud: false };
  if (isRollbackStep(event.step)) {
    return isBehindUndoing(event.step, view)
      ? stuckBehind(`${what} The rollback cannot be called off any more.`, view)
      : { words: rollbackFailed(what, event.step, view), loud: false };
  }
  return stepIndex(event.step) > stepIndex(pointOfNoReturn(view.switch))
    ? stuckBehind(what, view)
    : { words: [`${what} ${nextAfterFailure(event.step, view)}`], loud: false };
}

function stuckBehind(what: string, view: UpgradeView): Milestone {
  return callApprovers([
    { bold: 'Stuck after the hand-over. A person is needed.' },
    ` ${what} ${outOfStuck(view)}`,
  ]);
}

/** What clients have to expect on the way back: that depends on how far the cutover was. */
function nextAfterFailure(step: StepName, view: UpgradeView): string {
  const address = oldAddressOf(view, 'the old address');
  if (stepIndex(step) >= stepIndex('detach-source-address'))
    return `Next: ${view.source} takes ${address} back and takes writes again; until then clients may not reach it.`;
  if (stepIndex(step) >= stepIndex('fence-source'))
    return `Next: ${view.source} takes writes again, then the rest is put back. Until then it refuses writes; reads go on.`;
  return `Next: what was changed is put back, and clients stay with ${view.source}.`;
}

function undone(step: StepName, view: UpgradeView): Phrase | undefined {
  // After a rollback the source serves already, and undoing the rest changes nothing for clients.
  if (view.rollback?.done === true) return undefined;
  if (isRollbackStep(step)) return rollbackUndone(step, view);
  if (step === 'fence-source') return [`${view.source} takes writes again.`];
  if (step !== 'detach-source-address') return undefined;
  const address = oldAddressOf(view, 'The old address');
  return [`${address} is back on ${view.source}; clients can reconnect.`];
}

function completed(event: Of<'ended'>, view: UpgradeView): Phrase {
  const compared = view.approval?.purpose === 'cutover' ? view.approval.evidence.keysCompared : undefined;
  const keys =
    compared === undefined
      ? ''
      : ` ${count(compared)} keys were compared before the cutover, without a difference.`;
  const left = view.steps.find((step) => step.name === 'tidy-up')?.detail;
  const after = left === undefined ? '' : ` ${sentence(left)}`;
  return [
    { bold: 'The upgrade is complete.' },
    ` It took ${duration(event.atMs - view.requestedAtMs)}. ${whoServes(view)}${keys}${after}`,
  ];
}

function rolledBack(view: UpgradeView): Phrase {
  if (view.rollback !== undefined) return rolledBackOnRequest(view);
  const why = causeOf(view);
  return [
    { bold: 'The upgrade was undone.' },
    ` Reason: ${why} Clients use ${view.source} as before, and nothing they wrote is lost. Asked for by `,
    actor(view.requester),
    `; to try again: "${COMMAND} plan ${view.source} ${view.target}".`,
  ];
}

function titleOf(step: StepName, view: UpgradeView): string {
  return view.steps.find((one) => one.name === step)?.title ?? step;
}
