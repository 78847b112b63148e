import { statusLines } from '../../src/terminal/status-text.ts';
import { foldJournal } from '../../src/upgrade/fold.ts';
import type { StepName } from '../../src/upgrade/steps.ts';
import { type StepWords, viewUpgrade } from '../../src/upgrade/view.ts';
import type { RunReport } from '../simulation/simulate.ts';
import { linesOf } from './crash-points.ts';

/** What the terminal says of the upgrade of a run at its end. */
export function wordsOf({ history }: RunReport, steps: Record<StepName, StepWords>): string {
  const view = viewUpgrade(foldJournal(history.flatMap(linesOf)), steps, undefined);
  return statusLines({ view, nowMs: view.changedAtMs, program: 'redis-upgrade', bots: 2 }).join('\n');
}
