import type { KnownBlock, RichTextBlock, TaskCardBlock } from '@slack/types';
import { isRollbackStep } from '../../upgrade/steps.ts';
import type { RollbackView, StepView, UpgradeView } from '../../upgrade/view.ts';
import { plain } from './content.ts';
import { maxSectionChars, maxTaskDetailChars, maxTaskTitleChars, truncate } from './limits.ts';
import { richText } from './phrase.ts';
import { duration } from './words.ts';

const CARD_STATUS: Record<StepView['status'], TaskCardBlock['status']> = {
  never_started: 'pending',
  started: 'in_progress',
  succeeded: 'complete',
  failed: 'error',
  undo_started: 'in_progress',
  // Cards know no fifth status; the title says that it was undone.
  undone: 'pending',
  undo_failed: 'error',
};

const MARK: Record<StepView['status'], string> = {
  never_started: '○',
  started: '●',
  succeeded: '✓',
  failed: '✗',
  undo_started: '↺',
  undone: '↶',
  undo_failed: '✗',
};

const SUFFIX: Partial<Record<StepView['status'], string>> = {
  undo_started: ' (being undone)',
  undone: ' (undone)',
  failed: ' (failed)',
  undo_failed: ' (could not be undone)',
};

/** The runbook as one plan block, a card for each step. */
export function planBlock(view: UpgradeView): KnownBlock {
  return {
    type: 'plan',
    title: planTitle(view),
    tasks: shownSteps(view).map((step) => card(step, view)),
  };
}

/**
 * One runbook at a time: how many cards a plan may hold is not documented, and while there is a rollback its steps are what
 * matters. While the rest of the upgrade is put back after it, the upgrade's are.
 */
function shownSteps(view: UpgradeView): StepView[] {
  const { rollback } = view;
  const ofRollback = rollback !== undefined && (!rollback.done || view.endedAtMs !== undefined);
  return view.steps.filter(({ name }) => isRollbackStep(name) === ofRollback);
}

function planTitle(view: UpgradeView): string {
  const steps = shownSteps(view);
  const done = `${steps.filter((step) => step.status === 'succeeded').length} of ${steps.length} steps done`;
  const { rollback } = view;
  if (rollback !== undefined) return rollbackTitle(rollback, view, done);
  if (view.status === 'data differs') return `The data differs: ${done}`;
  if (view.repair !== undefined) return `Repair: ${done}`;
  if (view.status === 'rolled back') return 'Undone: everything that was changed is put back';
  if (view.status === 'going back') return 'Going back: what was changed is being put back';
  return done;
}

function rollbackTitle(rollback: RollbackView, view: UpgradeView, done: string): string {
  if (view.endedAtMs !== undefined)
    return `Rolled back (${rollback.mode}), and everything else that was changed is put back`;
  if (rollback.done) return 'Rolled back: what else was changed is being put back';
  if (rollback.callingOff !== undefined) return 'Rollback called off: what it changed is being put back';
  return `Rollback (${rollback.mode}): ${done}`;
}

function card(step: StepView, view: UpgradeView): TaskCardBlock {
  return {
    type: 'task_card',
    task_id: step.name,
    title: truncate(titleOf(step), maxTaskTitleChars),
    status: CARD_STATUS[step.status],
    ...linesOf(step, view),
  };
}

/** Details say what is going on, output what came of it. */
function linesOf(step: StepView, view: UpgradeView): Pick<TaskCardBlock, 'details' | 'output'> {
  const text = paragraph(detailOf(step, view));
  return isOver(step) ? { output: text } : { details: text };
}

function paragraph(text: string): RichTextBlock {
  return richText([[truncate(text, maxTaskDetailChars)]]);
}

function isOver(step: StepView): boolean {
  return !['never_started', 'started', 'undo_started'].includes(step.status);
}

function titleOf(step: StepView): string {
  if (step.status === 'undone' && step.nothingToUndo === true) return `${step.title} (nothing to undo)`;
  return `${step.title}${SUFFIX[step.status] ?? ''}`;
}

/** Progress of the running step rather than its description; a finished one with the time it took. */
function detailOf(step: StepView, view: UpgradeView): string {
  const { progress } = view;
  if (progress?.step === step.name && !isOver(step)) {
    const trouble = progress.trouble === undefined ? '' : ` Trying again after trouble: ${progress.trouble}`;
    return `${progress.text}${trouble}`;
  }
  if (step.status !== 'succeeded' || step.startedAtMs === undefined || step.endedAtMs === undefined)
    return step.detail;
  return `${step.detail} (${duration(step.endedAtMs - step.startedAtMs)})`;
}

/** The same in blocks that every Slack knows: a section for each phase, in plain text. */
export function classicSteps(view: UpgradeView): KnownBlock[] {
  const steps = shownSteps(view);
  const phases = [...new Set(steps.map((step) => step.phase))];
  return phases.map((phase) => {
    const lines = steps.filter((step) => step.phase === phase).map((step) => stepLine(step, view));
    return { type: 'section', text: plain(`${capital(phase)}\n${lines.join('\n')}`, maxSectionChars) };
  });
}

const maxLineChars = 220;

/** `✓ Copy the snapshot: 1,000,000 keys`; a step that has not begun is its title alone. */
export function stepLine(step: StepView, view: UpgradeView): string {
  const detail = step.status === 'never_started' ? '' : `: ${detailOf(step, view)}`;
  return truncate(`${MARK[step.status]} ${titleOf(step)}${detail}`.replaceAll(/\s+/gu, ' '), maxLineChars);
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
