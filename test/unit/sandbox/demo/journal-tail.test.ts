import { expect, test } from 'vitest';
import { stepTimes } from '../../../../src/sandbox/demo/journal-tail.ts';

test('a step takes from its first start to its success, restarts included', () => {
  const lines = [
    { type: 'requested', atMs: 0 },
    { type: 'step_started', step: 'assess', atMs: 10 },
    { type: 'step_succeeded', step: 'assess', atMs: 60 },
    { type: 'step_started', step: 'drain', atMs: 100 },
    { type: 'step_started', step: 'drain', atMs: 400 },
    { type: 'step_succeeded', step: 'drain', atMs: 450 },
    { type: 'step_started', step: 'probe', atMs: 460 },
  ];
  expect(stepTimes(lines)).toEqual([
    { name: 'assess', ms: 50 },
    { name: 'drain', ms: 350 },
  ]);
});
