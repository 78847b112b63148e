import { describe, expect, it } from 'vitest';
import type { EventBody, EventType } from '../../../src/upgrade/events.ts';
import { applyEvent, foldJournal } from '../../../src/upgrade/fold.ts';
import { whyIllegal } from '../../../src/upgrade/legality.ts';
import { nextAction } from '../../../src/upgrade/next-action.ts';
import type { UpgradeState } from '../../../src/upgrade/state.ts';
import type { StepName } from '../../../src/upgrade/steps.ts';
import { ADDRESS_STEPS, approvalRequested, ERROR, eventAt, journal, REQUESTED } from './samples.ts';
import { firstEventOf, seededRandom } from './walk.ts';

const APPROVAL_IDS = ['ap-1', 'ap-2', 'ap-3'];

/** Every event that could be tried, legal or not. */
const ALL: EventBody[] = [
  REQUESTED,
  ...ADDRESS_STEPS.flatMap((step): EventBody[] => [
    { type: 'step_started', step },
    { type: 'step_intended', step, action: 'act', detail: {} },
    { type: 'step_noted', step, note: {} },
    { type: 'step_succeeded', step, output: {} },
    { type: 'step_succeeded', step, output: {} },
    { type: 'step_succeeded', step, output: {} },
    { type: 'step_failed', step, error: ERROR },
    { type: 'undo_started', step },
    { type: 'undone', step },
    { type: 'undo_failed', step, error: ERROR },
  ]),
  ...APPROVAL_IDS.flatMap((approvalId): EventBody[] => [
    approvalRequested(approvalId),
    { type: 'approval_given', approvalId, digest: 'digest' },
    { type: 'approval_given', approvalId, digest: 'another digest' },
    { type: 'approval_rejected', approvalId, reason: 'no' },
    { type: 'approval_expired', approvalId },
    { type: 'approval_voided', approvalId, changes: [] },
  ]),
  { type: 'verification_stale', ageMs: 1 },
  { type: 'cutover_over_budget', budgetMs: 1, elapsedMs: 2 },
  { type: 'abort_requested', reason: 'why not' },
  { type: 'paused' },
  { type: 'resumed' },
  { type: 'finish_requested' },
  { type: 'ended', outcome: 'completed' },
  { type: 'ended', outcome: 'rolled_back' },
];

/** Endings and failures are rare on a walk, or none would get far. */
const RARE = new Set<EventType>([
  'abort_requested',
  'cutover_over_budget',
  'step_failed',
  'undo_failed',
  'approval_rejected',
  'approval_expired',
  'approval_voided',
  'verification_stale',
]);

function walk(seed: number): { bodies: EventBody[]; states: UpgradeState[] } {
  const random = seededRandom(seed);
  const boldness = random() ** 3 * 0.2;
  const bodies: EventBody[] = [REQUESTED];
  let state = foldJournal(journal(bodies));
  const states = [state];
  while (state.ended === undefined && bodies.length < 400) {
    const legal = ALL.filter((body) => whyIllegal(state, eventAt(state.length, body)) === undefined);
    const tame = legal.filter((body) => !RARE.has(body.type));
    const choice = random() < boldness || tame.length === 0 ? legal : tame;
    const body = choice[Math.floor(random() * choice.length)];
    if (body === undefined) break;
    state = applyEvent(state, eventAt(state.length, body));
    bodies.push(body);
    states.push(state);
  }
  return { bodies, states };
}

const WALKS = Array.from({ length: 300 }, (_, seed) => ({ seed, ...walk(seed) }));

function broken(test: (walked: (typeof WALKS)[number]) => boolean): number[] {
  return WALKS.filter((walked) => !test(walked)).map(({ seed }) => seed);
}
function started(bodies: EventBody[], step: StepName): number {
  return bodies.findIndex((body) => body.type === 'step_started' && body.step === step);
}

describe('any legal walk through an upgrade', () => {
  it('gets far enough to mean something: completed, rolled back, stuck and fenced ones are among them', () => {
    const count = (test: (state: UpgradeState) => boolean) =>
      WALKS.filter(({ states }) => states.some(test)).length;
    expect(count((state) => state.ended?.outcome === 'completed')).toBeGreaterThan(10);
    expect(count((state) => state.ended?.outcome === 'rolled_back')).toBeGreaterThan(10);
    expect(count((state) => state.stuck !== undefined)).toBeGreaterThan(10);
    expect(count((state) => state.steps['fence-source'].status === 'undone')).toBeGreaterThan(5);
  });

  it('never starts the fence without a given approval for what was shown', () => {
    expect(
      broken(({ bodies, states }) => {
        const at = started(bodies, 'fence-source');
        const before = states[at - 1];
        return at === -1 || before?.approval?.status === 'given';
      }),
    ).toEqual([]);
  });

  it('never completes without every step', () => {
    expect(
      broken(({ states }) => {
        const last = states.at(-1);
        if (last?.ended?.outcome !== 'completed') return true;
        return ADDRESS_STEPS.every((name) => last.steps[name].status === 'succeeded');
      }),
    ).toEqual([]);
  });

  it('never is rolled back with a step left that has begun', () => {
    expect(
      broken(({ states }) => {
        const last = states.at(-1);
        if (last?.ended?.outcome !== 'rolled_back') return true;
        return ADDRESS_STEPS.every((name) => ['never_started', 'undone'].includes(last.steps[name].status));
      }),
    ).toEqual([]);
  });

  it('never turns back once the hand-over to the target has begun, unless that hand-over itself failed', () => {
    expect(
      broken(({ states }) =>
        states.every((state, index) => {
          const before = states[index - 1];
          if (before === undefined || before.goingBack !== undefined || state.goingBack === undefined)
            return true;
          const handOver = before.steps['attach-target-address'].status;
          return handOver === 'never_started' || state.steps['attach-target-address'].status === 'failed';
        }),
      ),
    ).toEqual([]);
  });

  it('never makes the source writable while a later step stands', () => {
    const later = ADDRESS_STEPS.slice(ADDRESS_STEPS.indexOf('fence-source') + 1);
    expect(
      broken(({ states }) =>
        states.every(
          (state) =>
            !['undo_started', 'undone'].includes(state.steps['fence-source'].status) ||
            later.every((name) => ['never_started', 'undone'].includes(state.steps[name].status)),
        ),
      ),
    ).toEqual([]);
  });

  it('never rests with writes fenced, but for a person who was called', () => {
    const moment = { nowMs: 0, cutoverBudgetMs: 1, rollbackBudgetMs: 600_000 };
    expect(
      broken(({ states }) =>
        states.every((state) => {
          const fenced = ['started', 'succeeded'].includes(state.steps['fence-source'].status);
          const open = fenced && state.ended === undefined && state.stuck === undefined;
          return !open || nextAction(state, moment).kind !== 'rest';
        }),
      ),
    ).toEqual([]);
  });

  it('whatever comes next is legal at that moment', () => {
    expect(broken(({ states }) => states.every((state) => whyNextIsIllegal(state) === undefined))).toEqual(
      [],
    );
  });
});

function whyNextIsIllegal(state: UpgradeState): string | undefined {
  const body = firstEventOf(
    state,
    nextAction(state, { nowMs: 10 ** 12, cutoverBudgetMs: 1, rollbackBudgetMs: 600_000 }),
  );
  return body === undefined ? undefined : whyIllegal(state, eventAt(state.length, body));
}
