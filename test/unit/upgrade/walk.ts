import type { EventBody } from '../../../src/upgrade/events.ts';
import type { Action } from '../../../src/upgrade/next-action.ts';
import type { UpgradeState } from '../../../src/upgrade/state.ts';

/** mulberry32: the same seed gives the same walk on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the runner writes first for an action. */
export function firstEventOf(state: UpgradeState, action: Action): EventBody | undefined {
  if (action.kind === 'append') return action.event;
  if (action.kind === 'undo') return { type: 'undo_started', step: action.step };
  if (action.kind === 'rest' || state.steps[action.step].status === 'started') return undefined;
  return { type: 'step_started', step: action.step };
}
