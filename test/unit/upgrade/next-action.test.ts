import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../../src/upgrade/events.ts';
import { applyEvent, foldJournal } from '../../../src/upgrade/fold.ts';
import { whyIllegal } from '../../../src/upgrade/legality.ts';
import { type Action, nextAction } from '../../../src/upgrade/next-action.ts';
import type { StepName } from '../../../src/upgrade/steps.ts';
import {
  ABORTED,
  ADDRESS_STEPS,
  approvalRequested,
  bodiesBefore,
  bodiesDuring,
  ERROR,
  eventAt,
  FAR_AWAY_MS,
  GOOD_JOURNAL,
  journal,
  REQUESTED,
  stateAfter,
  stepDone,
} from './samples.ts';

const CALM = { nowMs: 1, cutoverBudgetMs: FAR_AWAY_MS, rollbackBudgetMs: 600_000 };

/** What must come next after the first `length` events of the good journal, told from the events alone. */
function expectedAfter(length: number): Action {
  const done = GOOD_JOURNAL.slice(0, length).flatMap((body) =>
    body.type === 'step_succeeded' ? [body.step] : [],
  );
  const next = ADDRESS_STEPS[done.length];
  if (length === GOOD_JOURNAL.length) return { kind: 'rest' };
  if (next === undefined) return { kind: 'append', event: { type: 'ended', outcome: 'completed' } };
  return { kind: 'run', step: next };
}

describe('the next action going forward', () => {
  it.each(Array.from({ length: GOOD_JOURNAL.length }, (_, index) => index + 1))(
    'after %i events of a good journal',
    (length) => {
      const state = foldJournal(journal(GOOD_JOURNAL.slice(0, length)));
      expect(nextAction(state, CALM)).toEqual(expectedAfter(length));
    },
  );

  it('is the same for the same journal at the same moment', () => {
    const state = stateAfter(...bodiesDuring('drain'));
    expect(nextAction(state, CALM)).toEqual(nextAction(structuredClone(state), CALM));
  });

  it('rests while paused and goes on where it was when resumed', () => {
    const paused: EventBody[] = [...bodiesDuring('copy-snapshot'), { type: 'paused' }];
    expect(nextAction(stateAfter(...paused), CALM)).toEqual({ kind: 'rest' });
    const state = stateAfter(...paused, { type: 'resumed' });
    expect(nextAction(state, CALM)).toEqual({ kind: 'run', step: 'copy-snapshot' });
  });

  it('looks at the gates again after a pause, however long it was', () => {
    const paused: EventBody[] = [...bodiesBefore('fence-source'), { type: 'paused' }, { type: 'resumed' }];
    expect(nextAction(stateAfter(...paused), CALM)).toEqual({ kind: 'run', step: 'check-gates' });
  });

  it('asks again when the approval was voided, and compares again when the comparison is too old', () => {
    const gates = bodiesDuring('check-gates');
    const voided = stateAfter(...gates, { type: 'approval_voided', approvalId: 'ap-1', changes: [] });
    expect(nextAction(voided, CALM)).toEqual({ kind: 'run', step: 'await-approval' });
    const stale: EventBody[] = [...gates, { type: 'verification_stale', ageMs: 1 }];
    expect(nextAction(stateAfter(...stale), CALM)).toEqual({ kind: 'run', step: 'verify-data' });
    const verified = [...stale, ...stepDone('verify-data')];
    expect(nextAction(stateAfter(...verified), CALM)).toEqual({ kind: 'run', step: 'check-gates' });
  });
});

