import type { StepName } from './steps.ts';
import { handOverFacts, type StepView, type UpgradeView } from './view.ts';

/** Who serves the old address: one of the two, or neither for the moment of a hand-over. */
export type Holder = 'source' | 'target' | 'moving';

type Looked = Pick<UpgradeView, 'steps' | 'stuck' | 'rollback' | 'approval'>;

const NOT_DONE: (StepView['status'] | undefined)[] = [undefined, 'never_started', 'undone'];

/** An undo that gave up because it saw who holds the address: that look is newer than what the steps say. */
const SEEN_BY_AN_UNDO = new Map<string, Holder>([
  ['target_holds_address', 'target'],
  ['source_holds_address', 'source'],
]);

/**
 * Read off the steps that move it, in the journal: what the cloud was last known to be, not a look at it now. The old
 * address of a `code` switch never moves.
 */
export function holderOf(view: Looked): Holder {
  const seen = SEEN_BY_AN_UNDO.get(view.stuck?.code ?? '');
  if (seen !== undefined) return seen;
  // A rollback's moves come after the upgrade's, so they speak first.
  if (hasSucceeded(view, 'attach-source-address')) return 'source';
  if (isBegun(view, ['attach-source-address', 'detach-target-address', ...fences(view, 'fence-target')]))
    return 'moving';
  if (hasSucceeded(view, 'attach-target-address') || takesFromTarget(view)) return 'target';
  const moves: StepName[] = ['attach-target-address', 'detach-source-address'];
  return isBegun(view, [...moves, ...fences(view, 'fence-source')]) ? 'moving' : 'source';
}

/** A fence that takes the address away is the first of its moves. */
function fences(view: Looked, step: StepName): StepName[] {
  return handOverFacts(view)?.fence === 'detach' ? [step] : [];
}

/** A rollback can be asked for out of an undo that found the address on the target: there it is until the rollback moves it. */
function takesFromTarget({ rollback, steps }: Looked): boolean {
  return rollback !== undefined && steps.some(({ name }) => name === 'attach-target-address');
}

function hasSucceeded(view: Looked, name: StepName): boolean {
  return statusOf(view, name) === 'succeeded';
}

function isBegun(view: Looked, names: readonly StepName[]): boolean {
  return names.some((name) => !NOT_DONE.includes(statusOf(view, name)));
}

function statusOf(view: Looked, name: StepName): StepView['status'] | undefined {
  return view.steps.find((step) => step.name === name)?.status;
}
