import { describe, expect, it } from 'vitest';
import type { EventBody, EventType } from '../../../src/upgrade/events.ts';
import { parseEvent } from '../../../src/upgrade/events.ts';
import { applyEvent, foldJournal, IllegalEventError } from '../../../src/upgrade/fold.ts';
import { whyIllegal } from '../../../src/upgrade/legality.ts';
import { mayBePastReturn, type StepStatus, type UpgradeState } from '../../../src/upgrade/state.ts';
import type { StepName } from '../../../src/upgrade/steps.ts';
import {
  ABORTED,
  ADDRESS_STEPS,
  APPROVED,
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

function why(state: UpgradeState, body: EventBody, atMs?: number): string | undefined {
  return whyIllegal(state, eventAt(state.length, body, atMs));
}

const STEP: StepName = 'align-target';
const BACK: EventBody[] = [...bodiesDuring(STEP), ABORTED];
const FAIL: EventBody = { type: 'step_failed', step: STEP, error: ERROR };
const UNDO: EventBody = { type: 'undo_started', step: STEP };

/** How a step gets into each status, forward and on the way back. */
const STATUS_ROUTES: Record<StepStatus, { forward: EventBody[] | undefined; back: EventBody[] | undefined }> =
  {
    never_started: { forward: bodiesBefore(STEP), back: [...bodiesBefore(STEP), ABORTED] },
    started: { forward: bodiesDuring(STEP), back: BACK },
    succeeded: {
      forward: [...bodiesBefore(STEP), ...stepDone(STEP)],
      back: [...bodiesBefore(STEP), ...stepDone(STEP), ABORTED],
    },
    failed: { forward: undefined, back: [...bodiesDuring(STEP), FAIL] },
    undo_started: { forward: undefined, back: [...BACK, UNDO] },
    undone: { forward: undefined, back: [...BACK, UNDO, { type: 'undone', step: STEP }] },
    // A failed undo is stuck: nothing but `resumed` is allowed there.
    undo_failed: {
      forward: undefined,
      back: [...BACK, UNDO, { type: 'undo_failed', step: STEP, error: ERROR }],
    },
  };

const STEP_EVENTS: Partial<Record<EventType, EventBody>> = {
  step_started: { type: 'step_started', step: STEP },
  step_intended: { type: 'step_intended', step: STEP, action: 'a', detail: {} },
  step_noted: { type: 'step_noted', step: STEP, note: { a: 1 } },
  step_succeeded: { type: 'step_succeeded', step: STEP, output: {} },
  step_failed: FAIL,
  undo_started: UNDO,
  undone: { type: 'undone', step: STEP },
  undo_failed: { type: 'undo_failed', step: STEP, error: ERROR },
};

/** The specification a second time, independent of the code: every legal pair, and where it leads. */
const LEGAL: Record<'forward' | 'back', Record<string, StepStatus>> = {
  forward: {
    'never_started:step_started': 'started',
    'started:step_started': 'started',
    'started:step_intended': 'started',
    'started:step_noted': 'started',
    'started:step_succeeded': 'succeeded',
    'started:step_failed': 'failed',
  },
  back: {
    'started:step_noted': 'started',
    'started:step_succeeded': 'succeeded',
    'started:step_failed': 'failed',
    'started:undo_started': 'undo_started',
    'succeeded:undo_started': 'undo_started',
    'failed:undo_started': 'undo_started',
    'undo_started:undo_started': 'undo_started',
    'undo_started:step_intended': 'undo_started',
    'undo_started:step_noted': 'undo_started',
    'undo_started:undone': 'undone',
    'undo_started:undo_failed': 'undo_failed',
  },
};

const CASES = (['forward', 'back'] as const).flatMap((way) =>
  Object.entries(STATUS_ROUTES).flatMap(([status, routes]) => {
    const route = routes[way];
    return route === undefined
      ? []
      : Object.entries(STEP_EVENTS).map(([type, body]) => ({ way, status, type, body, route }));
  }),
);

describe('the life of a step', () => {
  it.each(CASES)('going $way, $status then $type', ({ way, status, type, body, route }) => {
    const state = stateAfter(...route);
    const expected = LEGAL[way][`${status}:${type}`];
    if (expected === undefined) {
      expect(why(state, body)).toBeTypeOf('string');
      expect(() => applyEvent(state, eventAt(state.length, body))).toThrow(IllegalEventError);
    } else {
      expect(applyEvent(state, eventAt(state.length, body)).steps[STEP].status).toBe(expected);
    }
  });

  it('was enumerated whole: 3 statuses forward and 7 back, each with all 8 step events', () => {
    expect(CASES).toHaveLength((3 + 7) * 8);
  });
});

describe('the events of the upgrade', () => {
  const during = (step: StepName, ...more: EventBody[]) => [...bodiesDuring(step), ...more];
  const SITUATIONS: Record<string, EventBody[]> = {
    'just requested': [REQUESTED],
    copying: during('copy-snapshot'),
    'about to ask': during('await-approval'),
    'waiting for approval': during('await-approval', approvalRequested()),
    approved: during('await-approval', approvalRequested(), APPROVED),
    'checking the gates': during('check-gates'),
    fenced: during('fence-source'),
    'handing over': during('attach-target-address'),
    watching: during('soak'),
    'watching, asked to finish': during('soak', { type: 'finish_requested' }),
    'all steps done': GOOD_JOURNAL.slice(0, -1) as EventBody[],
    paused: during('copy-snapshot', { type: 'paused' }),
    'going back': during('copy-snapshot', ABORTED),
    'going back while asking': during('await-approval', approvalRequested(), ABORTED),
    'going back while checking the gates': during('check-gates', ABORTED),
    'all undone': [REQUESTED, ABORTED],
    'stuck after the hand-over': during('probe', { type: 'step_failed', step: 'probe', error: ERROR }),
    ended: GOOD_JOURNAL as EventBody[],
  };
  const EVENTS: Partial<Record<EventType, EventBody>> = {
    requested: REQUESTED,
    approval_requested: approvalRequested('ap-2'),
    approval_given: APPROVED,
    approval_rejected: { type: 'approval_rejected', approvalId: 'ap-1', reason: 'no' },
    approval_expired: { type: 'approval_expired', approvalId: 'ap-1' },
    approval_voided: { type: 'approval_voided', approvalId: 'ap-1', changes: [] },
    verification_stale: { type: 'verification_stale', ageMs: 1 },
    cutover_over_budget: { type: 'cutover_over_budget', budgetMs: 1, elapsedMs: 2 },
    abort_requested: ABORTED,
    paused: { type: 'paused' },
    resumed: { type: 'resumed' },
    finish_requested: { type: 'finish_requested' },
    ended: { type: 'ended', outcome: 'completed' },
  };
  /** What is allowed in each situation; everything else is not. */
  const ALLOWED: Record<string, EventType[]> = {
    'just requested': ['abort_requested', 'paused'],
    copying: ['abort_requested', 'paused'],
    'about to ask': ['approval_requested', 'abort_requested', 'paused'],
    'waiting for approval': [
      'approval_given',
      'approval_rejected',
      'approval_expired',
      'approval_voided',
      'abort_requested',
      'paused',
    ],
    approved: ['approval_voided', 'abort_requested', 'paused'],
    'checking the gates': ['approval_voided', 'verification_stale', 'abort_requested', 'paused'],
    fenced: ['cutover_over_budget', 'abort_requested'],
    'handing over': [],
    watching: ['finish_requested'],
    'watching, asked to finish': [],
    'all steps done': ['finish_requested', 'ended'],
    paused: ['abort_requested', 'resumed'],
    'going back': [],
    'going back while asking': [],
    'going back while checking the gates': [],
    'all undone': [],
    'stuck after the hand-over': ['resumed'],
    ended: [],
  };
  const cases = Object.entries(SITUATIONS).flatMap(([situation, bodies]) =>
    Object.entries(EVENTS).map(([type, body]) => ({ situation, bodies, type, body })),
  );

  it.each(cases)('$situation: $type', ({ situation, bodies, type, body }) => {
    const state = stateAfter(...bodies);
    const allowed = ALLOWED[situation]?.includes(type as EventType);
    if (allowed) expect(why(state, body)).toBeUndefined();
    else expect(why(state, body)).toBeTypeOf('string');
  });

  it('was enumerated whole: every event type that is not a step of its own', () => {
    expect(Object.keys(EVENTS).length + Object.keys(STEP_EVENTS).length).toBe(21);
    expect(Object.keys(ALLOWED).sort()).toEqual(Object.keys(SITUATIONS).sort());
  });

  it('lets an upgrade end as rolled back only when everything that began is undone', () => {
    const ended: EventBody = { type: 'ended', outcome: 'rolled_back' };
    expect(why(stateAfter(REQUESTED, ABORTED), ended)).toBeUndefined();
    expect(why(stateAfter(...BACK), ended)).toBe('not every step has been undone');
    expect(why(stateAfter(REQUESTED), ended)).toBe('the upgrade is not going back');
  });
});

describe('folding a journal', () => {
  it('reads back a whole good journal as it was written', () => {
    const stored = journal(GOOD_JOURNAL).map((event) => parseEvent(JSON.stringify(event)));
    const state = foldJournal(stored);
    expect(state.ended).toEqual({ outcome: 'completed', atMs: (GOOD_JOURNAL.length - 1) * 1000 });
    expect(state.length).toBe(GOOD_JOURNAL.length);
  });

  it.each([
    ['a gap', 2],
    ['a repeat', 0],
  ])('refuses %s in the numbers', (_what, seq) => {
    const state = stateAfter(REQUESTED);
    expect(whyIllegal(state, eventAt(seq, { type: 'paused' }))).toBe(`it has number ${seq} where 1 is due`);
  });

  it('refuses an empty journal, one that does not begin with requested, and one that begins in the middle', () => {
    expect(() => foldJournal([])).toThrow('empty journal');
    expect(() => foldJournal(journal([{ type: 'paused' }]))).toThrow('begins with requested');
    expect(() => foldJournal(journal([REQUESTED], 3))).toThrow(IllegalEventError);
  });

  it.each([
    ['no JSON', '{'],
    ['another version', JSON.stringify({ ...eventAt(0, REQUESTED), v: 2 })],
    ['an unknown event', JSON.stringify({ ...eventAt(0, REQUESTED), type: 'exploded' })],
    ['an unknown step', JSON.stringify({ ...eventAt(1, UNDO), step: 'dance' })],
    [
      'a number that was not one',
      JSON.stringify({ ...eventAt(1, { type: 'verification_stale', ageMs: Number.NaN }) }),
    ],
  ])('refuses a stored line with %s', (_what, line) => {
    expect(() => parseEvent(line)).toThrow();
  });

  it('keeps every note, later over earlier, and every intent in order', () => {
    const state = stateAfter(
      ...bodiesDuring(STEP),
      { type: 'step_intended', step: STEP, action: 'one', detail: {} },
      { type: 'step_noted', step: STEP, note: { a: 1, b: 1 } },
      { type: 'step_intended', step: STEP, action: 'two', detail: {} },
      { type: 'step_noted', step: STEP, note: { b: 2 } },
    );
    expect(state.steps[STEP].note).toEqual({ a: 1, b: 2 });
    expect(state.steps[STEP].intents.map((intent) => intent.action)).toEqual(['one', 'two']);
  });

  it('counts a step from its first start, however often a crash repeats it', () => {
    const state = stateAfter(...bodiesDuring('assess'), { type: 'step_started', step: 'assess' });
    expect(state.steps.assess.startedAtMs).toBe(1000);
  });
});

describe('no cutover without approval', () => {
  it('never starts the fence when nobody approved', () => {
    const state = stateAfter(...bodiesBefore('fence-source'));
    const unapproved: UpgradeState = { ...state, approval: undefined };
    expect(why(unapproved, { type: 'step_started', step: 'fence-source' })).toBe(
      'nobody approved the cutover',
    );
  });

  it('never ends the wait for an approval without one', () => {
    const done: EventBody = { type: 'step_succeeded', step: 'await-approval', output: {} };
    const asked = [...bodiesDuring('await-approval'), approvalRequested()];
    expect(why(stateAfter(...bodiesDuring('await-approval')), done)).toBe('nobody approved the cutover');
    expect(why(stateAfter(...asked), done)).toBe('nobody approved the cutover');
    expect(why(stateAfter(...asked, APPROVED), done)).toBeUndefined();
  });

  it('takes an approval only for the digest that was shown, only for the present request, only before it expires', () => {
    const state = stateAfter(...bodiesDuring('await-approval'), approvalRequested('ap-1', 90_000));
    expect(why(state, { ...APPROVED, digest: 'other' } as EventBody)).toBe('it is for another digest');
    expect(why(state, { ...APPROVED, approvalId: 'ap-0' } as EventBody)).toBe(
      'approval ap-0 is not the current one',
    );
    expect(why(state, APPROVED, 89_999)).toBeUndefined();
    expect(why(state, APPROVED, 90_000)).toBe('the request has expired');
  });

  it('asks again after the facts changed, and not while an approval stands', () => {
    const given = stateAfter(...bodiesDuring('check-gates'));
    expect(why(given, approvalRequested('ap-2'))).toBe('there is an approval');
    const voided: EventBody = { type: 'approval_voided', approvalId: 'ap-1', changes: ['x: 1 became 2'] };
    const state = stateAfter(...bodiesDuring('check-gates'), voided);
    expect(state.approval).toMatchObject({ status: 'voided', reason: 'x: 1 became 2' });
    expect(state.steps['await-approval'].status).toBe('never_started');
    expect(state.steps['check-gates'].status).toBe('never_started');
    const asked = stateAfter(
      ...bodiesDuring('check-gates'),
      voided,
      { type: 'step_started', step: 'await-approval' },
      approvalRequested('ap-2'),
    );
    expect(asked.approval).toMatchObject({ id: 'ap-2', status: 'waiting', decidedBy: undefined });
  });

  it('goes back when it is rejected or expired, with the words of whoever decided', () => {
    const asked = [...bodiesDuring('await-approval'), approvalRequested()];
    const rejected = stateAfter(...asked, {
      type: 'approval_rejected',
      approvalId: 'ap-1',
      reason: 'not on a Friday',
    });
    expect(rejected.goingBack).toMatchObject({
      code: 'rejected',
      message: 'The cutover was rejected: not on a Friday',
    });
    const expired = stateAfter(...asked, { type: 'approval_expired', approvalId: 'ap-1' });
    expect(expired.goingBack?.code).toBe('approval_expired');
  });

  it('verifies again when the comparison is too old, and keeps the approval', () => {
    const state = stateAfter(...bodiesDuring('check-gates'), {
      type: 'verification_stale',
      ageMs: FAR_AWAY_MS,
    });
    expect(state.steps['verify-data'].status).toBe('never_started');
    expect(state.steps['await-approval'].status).toBe('succeeded');
    expect(state.approval?.status).toBe('given');
  });
});

describe('the point of no return', () => {
  it('is passed as soon as the hand-over to the target has begun', () => {
    expect(mayBePastReturn(stateAfter(...bodiesBefore('attach-target-address')))).toBe(false);
    expect(mayBePastReturn(stateAfter(...bodiesDuring('attach-target-address')))).toBe(true);
    expect(mayBePastReturn(stateAfter(...bodiesDuring('soak')))).toBe(true);
  });

  it.each(ADDRESS_STEPS)('abort while %s runs is allowed only before it', (step) => {
    const refused = ADDRESS_STEPS.indexOf(step) >= ADDRESS_STEPS.indexOf('attach-target-address');
    expect(why(stateAfter(...bodiesDuring(step)), ABORTED) !== undefined).toBe(refused);
  });

  it.each(ADDRESS_STEPS)('%s that fails goes back up to it, and is stuck after it', (step) => {
    const state = stateAfter(...bodiesDuring(step), { type: 'step_failed', step, error: ERROR });
    const past = ADDRESS_STEPS.indexOf(step) > ADDRESS_STEPS.indexOf('attach-target-address');
    expect(state.stuck).toEqual(past ? { step, ...ERROR } : undefined);
    expect(state.goingBack?.code).toBe(past ? undefined : 'boom');
  });

  it.each(ADDRESS_STEPS)('pause while %s runs is allowed only before the cutover', (step) => {
    const refused = ADDRESS_STEPS.indexOf(step) >= ADDRESS_STEPS.indexOf('fence-source');
    expect(why(stateAfter(...bodiesDuring(step)), { type: 'paused' }) !== undefined).toBe(refused);
  });

  it('does not let the fence begin once a pause came in, since nobody would watch the budget', () => {
    const state = stateAfter(...bodiesBefore('fence-source'), { type: 'paused' });
    expect(why(state, { type: 'step_started', step: 'fence-source' })).toBe('the upgrade is paused');
  });
});

describe('going back', () => {
  const fenced = [...bodiesDuring('drain'), ABORTED];

  it('changes nothing more in the step that was under way', () => {
    const state = stateAfter(...fenced);
    expect(why(state, { type: 'step_intended', step: 'drain', action: 'a', detail: {} })).toBe(
      'the upgrade is going back',
    );
    expect(why(state, { type: 'step_started', step: 'drain' })).toBe('the upgrade is going back');
  });

  it('undoes strictly backwards', () => {
    expect(why(stateAfter(...fenced), { type: 'undo_started', step: 'fence-source' })).toBe(
      'a later step has not been undone',
    );
    expect(why(stateAfter(...fenced), { type: 'undo_started', step: 'drain' })).toBeUndefined();
  });

  it('never undoes what never started', () => {
    expect(why(stateAfter(...fenced), { type: 'undo_started', step: 'soak' })).toBe(
      'step soak is never_started',
    );
  });

  it('remembers the first reason', () => {
    const state = stateAfter(...fenced, { type: 'step_failed', step: 'drain', error: ERROR });
    expect(state.goingBack).toMatchObject({ code: 'aborted', message: 'changed my mind' });
  });

  it('ends a pause', () => {
    expect(stateAfter(...bodiesDuring('copy-snapshot'), { type: 'paused' }, ABORTED).paused).toBe(false);
  });

  it('says something even when whoever aborted did not', () => {
    const state = stateAfter(REQUESTED, { type: 'abort_requested', reason: '' });
    expect(state.goingBack?.message).toBe('Somebody aborted it.');
  });
});

describe('stuck', () => {
  it('forward: tries the step again, with its time and its attempts counted anew', () => {
    const stuck = [...bodiesDuring('probe'), { type: 'step_failed', step: 'probe', error: ERROR } as const];
    const state = stateAfter(...stuck, { type: 'resumed' });
    expect(state.stuck).toBeUndefined();
    expect(state.goingBack).toBeUndefined();
    expect(state.steps.probe).toMatchObject({
      status: 'started',
      startedAtMs: stuck.length * 1000,
      error: undefined,
      endedAtMs: undefined,
    });
  });

  it('backward: tries the undo again, and stays on the way back', () => {
    const stuck: EventBody[] = [
      ...bodiesDuring('fence-source'),
      ABORTED,
      { type: 'undo_started', step: 'fence-source' },
      { type: 'undo_failed', step: 'fence-source', error: ERROR },
    ];
    expect(stateAfter(...stuck).stuck).toEqual({ step: 'fence-source', ...ERROR });
    const state = stateAfter(...stuck, { type: 'resumed' });
    expect(state.goingBack?.code).toBe('aborted');
    expect(state.steps['fence-source']).toMatchObject({
      status: 'undo_started',
      undoStartedAtMs: stuck.length * 1000,
    });
  });
});
