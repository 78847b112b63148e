import type { UpgradeView } from '../../upgrade/view.ts';
import { type Content, sentences } from '../blocks/content.ts';
import { COMMAND } from '../names.ts';

export type Steering = 'abort' | 'pause' | 'resume' | 'finish' | 'verify' | 'repair';

const STEERED: Record<Steering, (view: UpgradeView) => string> = {
  abort: (view) =>
    view.rollback === undefined
      ? `is aborted. What it changed is being put back, and clients stay with ${view.source}.`
      : `is not rolled back any more. What the rollback changed is being put back, and ${view.target} serves on.`,
  pause: (view) => `is paused before its next step. To go on: ${COMMAND} resume ${view.id}`,
  resume: () => 'goes on.',
  verify: () =>
    'is compared again. An approval that was asked for or given counts no more; when both sides are equal, an approver is asked anew.',
  repair: (view) =>
    `waits for the approval of a repair: ${view.target} would be made equal to ${view.source}. An approver other than you decides in the thread. Clients notice nothing.`,
  finish: () => 'ends its watch now and tidies up. With that the way back ends.',
};

/** What is told to somebody who changed the course of an upgrade. */
export function steered(name: Steering, view: UpgradeView): Content {
  return sentences(['Upgrade ', { code: view.id }, ` ${STEERED[name](view)}`]);
}
