import type { JournalEvent } from '../upgrade/events.ts';
import { pointOfNoUndoing, rollbackSteps, type StepName } from '../upgrade/steps.ts';
import { handOverFacts, type UpgradeView } from '../upgrade/view.ts';
import type { Phrase } from './blocks/phrase.ts';
import { whatIsLost } from './blocks/rollback-words.ts';
import { calledOffBecause, outOfStuck } from './blocks/standing.ts';
import { oldAddressOf, whoServes } from './blocks/where.ts';
import { actor, duration, leadingActor, sentence } from './blocks/words.ts';
import { COMMAND, NO_REASON } from './names.ts';

type Of<T extends JournalEvent['type']> = Extract<JournalEvent, { type: T }>;

/** A rollback that fails here is not undone: clients may write to the source. */
export function isBehindUndoing(step: StepName, view: UpgradeView): boolean {
  const { switch: how, rollback } = view;
  return rollback !== undefined && isAfter(step, pointOfNoUndoing(how, rollback.mode), view);
}

function isAfter(step: StepName, other: StepName, { switch: how, rollback }: UpgradeView): boolean {
  const steps = rollback === undefined ? [] : rollbackSteps(how, rollback.mode);
  return steps.indexOf(step) > steps.indexOf(other);
}

/** What the thread says when a step of a rollback begins; most say nothing. */
export function rollbackStepStarted(step: StepName, view: UpgradeView): Phrase | undefined {
  if (step !== 'fence-target') return undefined;
  const next =
    view.rollback?.mode === 'lossless'
      ? 'what changed last is copied back and everything is compared'
      : 'what is lost is counted';
  const then =
    view.switch === 'address'
      ? `${oldAddressOf(view, 'the old address')} moves back to ${view.source}`
      : `clients are sent back to ${view.source}`;
  const reads = cutsOff(view)
    ? `${view.target} loses its address now, so reads fail as well as writes until ${view.source} has it.`
    : `${view.target} refuses writes from now on; reads go on.`;
  return [{ bold: 'The rollback begins.' }, ` ${reads} Next: ${next}, then ${then}.`];
}

/** The fence takes the address away, where the cloud refuses the read-only switch. */
function cutsOff(view: UpgradeView): boolean {
  return view.switch === 'address' && handOverFacts(view)?.fence === 'detach';
}

/** `said` is the step's own summary. */
export const ROLLBACK_SUCCESS: Partial<Record<StepName, (view: UpgradeView, said: string) => string>> = {
  'check-rollback': (_view, said) =>
    `The rollback can be done: ${said} Next: an approver decides; until then nothing changes for clients.`,
  'copy-back': (view, said) =>
    `What was written to ${view.target} so far was copied back while it served. ${said} Next: writes are refused, and the rest is copied.`,
  'copy-back-rest': (view, said) =>
    `${view.source} holds everything that ${view.target} holds. ${said} Next: clients are handed back.`,
  'count-lost-writes': (view) => `${whatIsLost(view)} Next: clients are handed back to ${view.source}.`,
  'probe-source': (view, said) =>
    `${whoServes(view)} ${said} Next: what else the upgrade had changed is put back.`,
};

/** What a failure of a step means while the rollback can still be called off. */
export function rollbackFailed(what: string, step: StepName, view: UpgradeView): Phrase {
  const refused =
    step === 'fence-target' || isAfter(step, 'fence-target', view)
      ? ` Until ${view.target} takes writes again they are refused.`
      : '';
  return [
    `${what} Next: the rollback is called off, and what it had changed is put back.${refused} ${view.target} serves on.`,
  ];
}

/** When clients can write again after a rollback that is called off. */
export function rollbackUndone(step: StepName, view: UpgradeView): Phrase | undefined {
  const address = oldAddressOf(view, 'The old address');
  if (step === 'detach-target-address')
    return [`${address} is back on ${view.target}; clients can reconnect.`];
  if (step === 'fence-target')
    return [cutsOff(view) ? `${address} is back on ${view.target}.` : `${view.target} takes writes again.`];
  return undefined;
}

export function rollbackRequested(event: Of<'rollback_requested'>, view: UpgradeView): Phrase {
  const price =
    event.mode === 'lossless'
      ? `what was written to ${view.target} since the cutover is copied back first`
      : `what was written to ${view.target} since the cutover is lost`;
  return [
    leadingActor(event.actor),
    ` asked for a ${event.mode} rollback to ${view.source}: ${price}. Next: I check whether it can be done, then an approver decides. ${view.target} serves on.`,
  ];
}

export function rollbackApproved(view: UpgradeView): string {
  return view.rollback?.mode === 'lossless'
    ? ` approved the rollback. Next: what was written to ${view.target} is copied back while it serves.`
    : ` approved the rollback. Next: writes to ${view.target} are stopped, and what is lost is counted.`;
}

export function rollbackRejected(event: Of<'approval_rejected'>, view: UpgradeView): Phrase {
  return [
    leadingActor(event.actor),
    ` rejected the rollback: ${sentence(event.reason)} Next: it is called off, and ${view.target} serves on.`,
  ];
}

export function rollbackAborted(event: Of<'abort_requested'>, view: UpgradeView): Phrase {
  return [
    leadingActor(event.actor),
    ` called off the rollback${event.reason === NO_REASON ? '.' : `: ${sentence(event.reason)}`} Next: what it had changed is put back, and ${view.target} serves on.`,
  ];
}

export function rollbackOverBudget(event: Of<'rollback_over_budget'>, view: UpgradeView): Phrase {
  return [
    `The rollback took ${duration(event.elapsedMs)}, longer than the ${duration(event.budgetMs)} it may take. Next: it is called off, and ${view.target} takes writes again.`,
  ];
}

/** Why it was called off, and that everything is as before. */
export function rollbackCalledOff(view: UpgradeView): Phrase {
  const why =
    view.rollbackCalledOff === undefined ? '' : ` Reason: ${calledOffBecause(view.rollbackCalledOff)}`;
  if (view.stuck !== undefined)
    return [
      { bold: 'The rollback is called off, and the upgrade is stuck as before. A person is needed.' },
      `${why} It was stuck because: ${sentence(view.stuck.message)} ${outOfStuck(view)}`,
    ];
  return [
    { bold: 'The rollback is called off.' },
    `${why} ${whoServes(view)} Nothing was lost, and the watch begins anew. To ask again: "${COMMAND} rollback ${view.id}".`,
  ];
}

/** The end of an upgrade that was taken back by a rollback. */
export function rolledBackOnRequest(view: UpgradeView): Phrase {
  const by = view.rollback?.requestedBy ?? view.requester;
  return [
    { bold: 'The upgrade was rolled back.' },
    ` ${whoServes(view)} ${whatIsLost(view)} Asked for by `,
    actor(by),
    `; to upgrade again: "${COMMAND} plan ${view.source} ${view.target}".`,
  ];
}
