import type { StepView } from './view.ts';

/** Who serves the old address: one of the two, or neither for the moment of a hand-over. */
export type Holder = 'source' | 'target' | 'moving';

const NOT_DONE: (StepView['status'] | undefined)[] = [undefined, 'never_started', 'undone'];

/**
 * Read off the steps that move it, in the journal: what the cloud was last known to be, not a look at it now. The old
 * address of a `code` switch never moves.
 */
export function holderOf(view: { steps: readonly Pick<StepView, 'name' | 'status'>[] }): Holder {
  const statusOf = (name: string) => view.steps.find((step) => step.name === name)?.status;
  // A rollback's moves come after the upgrade's, so they speak first.
  const [backAttach, backDetach] = [statusOf('attach-source-address'), statusOf('detach-target-address')];
  if (backAttach === 'succeeded') return 'source';
  if (!NOT_DONE.includes(backAttach) || !NOT_DONE.includes(backDetach)) return 'moving';
  const [attach, detach] = [statusOf('attach-target-address'), statusOf('detach-source-address')];
  if (attach === 'succeeded') return 'target';
  return NOT_DONE.includes(attach) && NOT_DONE.includes(detach) ? 'source' : 'moving';
}
