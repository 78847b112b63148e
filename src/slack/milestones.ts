import type { JournalEvent } from '../upgrade/events.ts';
import { pointOfNoReturn, type StepName, stepIndex } from '../upgrade/steps.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import type { Phrase } from './blocks/phrase.ts';
import { addressOf, causeOf, sentence, whoServes } from './blocks/standing.ts';
import { actor, count, duration, leadingActor } from './blocks/words.ts';
import { COMMAND, NO_REASON } from './names.ts';

/** A message in the thread. Loud ones are shown in the channel too: the end, and when a person is needed. */
export interface Milestone {
  words: Phrase;
  loud: boolean;
}

type Of<T extends JournalEvent['type']> = Extract<JournalEvent, { type: T }>;

/**
 * What the thread says about an event: what happened, what it means, what comes next. Undefined for the many that say
 * nothing to a person, and for an approval request, which is a message of another kind.
 */
export function milestone(event: JournalEvent, view: UpgradeView): Milestone | undefined {
  switch (event.type) {
    case 'step_started':
      return started(event.step, view);
    case 'step_succeeded':
      return quiet(succeeded(event, view));
    case 'step_failed':
      return failed(event, view);
    case 'undone':
      return quiet(undone(event.step, view));
    case 'step_noted':
      return noted(event);
    case 'undo_failed':
      return loud([
        { bold: 'Stuck: something could not be undone. A person is needed.' },
        ` "${titleOf(event.step, view)}": ${sentence(event.error.message)} ${whoServes(view)} I change nothing more by myself. When the cause is repaired, "${COMMAND} resume ${view.id}" tries it again.`,
      ]);
    case 'ended':
      return loud(event.outcome === 'completed' ? completed(event, view) : rolledBack(view));
    case 'requested':
    case 'step_intended':
    case 'undo_started':
    case 'approval_requested':
    case 'rollback_approval_requested':
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

function started(step: StepName, view: UpgradeView): Milestone | undefined {
  if (step !== 'fence-source') return undefined;
  return quiet([
    { bold: 'The cutover begins.' },
    ` ${view.source} refuses writes from now on; reads go on. Next: the last changes are copied and checked, then ${next(view)}.`,
  ]);
}

function next(view: UpgradeView): string {
  const address = view.plan === undefined ? 'the old address' : addressOf(view.plan.oldAddress);
  return view.switch === 'address' ? `${address} moves to ${view.target}` : `clients go to ${view.target}`;
}

function succeeded(event: Of<'step_succeeded'>, view: UpgradeView): Phrase | undefined {
  const words = SUCCESS[event.step]?.(view);
  if (words === undefined) return undefined;
  const said = event.output['summary'];
  return typeof said === 'string' && said !== ''
    ? [`${words.what} ${sentence(said)} ${words.next}`]
    : [`${words.what} ${words.next}`];
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
  if (stepIndex(event.step) > stepIndex(pointOfNoReturn(view.switch))) {
    return loud([
      { bold: 'Stuck after the hand-over. A person is needed.' },
      ` ${what} ${whoServes(view)} I change nothing more by myself, since ${view.target} may hold new writes. When the cause is repaired, "${COMMAND} resume ${view.id}" tries the step again.`,
    ]);
  }
  return {
    words: [`${what} ${nextAfterFailure(event.step, view)}`],
    loud: false,
  };
}

/** What clients have to expect on the way back: that depends on how far the cutover was. */
function nextAfterFailure(step: StepName, view: UpgradeView): string {
  const address = view.plan === undefined ? 'the old address' : addressOf(view.plan.oldAddress);
  if (stepIndex(step) >= stepIndex('detach-source-address'))
    return `Next: ${view.source} takes ${address} back and takes writes again; until then clients may not reach it.`;
  if (stepIndex(step) >= stepIndex('fence-source'))
    return `Next: ${view.source} takes writes again, then the rest is put back. Until then it refuses writes; reads go on.`;
  return `Next: what was changed is put back, and clients stay with ${view.source}.`;
}

function undone(step: StepName, view: UpgradeView): Phrase | undefined {
  if (step === 'fence-source') return [`${view.source} takes writes again.`];
  if (step !== 'detach-source-address') return undefined;
  const address = view.plan === undefined ? 'The old address' : addressOf(view.plan.oldAddress);
  return [`${address} is back on ${view.source}; clients can reconnect.`];
}

type DecisionEvent = Exclude<
  JournalEvent,
  { step: StepName } | { type: 'requested' | 'approval_requested' | 'rollback_approval_requested' | 'ended' }
>;

function decision(event: DecisionEvent, view: UpgradeView): Phrase {
  const who = leadingActor(event.actor);
  switch (event.type) {
    case 'approval_given':
      return [who, ' approved the cutover. Next: the last checks, then writes to the source are stopped.'];
    case 'approval_rejected':
      return [
        who,
        ` rejected the cutover: ${sentence(event.reason)} Next: the upgrade is undone; clients notice nothing.`,
      ];
    case 'approval_expired':
      return [
        'Nobody decided in time, which counts as a rejection. Next: the upgrade is undone; clients notice nothing. You can start it again.',
      ];
    case 'approval_voided':
      return [
        `The approval request no longer counts, since what was shown has changed: ${sentence(event.changes.join('; '))} Next: you are asked again.`,
      ];
    case 'verification_stale':
      return [
        `The comparison is ${duration(event.ageMs)} old, too old to cut over on. Next: it runs again; the approval stays.`,
      ];
    case 'cutover_over_budget':
      return [
        `The cutover took ${duration(event.elapsedMs)}, longer than the ${duration(event.budgetMs)} it may take. Next: it is undone, and ${view.source} takes writes again.`,
      ];
    case 'rollback_requested':
      return [
        who,
        ` asked for a ${event.mode} rollback. Next: I check whether it can be done, then an approver decides.`,
      ];
    case 'rollback_over_budget':
      return [
        `The rollback took ${duration(event.elapsedMs)}, longer than the ${duration(event.budgetMs)} it may take. Next: it is called off, and ${view.target} takes writes again.`,
      ];
    case 'rollback_called_off':
      return [`The rollback was called off: ${view.target} serves the clients as before.`];
    case 'abort_requested':
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
    ` It took ${duration(event.atMs - view.requestedAtMs)}.${view.switch === 'address' ? ` ${whoServes(view)}` : ''}${keys}${after}`,
  ];
}

function rolledBack(view: UpgradeView): Phrase {
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
