import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../../src/upgrade/events.ts';
import { PHASE_OF, type StepName } from '../../../src/upgrade/steps.ts';
import { type Progress, type StepWords, viewUpgrade } from '../../../src/upgrade/view.ts';
import {
  ABORTED,
  ADDRESS_STEPS,
  ALICE,
  approvalRequested,
  bodiesBefore,
  bodiesDuring,
  ERROR,
  GOOD_JOURNAL,
  PLAN,
  REQUESTED,
  stateAfter,
} from './samples.ts';

const WORDS = Object.fromEntries(
  ADDRESS_STEPS.map((name) => [
    name,
    { title: `Title of ${name}`, describe: (plan) => (plan === undefined ? 'no plan' : `does ${name}`) },
  ]),
) as Record<StepName, StepWords>;

function view(bodies: readonly EventBody[], progress?: Progress) {
  return viewUpgrade(stateAfter(...bodies), WORDS, progress);
}
function detailOf(bodies: readonly EventBody[], step: StepName): string | undefined {
  return view(bodies).steps.find(({ name }) => name === step)?.detail;
}

const PROBE_FAILED: EventBody = { type: 'step_failed', step: 'probe', error: ERROR };

describe('the view of an upgrade', () => {
  it.each<[string, readonly EventBody[], string, StepName | undefined]>([
    ['running', bodiesDuring('copy-snapshot'), 'running', 'copy-snapshot'],
    ['between two steps', bodiesBefore('drain'), 'running', 'drain'],
    [
      'waiting',
      [...bodiesDuring('await-approval'), approvalRequested()],
      'waiting for approval',
      'await-approval',
    ],
    ['paused', [...bodiesDuring('catch-up'), { type: 'paused' }], 'paused', 'catch-up'],
    ['going back', [...bodiesDuring('drain'), ABORTED], 'going back', 'drain'],
    ['stuck', [...bodiesDuring('probe'), PROBE_FAILED], 'stuck', 'probe'],
    ['completed', GOOD_JOURNAL, 'completed', undefined],
    [
      'rolled back',
      [REQUESTED, ABORTED, { type: 'ended', outcome: 'rolled_back' }],
      'rolled back',
      undefined,
    ],
  ])('says %s in one word, and which step it is at', (...[_name, bodies, status, step]) => {
    expect(view(bodies)).toMatchObject({ status, currentStep: step });
  });

  it('lists every step in the order of the runbook with its phase and title', () => {
    const { steps } = view([REQUESTED]);
    expect(steps.map(({ name }) => name)).toEqual(ADDRESS_STEPS);
    expect(
      steps.every(({ name, phase, title }) => phase === PHASE_OF[name] && title === `Title of ${name}`),
    ).toBe(true);
  });

  it('has the plan as soon as it was made, and describes the steps with it', () => {
    expect(view([REQUESTED]).plan).toBeUndefined();
    expect(detailOf([REQUESTED], 'drain')).toBe('no plan');
    expect(view(bodiesBefore('align-target')).plan).toEqual(PLAN);
    expect(detailOf(bodiesBefore('align-target'), 'drain')).toBe('does drain');
  });

  it('lets a failed step say why, a finished one what came of it', () => {
    expect(detailOf(bodiesBefore('align-target'), 'assess')).toBe('fits');
    expect(detailOf([...bodiesDuring('probe'), PROBE_FAILED], 'probe')).toBe('It broke.');
  });

  it('shows progress of the present step only', () => {
    const progress: Progress = {
      step: 'catch-up',
      text: '3 s left',
      percent: 50,
      trouble: undefined,
      atMs: 1,
    };
    expect(view(bodiesDuring('catch-up'), progress).progress).toEqual(progress);
    expect(view(bodiesDuring('verify-data'), progress).progress).toBeUndefined();
  });

  it('names who asked and where it is told', () => {
    expect(view([REQUESTED])).toMatchObject({
      requester: ALICE,
      channel: 'C1',
      requestedAtMs: 0,
      endedAtMs: undefined,
    });
  });

  it('offers to abort exactly while that is possible', () => {
    const possible = ADDRESS_STEPS.filter((step) => view(bodiesDuring(step)).canAbort);
    expect(possible).toEqual(ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf('attach-target-address')));
    expect(view([REQUESTED, ABORTED]).canAbort).toBe(false);
    expect(view(GOOD_JOURNAL).canAbort).toBe(false);
  });

  it('offers to finish exactly while the result is watched and nobody did', () => {
    const possible = ADDRESS_STEPS.filter((step) => view(bodiesDuring(step)).canFinish);
    expect(possible).toEqual(['soak', 'tidy-up']);
    const asked: EventBody[] = [...bodiesDuring('soak'), { type: 'finish_requested' }];
    expect(view(asked).canFinish).toBe(false);
    const stuck: EventBody[] = [...bodiesDuring('soak'), { type: 'step_failed', step: 'soak', error: ERROR }];
    expect(view(stuck)).toMatchObject({ canFinish: false, stuck: { step: 'soak', message: 'It broke.' } });
  });
});
