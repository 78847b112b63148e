import { describeFinding } from '../upgrade/finding.ts';
import { holderOf } from '../upgrade/holder.ts';
import type { StepView, UpgradeView } from '../upgrade/view.ts';
import { approvalLine } from './approval-text.ts';
import { actorOf, columns, durationOf, timeOf } from './words.ts';

export interface StatusWords {
  view: UpgradeView;
  nowMs: number;
  /** How this program is called, as it is typed. */
  program: string;
  /** Bot processes that are connected; undefined where the store does not tell. */
  bots: number | undefined;
}

/** How one upgrade stands, and the very command to type next. */
export function statusLines(words: StatusWords): string[] {
  const { view, nowMs } = words;
  const rows: string[][] = [
    ['status', `${view.status}, last change ${timeOf(view.changedAtMs)} (${ago(nowMs - view.changedAtMs)})`],
    ['old address', addressLine(view)],
    ...stepRows(words),
    ...causeRows(words),
    ...approvalRows(words),
    ['asked for', `by ${actorOf(view.requester)}, ${timeOf(view.requestedAtMs)}`],
    ...(view.endedAtMs === undefined ? [['bots', botsLine(words.bots)]] : []),
    ...next(words).map((line, index) => [index === 0 ? 'next' : '', line]),
  ];
  return [
    `Upgrade ${view.id}: ${view.source} -> ${view.target}, switch by ${view.switch}`,
    '',
    ...columns(rows),
    '',
    ...columns(view.steps.map((step) => [mark(step, view), step.name, stepLine(step)])),
  ];
}

/** One upgrade in one row of a list. */
export function statusRow(view: UpgradeView): string[] {
  const step = view.currentStep === undefined ? '' : `at ${view.currentStep}`;
  return [view.id, view.status, step, `${view.source} -> ${view.target}`, timeOf(view.changedAtMs)];
}

/** How many processes perform steps, and what that means. */
export function botsLine(bots: number | undefined): string {
  if (bots === undefined) return 'this store does not tell how many bot processes are connected';
  if (bots === 0) return 'NO bot process is connected to the store: nothing goes on by itself';
  return `${bots} bot process${bots === 1 ? ' is' : 'es are'} connected and perform${bots === 1 ? 's' : ''} the steps`;
}

/** Who has the address that clients use. */
function addressLine(view: UpgradeView): string {
  const address = view.plan === undefined ? 'it' : `${view.plan.oldAddress.ip}:${view.plan.oldAddress.port}`;
  const holder = holderOf(view);
  if (holder === 'moving')
    return `${address} is BETWEEN the two instances: clients may reach neither (by the journal)`;
  return `${address} is held by ${holder === 'source' ? view.source : view.target}, the ${holder} (by the journal)`;
}

function stepRows({ view, nowMs }: StatusWords): string[][] {
  const index = view.steps.findIndex((step) => step.name === view.currentStep);
  const step = view.steps[index];
  if (step === undefined) return [];
  const since = step.startedAtMs === undefined ? '' : `, begun ${ago(nowMs - step.startedAtMs)}`;
  const { progress } = view;
  const percent = progress?.percent === undefined ? '' : ` (${Math.floor(progress.percent)} %)`;
  return [
    ['step', `${step.name}, ${index + 1} of ${view.steps.length}: ${step.title}${since}`],
    ...(progress === undefined
      ? []
      : [['progress', `${progress.text}${percent}, ${ago(nowMs - progress.atMs)}`]]),
    ...(progress?.trouble === undefined ? [] : [['trouble', `${progress.trouble} It is being tried again.`]]),
  ];
}

