import { holderOf } from '../../upgrade/holder.ts';
import type { StepView, UpgradeView } from '../../upgrade/view.ts';
import { COMMAND, NO_REASON } from '../names.ts';
import type { Phrase } from './phrase.ts';
import { duration } from './words.ts';

const NOT_DONE: (StepView['status'] | undefined)[] = [undefined, 'never_started', 'undone'];

function statusOf(view: UpgradeView, name: StepView['name']): StepView['status'] | undefined {
  return view.steps.find((step) => step.name === name)?.status;
}

/** The step the upgrade is at. */
function currentStep(view: UpgradeView): StepView | undefined {
  return view.steps.find((step) => step.name === view.currentStep);
}

/** How the upgrade stands and what comes next, in one to three sentences. */
export function standing(view: UpgradeView): Phrase {
  const step = currentStep(view)?.title ?? 'the next step';
  switch (view.status) {
    case 'running':
      return [{ bold: `Running: ${step}.` }, ...progressOf(view)];
    case 'waiting for approval':
      return [{ bold: 'Waiting for an approver.' }, ' The request is in the thread', ...expiryOf(view)];
    case 'paused':
      return [{ bold: `Paused before: ${step}.` }, ` Nothing happens until "${COMMAND} resume ${view.id}".`];
    case 'rolling back':
      return [
        { bold: 'Rolling back.' },
        ` ${view.target} goes on serving until ${view.source} can take over; now: ${step}.`,
        ...progressOf(view),
      ];
    case 'going back':
      return [
        { bold: 'Going back.' },
        ` Reason: ${causeOf(view)} What was changed is being put back, last first; now: ${step}.`,
        ...progressOf(view),
      ];
    case 'stuck':
      return stuckWords(view, step);
    case 'completed':
      return completedWords(view);
    case 'rolled back':
      return [{ bold: 'Rolled back.' }, ` Reason: ${causeOf(view)} Clients use ${view.source} as before.`];
  }
}

function progressOf(view: UpgradeView): Phrase {
  const { progress } = view;
  if (progress === undefined) return [];
  const trouble = progress.trouble === undefined ? '' : ` Trying again after trouble: ${progress.trouble}`;
  return [` ${progress.text}${trouble}`];
}

function expiryOf(view: UpgradeView): Phrase {
  const until = view.approval?.expiresAtMs;
  const quiet = ' Until somebody approves, nothing changes for clients.';
  return until === undefined ? [`.${quiet}`] : [' and expires ', { atMs: until }, `.${quiet}`];
}

/** Why the upgrade is or was undone, as a sentence. */
export function causeOf(view: Pick<UpgradeView, 'goingBack'>): string {
  const { code, message } = view.goingBack ?? { code: '', message: 'A person asked for it.' };
  return sentence(code === 'aborted' && message !== NO_REASON ? `Aborted: ${message}` : message);
}

/** The text with a full stop when it has none. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/u.test(trimmed) ? trimmed : `${trimmed}.`;
}

function stuckWords(view: UpgradeView, step: string): Phrase {
  const why = sentence(view.stuck?.message ?? 'The reason is in the journal.');
  return [
    { bold: `Stuck at: ${step}. A person is needed.` },
    ` Reason: ${why} I change nothing more by myself. ${whoServes(view)} When the cause is repaired, "${COMMAND} resume ${view.id}" tries this step again.`,
  ];
}

/** Which instance clients reach now. */
export function whoServes(view: UpgradeView): string {
  const address = view.plan === undefined ? 'The old address' : addressOf(view.plan.oldAddress);
  const holder = holderOf(view);
  if (holder === 'moving') return `${address} is between the two instances: clients may not reach either.`;
  if (holder === 'target') return `${address} is served by ${view.target}.`;
  const fenced = !NOT_DONE.includes(statusOf(view, 'fence-source'));
  return `${address} is served by ${view.source}${fenced ? ', which may still refuse writes' : ''}.`;
}

/** `10.0.0.7:6379`. */
export function addressOf(address: { ip: string; port: number }): string {
  return `${address.ip}:${address.port}`;
}

function completedWords(view: UpgradeView): Phrase {
  const took = duration((view.endedAtMs ?? view.changedAtMs) - view.requestedAtMs);
  const left = view.steps.find((step) => step.name === 'tidy-up' && step.status === 'succeeded')?.detail;
  const after = left === undefined ? '' : ` ${sentence(left)}`;
  const served = view.switch === 'address' ? ` ${whoServes(view)}` : '';
  return [{ bold: `Completed in ${took}.` }, `${served}${after}`];
}
