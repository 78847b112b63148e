import type { JournalEvent } from '../upgrade/events.ts';
import { foldJournal } from '../upgrade/fold.ts';
import { STEP_NAMES, type StepName } from '../upgrade/steps.ts';
import { type StepWords, type UpgradeView, viewUpgrade } from '../upgrade/view.ts';

/**
 * The upgrade as it stood right after one event. The thread tells each event so: after an outage of Slack "the cutover is done"
 * must not name the instance that serves now. The titles of steps are taken from the view of now; a step that is not in it has
 * its name in words.
 */
export function viewAt(
  journal: readonly JournalEvent[],
  event: JournalEvent,
  now: Pick<UpgradeView, 'steps'>,
): UpgradeView {
  const words = STEP_NAMES.map((name): [StepName, StepWords] => {
    const title = now.steps.find((step) => step.name === name)?.title ?? inWords(name);
    return [name, { title, describe: () => '' }];
  });
  const state = foldJournal(journal.slice(0, event.seq + 1));
  return viewUpgrade(state, Object.fromEntries(words) as Record<StepName, StepWords>, undefined);
}

function inWords(name: StepName): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`;
}