describe('the next action going back', () => {
  function walkBack(bodies: EventBody[]): StepName[] {
    let state = stateAfter(...bodies);
    const undone: StepName[] = [];
    for (;;) {
      const action = nextAction(state, CALM);
      if (action.kind !== 'undo') {
        expect(action).toEqual({ kind: 'append', event: { type: 'ended', outcome: 'rolled_back' } });
        return undone;
      }
      undone.push(action.step);
      for (const type of ['undo_started', 'undone'] as const) {
        state = applyEvent(state, eventAt(state.length, { type, step: action.step }));
      }
    }
  }
  const BEFORE_RETURN = ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf('attach-target-address'));

  it.each(BEFORE_RETURN)(
    'after an abort during %s undoes what began, last first, and nothing else',
    (step) => {
      const begun = ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf(step) + 1);
      expect(walkBack([...bodiesDuring(step), ABORTED])).toEqual([...begun].reverse());
    },
  );

  it.each([...BEFORE_RETURN, 'attach-target-address' as const])(
    'after %s failed undoes it too, since a cloud half-creates',
    (step) => {
      const [first] = walkBack([...bodiesDuring(step), { type: 'step_failed', step, error: ERROR }]);
      expect(first).toBe(step);
    },
  );

  it('ends at once when nothing had begun', () => {
    expect(walkBack([REQUESTED, ABORTED])).toEqual([]);
  });

  it('repeats an undo that a crash cut short', () => {
    const state = stateAfter(...bodiesDuring('drain'), ABORTED, { type: 'undo_started', step: 'drain' });
    expect(nextAction(state, CALM)).toEqual({ kind: 'undo', step: 'drain' });
  });

  it('rests while stuck and tries the same undo again when resumed', () => {
    const stuck: EventBody[] = [
      ...bodiesDuring('drain'),
      ABORTED,
      { type: 'undo_started', step: 'drain' },
      { type: 'undo_failed', step: 'drain', error: ERROR },
    ];
    expect(nextAction(stateAfter(...stuck), CALM)).toEqual({ kind: 'rest' });
    const state = stateAfter(...stuck, { type: 'resumed' });
    expect(nextAction(state, CALM)).toEqual({ kind: 'undo', step: 'drain' });
  });

  it('rests while stuck after the point of no return and runs the same step again when resumed', () => {
    const stuck: EventBody[] = [
      ...bodiesDuring('probe'),
      { type: 'step_failed', step: 'probe', error: ERROR },
    ];
    expect(nextAction(stateAfter(...stuck), CALM)).toEqual({ kind: 'rest' });
    expect(nextAction(stateAfter(...stuck, { type: 'resumed' }), CALM)).toEqual({
      kind: 'run',
      step: 'probe',
    });
  });
});

describe('the cutover budget', () => {
  const fenceStart = bodiesBefore('fence-source').length * 1000;
  const late = { nowMs: fenceStart + 5_001, cutoverBudgetMs: 5_000, rollbackBudgetMs: 600_000 };
  const inTime = { nowMs: fenceStart + 5_000, cutoverBudgetMs: 5_000, rollbackBudgetMs: 600_000 };
  const CUTOVER: StepName[] = [
    'fence-source',
    'drain',
    'verify-delta',
    'complete-sync',
    'detach-source-address',
  ];

  it.each(CUTOVER)('turns back from %s as soon as it is over', (step) => {
    const state = stateAfter(...bodiesDuring(step));
    expect(nextAction(state, inTime)).toEqual({ kind: 'run', step });
    const action = nextAction(state, late);
    const event = { type: 'cutover_over_budget', budgetMs: 5_000, elapsedMs: 5_001 };
    expect(action).toEqual({ kind: 'append', event });
    if (action.kind === 'append')
      expect(whyIllegal(state, eventAt(state.length, action.event))).toBeUndefined();
  });

  it('also between two steps, as long as the hand-over to the target has not begun', () => {
    expect(nextAction(stateAfter(...bodiesBefore('attach-target-address')), late).kind).toBe('append');
  });

  it.each(['attach-target-address', 'probe', 'soak', 'tidy-up'] as const)(
    'does not stop %s: only forward',
    (step) => {
      expect(nextAction(stateAfter(...bodiesDuring(step)), late)).toEqual({ kind: 'run', step });
    },
  );

  it('does not count the time before the fence', () => {
    const state = stateAfter(...bodiesDuring('check-gates'));
    expect(nextAction(state, { nowMs: FAR_AWAY_MS, cutoverBudgetMs: 1, rollbackBudgetMs: 600_000 })).toEqual({
      kind: 'run',
      step: 'check-gates',
    });
  });

  it('does not come in twice', () => {
    const bodies: EventBody[] = [
      ...bodiesDuring('drain'),
      { type: 'cutover_over_budget', budgetMs: 5_000, elapsedMs: 5_001 },
    ];
    expect(nextAction(stateAfter(...bodies), late)).toEqual({ kind: 'undo', step: 'drain' });
  });
});

describe('the expiry of an approval request', () => {
  const asked = [...bodiesDuring('await-approval'), approvalRequested('ap-1', 500_000)];

  it('turns back at the moment it expires, not before', () => {
    const state = stateAfter(...asked);
    expect(nextAction(state, { ...CALM, nowMs: 499_999 })).toEqual({ kind: 'run', step: 'await-approval' });
    expect(nextAction(state, { ...CALM, nowMs: 500_000 })).toEqual({
      kind: 'append',
      event: { type: 'approval_expired', approvalId: 'ap-1' },
    });
  });

  it('does not touch an approval that was given: it may wait for its window', () => {
    const given: EventBody = { type: 'approval_given', approvalId: 'ap-1', digest: 'digest' };
    const state = stateAfter(...asked, given);
    expect(nextAction(state, { ...CALM, nowMs: FAR_AWAY_MS })).toEqual({
      kind: 'run',
      step: 'await-approval',
    });
  });

  it('waits for the end of a pause', () => {
    const state = stateAfter(...asked, { type: 'paused' });
    expect(nextAction(state, { ...CALM, nowMs: 600_000 })).toEqual({ kind: 'rest' });
  });
});