function causeRows({ view }: StatusWords): string[][] {
  const rows: string[][] = [];
  const { rollback, rollbackCalledOff } = view;
  if (rollback !== undefined)
    rows.push([
      'rollback',
      `${rollback.mode}, asked for by ${actorOf(rollback.requestedBy)}, ${timeOf(rollback.requestedAtMs)}`,
    ]);
  if (rollback?.callingOff !== undefined) rows.push(['called off', rollback.callingOff.message]);
  if (rollbackCalledOff !== undefined)
    rows.push([
      'no rollback',
      `the ${rollbackCalledOff.mode} one was called off: ${rollbackCalledOff.message}`,
    ]);
  const { differences, repair, repairCalledOff } = view;
  if (differences !== undefined) {
    rows.push(['differences', describeFinding(differences.finding)]);
    rows.push(['waits until', `${timeOf(differences.expiresAtMs)}; then the upgrade goes back`]);
  }
  if (repair !== undefined)
    rows.push(['repair', `asked for by ${actorOf(repair.requestedBy)}, ${timeOf(repair.requestedAtMs)}`]);
  if (repair?.callingOff !== undefined) rows.push(['called off', repair.callingOff.message]);
  if (repairCalledOff !== undefined && repair === undefined)
    rows.push(['no repair', `the latest one was called off: ${repairCalledOff.message}`]);
  if (view.goingBack !== undefined) rows.push(['going back', view.goingBack.message]);
  if (view.stuck !== undefined) {
    rows.push(['stuck at', `${view.stuck.step} (${view.stuck.code})`]);
    rows.push(['because', view.stuck.message]);
  }
  return rows;
}

function approvalRows({ view, nowMs }: StatusWords): string[][] {
  if (view.approval === undefined) return [];
  return [
    ['approval', approvalLine(view.approval, nowMs)],
    ['digest', view.approval.digest],
  ];
}

/** What to type now, the likeliest first; what a command is for stands behind it as a shell's comment. */
function next({ view, program, bots }: StatusWords): string[] {
  if (view.endedAtMs !== undefined) return ['nothing: it has ended'];
  const { id } = view;
  const needsBot = bots === 0 && view.stuck === undefined && view.status !== 'paused';
  const commands: [string, string][] = [
    ...decisions(view),
    ...(needsBot ? [[`work --until-ended ${id}`, 'performs the steps here'] as [string, string]] : []),
    ...(view.canFinish ? [[`finish ${id} --as WHO`, 'ends the watch early'] as [string, string]] : []),
    ...(view.canRollBack ? waysBack(view) : []),
    ...(view.canAbort
      ? [
          [
            `abort ${id} REASON --as WHO`,
            view.rollback === undefined ? 'undoes it' : 'calls the rollback off',
          ] as [string, string],
        ]
      : []),
  ];
  const goesOn = !needsBot && GOES_ON.includes(view.status);
  return [
    ...(goesOn ? ['nothing: it goes on by itself'] : []),
    ...columns(commands.map(([words, what]) => [`${program} ${words}`, `# ${what}`])),
  ];
}

const GOES_ON: UpgradeView['status'][] = ['running', 'going back', 'rolling back', 'repairing'];

function waysBack({ id, source, target }: UpgradeView): [string, string][] {
  return [
    [`rollback ${id} --lossless --as WHO`, `back to ${source} with what was written to ${target}`],
    [`rollback ${id} --fast --as WHO`, `back at once; what was written to ${target} is LOST`],
  ];
}

/** What only a person can decide now. */
function decisions(view: UpgradeView): [string, string][] {
  const { id } = view;
  switch (view.status) {
    case 'waiting for approval':
      return [
        [`approve ${id} --as WHO`, approverWords(view)],
        [`reject ${id} REASON --as WHO`, view.repair === undefined ? 'undoes it' : 'drops the repair'],
      ];
    case 'data differs':
      return [
        [`repair ${id} --as WHO`, `makes ${view.target} equal to ${view.source}, once approved`],
        [`verify ${id} --as WHO`, 'compares everything again'],
      ];
    case 'paused':
      return [[`resume ${id} --as WHO`, 'goes on']];
    case 'stuck':
      return [[`resume ${id} --as WHO`, 'when the reason is repaired: docs/operations/stuck.md']];
    default:
      return [];
  }
}

function approverWords({ requester, rollback, repair }: UpgradeView): string {
  const asker = rollback?.requestedBy ?? repair?.requestedBy ?? requester;
  return asker.kind === 'person' ? `an approver, not ${asker.id}` : 'an approver';
}

const MARKS: Record<StepView['status'], string> = {
  never_started: '',
  started: 'now',
  succeeded: 'done',
  failed: 'FAILED',
  undo_started: 'undoing',
  undone: 'undone',
  undo_failed: 'FAILED',
};

function mark(step: StepView, view: UpgradeView): string {
  return step.name === view.currentStep && step.status === 'never_started' ? 'next' : MARKS[step.status];
}

function stepLine(step: StepView): string {
  return step.status === 'never_started' ? step.title : `${step.title}: ${step.detail}`;
}

function ago(ms: number): string {
  return `${durationOf(ms)} ago`;
}
