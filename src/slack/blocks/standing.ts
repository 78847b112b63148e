import { describeFinding } from '../../upgrade/finding.ts';
import type { StepView, UpgradeView } from '../../upgrade/view.ts';
import { COMMAND, NO_REASON } from '../names.ts';
import type { Phrase } from './phrase.ts';
import { whatIsLost } from './rollback-words.ts';
import { whatIsWhere, whoServes } from './where.ts';
import { duration, sentence } from './words.ts';

/** The step the upgrade is at. */
function currentStep(view: UpgradeView): StepView | undefined {
  return view.steps.find((step) => step.name === view.currentStep);
}

/** How the upgrade stands and what comes next, in one to three sentences. */
export function standing(view: UpgradeView): Phrase {
  const step = currentStep(view)?.title ?? 'the next step';
  switch (view.status) {
    case 'running':
      return [{ bold: `Running: ${step}.` }, ...progressOf(view), calledOffWords(view)];
    case 'waiting for approval':
      return waiting(view);
    case 'data differs':
      return dataDiffers(view);
    case 'repairing':
      return repairing(view, step);
    case 'paused':
      return [{ bold: `Paused before: ${step}.` }, ` Nothing happens until "${COMMAND} resume ${view.id}".`];
    case 'rolling back':
      return rollingBack(view, step);
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
      return rolledBack(view);
  }
}

function progressOf(view: UpgradeView): Phrase {
  const { progress } = view;
  if (progress === undefined) return [];
  const trouble = progress.trouble === undefined ? '' : ` Trying again after trouble: ${progress.trouble}`;
  return [` ${progress.text}${trouble}`];
}

function waiting(view: UpgradeView): Phrase {
  const rollback = view.rollback !== undefined;
  const until = view.approval?.expiresAtMs;
  if (view.repair !== undefined) return waitingForRepair(view);
  const quiet = rollback
    ? ` Until somebody approves, ${view.target} goes on serving.`
    : ' Until somebody approves, nothing changes for clients.';
  return [
    { bold: rollback ? 'Waiting for an approver of the rollback.' : 'Waiting for an approver.' },
    ' The request is in the thread',
    ...(until === undefined ? [`.${quiet}`] : [' and expires ', { atMs: until }, `.${quiet}`]),
  ];
}

function dataDiffers(view: UpgradeView): Phrase {
  const { differences } = view;
  if (differences === undefined) return [{ bold: 'The data differs.' }];
  return [
    { bold: 'The data differs. A person has to say what is to be done.' },
    ` ${describeFinding(differences.finding)} Clients stay with ${view.source}. `,
    ...whatToSay(view, differences.expiresAtMs),
  ];
}

/** Which commands lead on from a comparison that found differences, and until when. */
export function whatToSay({ id, source, target }: UpgradeView, expiresAtMs: number): Phrase {
  return [
    `"${COMMAND} repair ${id}" makes ${target} equal to ${source} once an approver agrees, "${COMMAND} verify ${id}" compares again, "${COMMAND} abort ${id}" undoes the upgrade. Nobody having said anything by `,
    { atMs: expiresAtMs },
    ', it is undone.',
  ];
}

function waitingForRepair(view: UpgradeView): Phrase {
  const until = view.approval?.expiresAtMs;
  return [
    { bold: 'Waiting for an approver of the repair.' },
    ` ${view.target} is to be made equal to ${view.source}. The request is in the thread`,
    ...(until === undefined ? ['.'] : [' and expires ', { atMs: until }, '.']),
    ' Until somebody approves, nothing changes.',
  ];
}

function repairing(view: UpgradeView, step: string): Phrase {
  const off = view.repair?.callingOff;
  if (off !== undefined)
    return [{ bold: 'Calling the repair off.' }, ` Reason: ${calledOffBecause(off)}`, ...progressOf(view)];
  return [
    { bold: `Repairing ${view.target}: ${step}.` },
    ' Then everything is compared afresh. Clients notice nothing.',
    ...progressOf(view),
  ];
}

function rollingBack(view: UpgradeView, step: string): Phrase {
  const { mode, callingOff, done } = view.rollback ?? {};
  if (done === true)
    return [
      { bold: `${view.source} serves again.` },
      ` ${whatIsLost(view)} What else the upgrade had changed is being put back; now: ${step}.`,
      ...progressOf(view),
    ];
  if (callingOff !== undefined)
    return [
      { bold: 'Calling the rollback off.' },
      ` Reason: ${calledOffBecause(callingOff)} What it had changed is being put back; now: ${step}. ${whoServes(view)}`,
      ...progressOf(view),
    ];
  return [{ bold: `Rolling back (${mode}): ${step}.` }, ` ${whoServes(view)}`, ...progressOf(view)];
}

function rolledBack(view: UpgradeView): Phrase {
  if (view.rollback === undefined)
    return [{ bold: 'Rolled back.' }, ` Reason: ${causeOf(view)} Clients use ${view.source} as before.`];
  return [{ bold: 'Rolled back.' }, ` ${whoServes(view)} ${whatIsLost(view)}`];
}

/** Said while the watch goes on as if nobody had asked. */
function calledOffWords({ rollbackCalledOff: off }: UpgradeView): string {
  return off === undefined ? '' : ` The ${off.mode} rollback was called off: ${calledOffBecause(off)}`;
}

/** Why a rollback did not happen, as a sentence. */
export function calledOffBecause({ code, message }: { code: string; message: string }): string {
  if (code !== 'aborted') return sentence(message);
  return message === NO_REASON ? 'A person called it off.' : sentence(`A person called it off: ${message}`);
}

/** Why the upgrade is or was undone, as a sentence. */
export function causeOf(view: Pick<UpgradeView, 'goingBack'>): string {
  const { code, message } = view.goingBack ?? { code: '', message: 'A person asked for it.' };
  return sentence(code === 'aborted' && message !== NO_REASON ? `Aborted: ${message}` : message);
}

function stuckWords(view: UpgradeView, step: string): Phrase {
  const why = sentence(view.stuck?.message ?? 'The reason is in the journal.');
  return [{ bold: `Stuck at: ${step}. A person is needed.` }, ` Reason: ${why} ${outOfStuck(view)}`];
}

/** What is where, and which commands lead on from there. */
export function outOfStuck(view: UpgradeView): string {
  const back = view.canRollBack
    ? ` Or go back to ${view.source}: "${COMMAND} rollback ${view.id}" says what that costs.`
    : '';
  return `${whatIsWhere(view)} I change nothing more by myself. When the cause is repaired, "${COMMAND} resume ${view.id}" tries this step again.${back}`;
}

function completedWords(view: UpgradeView): Phrase {
  const took = duration((view.endedAtMs ?? view.changedAtMs) - view.requestedAtMs);
  const left = view.steps.find((step) => step.name === 'tidy-up' && step.status === 'succeeded')?.detail;
  const after = left === undefined ? '' : ` ${sentence(left)}`;
  return [{ bold: `Completed in ${took}.` }, ` ${whoServes(view)}${after}`];
}
