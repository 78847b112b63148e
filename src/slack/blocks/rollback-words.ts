import type { RollbackMode } from '../../upgrade/plan.ts';
import { pointOfNoReturn } from '../../upgrade/steps.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { COMMAND } from '../names.ts';
import type { Phrase } from './phrase.ts';
import { count, duration, sentence } from './words.ts';

/** Keys a second that are compared at least while writes are refused; only for saying beforehand about how long that is. */
const comparedPerSecond = 40_000;
const shortestEstimateMs = 1_000;

/** What a rollback that is done cost, as a sentence. */
export function whatIsLost(view: UpgradeView): string {
  if (view.rollback?.mode === 'lossless')
    return `No write is lost: what was written to ${view.target} was copied back first.`;
  const counted = view.steps.find((step) => step.name === 'count-lost-writes');
  return counted?.status === 'succeeded'
    ? sentence(capital(counted.detail))
    : `What was written to ${view.target} since the cutover is lost.`;
}

/** The price of each way back, before anybody is asked: the request for approval has the figures of its moment. */
export function priceOf(mode: RollbackMode, view: UpgradeView): Phrase {
  return mode === 'fast' ? fastPrice(view) : losslessPrice(view);
}

/** Why no rollback can be asked for, and what can be done instead. */
export function whyNoWayBack(view: UpgradeView): string {
  if (view.endedAtMs !== undefined)
    return `Upgrade ${view.id} has ended, and with it the way back. To return, upgrade the other way or restore a backup.`;
  if (view.rollback !== undefined) return `Upgrade ${view.id} is being rolled back already.`;
  if (view.steps.some(({ name, status }) => name === 'tidy-up' && status !== 'never_started'))
    return `Upgrade ${view.id} is being finished, and with it the way back ends.`;
  if (view.goingBack !== undefined) return `Upgrade ${view.id} is going back already.`;
  return `Upgrade ${view.id} has not handed the clients over to ${view.target} yet, so there is nothing to roll back. To undo what was done: ${COMMAND} abort ${view.id}.`;
}

function fastPrice(view: UpgradeView): Phrase {
  const since = view.steps.find((step) => step.name === pointOfNoReturn(view.switch))?.endedAtMs;
  const rate = view.approval?.purpose === 'cutover' ? view.approval.evidence.writesPerSecond : undefined;
  const before = rate === undefined ? '' : ` There were about ${count(rate)} writes a second before it.`;
  return [
    `Every write that ${view.target} took since the cutover`,
    ...(since === undefined ? [] : [' (', { atMs: since }, ')']),
    ` is lost; they are counted before an approver decides.${before} Writes are refused only for the moment in which clients are handed back.`,
  ];
}

function losslessPrice(view: UpgradeView): Phrase {
  const keys = view.plan?.keys;
  const howLong =
    keys === undefined
      ? 'while everything is compared'
      : `while everything is compared, for ${count(keys)} keys ${roughly((keys / comparedPerSecond) * 1_000)}`;
  return [
    `Nothing is lost: what was written to ${view.target} is copied back first. Writes are refused ${howLong}, and for the moment in which clients are handed back.`,
  ];
}

/** An estimate, no finer than it is: `about 25 s`. */
export function roughly(ms: number): string {
  return ms <= shortestEstimateMs ? 'about a second' : `about ${duration(ms)}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
