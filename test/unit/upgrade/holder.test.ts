import { expect, it } from 'vitest';
import { type Holder, holderOf } from '../../../src/upgrade/holder.ts';
import type { StepStatus } from '../../../src/upgrade/state.ts';
import type { StepName } from '../../../src/upgrade/steps.ts';
import { viewOf } from '../slack/sample-upgrade.ts';
import { REQUESTED } from './samples.ts';

type Moves = Partial<Record<StepName, StepStatus>>;
const handedOver: Moves = { 'detach-source-address': 'succeeded', 'attach-target-address': 'succeeded' };

it.each<[Holder, string, Moves]>([
  ['source', 'before anything moved', {}],
  ['moving', 'while it is taken off the source', { 'detach-source-address': 'started' }],
  ['moving', 'between the two', { 'detach-source-address': 'succeeded', 'attach-target-address': 'started' }],
  [
    'moving',
    'when the hand-over failed',
    { 'detach-source-address': 'succeeded', 'attach-target-address': 'failed' },
  ],
  ['target', 'after the hand-over', handedOver],
  [
    'moving',
    'while the hand-over is undone',
    { 'detach-source-address': 'undo_started', 'attach-target-address': 'undone' },
  ],
  ['source', 'when it was undone', { 'detach-source-address': 'undone', 'attach-target-address': 'undone' }],
  ['target', 'while a rollback only prepares', { ...handedOver, 'fence-target': 'succeeded' }],
  [
    'moving',
    'while a rollback takes it off the target',
    { ...handedOver, 'detach-target-address': 'started' },
  ],
  [
    'source',
    'when a rollback gave it back',
    { ...handedOver, 'detach-target-address': 'succeeded', 'attach-source-address': 'succeeded' },
  ],
  [
    'target',
    'when a rollback was called off',
    { ...handedOver, 'detach-target-address': 'undone', 'attach-source-address': 'undone' },
  ],
])('the old address is with: %s, %s', (holder, _, moves) => {
  const [form] = viewOf([REQUESTED]).steps;
  if (form === undefined) throw new Error('no step');
  const steps = Object.entries(moves).map(([name, status]) => ({ ...form, name: name as StepName, status }));
  expect(holderOf({ ...viewOf([REQUESTED]), steps })).toBe(holder);
});
