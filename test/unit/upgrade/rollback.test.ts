import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../../src/upgrade/events.ts';
import { applyEvent } from '../../../src/upgrade/fold.ts';
import { whyIllegal } from '../../../src/upgrade/legality.ts';
import { type Action, nextAction } from '../../../src/upgrade/next-action.ts';
import type { RollbackMode, Switch } from '../../../src/upgrade/plan.ts';
import type { UpgradeState } from '../../../src/upgrade/state.ts';
import { rollbackSteps, type StepName, upgradeSteps } from '../../../src/upgrade/steps.ts';
import {
  ABORTED,
  ADDRESS_STEPS,
  bodiesBefore,
  bodiesDuring,
  ERROR,
  eventAt,
  FAR_AWAY_MS,
  REQUESTED,
  rollbackApprovalRequested,
  rollbackStepDone,
  stateAfter,
  stepDone,
} from './samples.ts';
import { firstEventOf, seededRandom } from './walk.ts';

const CALM = { nowMs: 1, cutoverBudgetMs: FAR_AWAY_MS, rollbackBudgetMs: FAR_AWAY_MS };
const REQUESTED_BY_CODE = { ...REQUESTED, switch: 'code' } as EventBody;
const MODES: RollbackMode[] = ['fast', 'lossless'];

const requested = (mode: RollbackMode): EventBody => ({ type: 'rollback_requested', mode });
function during(mode: RollbackMode, step: StepName): EventBody[] {
  const steps = rollbackSteps('address', mode);
  const done = steps.slice(0, steps.indexOf(step)).flatMap(rollbackStepDone);
  return [...bodiesDuring('soak'), requested(mode), ...done, { type: 'step_started', step }];
}
function why(state: UpgradeState, body: EventBody): string | undefined {
  return whyIllegal(state, eventAt(state.length, body));
}

/** Follows nextAction with every step and undo going well; answers what was run and undone, and how it ended. */
function follow(bodies: EventBody[]): { acted: string[]; last: UpgradeState } {
  let state = stateAfter(...bodies);
  const acted: string[] = [];
  for (let count = 0; count < 200; count += 1) {
    const action = nextAction(state, CALM);
    if (action.kind === 'rest' || acted.at(-1) === 'rollback_called_off') return { acted, last: state };
    acted.push(action.kind === 'append' ? action.event.type : `${action.kind} ${action.step}`);
    for (const body of goingWell(state, action)) state = applyEvent(state, eventAt(state.length, body));
  }
  throw new Error('it goes on for ever');
}

function goingWell(state: UpgradeState, action: Exclude<Action, { kind: 'rest' }>): EventBody[] {
  if (action.kind === 'append') return [action.event];
  const { step } = action;
  if (action.kind === 'undo')
    return [
      { type: 'undo_started', step },
      { type: 'undone', step },
    ];
  const events = rollbackStepDone(step);
  return state.steps[step].status === 'started' ? events.slice(1) : events;
}

describe('a rollback that goes well', () => {
  it.each(MODES)('%s runs its steps in order, then undoes the whole upgrade backwards', (mode) => {
    const { acted, last } = follow([...bodiesDuring('soak'), requested(mode)]);
    const begun = ADDRESS_STEPS.slice(0, ADDRESS_STEPS.indexOf('soak') + 1);
    expect(acted).toEqual([
      ...rollbackSteps('address', mode).map((step) => `run ${step}`),
      ...begun.toReversed().map((step) => `undo ${step}`),
      'ended',
    ]);
    expect(last.ended?.outcome).toBe('rolled_back');
    expect(last.goingBack?.code).toBe('rolled_back');
  });

  it('opens the source only behind the target`s fence in a fast one, and asks before either', () => {
    const steps = rollbackSteps('address', 'fast');
    expect(steps.indexOf('fence-target')).toBeLessThan(steps.indexOf('open-source'));
    for (const mode of MODES) {
      const order = rollbackSteps('address', mode);
      const asked = order.indexOf('await-rollback-approval');
      for (const acting of ['open-source', 'fence-target', 'detach-target-address'] as const)
        expect(order.indexOf(acting)).toBeGreaterThan(asked);
    }
  });

  it.each(['address', 'code'] as Switch[])(
    'has a runbook for the %s switch that names no step twice',
    (how) => {
      for (const mode of MODES) {
        const steps = rollbackSteps(how, mode);
        expect(new Set(steps).size).toBe(steps.length);
        expect(steps.at(-1)).toBe('probe-source');
        expect(upgradeSteps(how).filter((step) => steps.includes(step))).toEqual([]);
      }
    },
  );
});

describe('a rollback can be asked for', () => {
  it.each(ADDRESS_STEPS)('while %s runs: only from the hand-over on until tidying up', (step) => {
    const allowed = ['probe', 'soak'].includes(step);
    expect(why(stateAfter(...bodiesDuring(step)), requested('fast')) === undefined).toBe(allowed);
  });

  it('when the upgrade is stuck after the hand-over, and it is stuck there again when called off', () => {
    const stuck: EventBody[] = [
      ...bodiesDuring('probe'),
      { type: 'step_failed', step: 'probe', error: ERROR },
    ];
    expect(stateAfter(...stuck).stuck?.step).toBe('probe');
    const { last } = follow([...stuck, requested('fast'), ABORTED]);
    expect(last.stuck).toMatchObject({ step: 'probe', message: ERROR.message });
    expect(last.rollback).toBeUndefined();
    expect(why(last, { type: 'resumed' })).toBeUndefined();
  });

  it('when an undo found the target holding the address after all, and the undo goes on once it is done', () => {
    const stuck: EventBody[] = [
      ...bodiesDuring('attach-target-address'),
      { type: 'step_failed', step: 'attach-target-address', error: ERROR },
      { type: 'undo_started', step: 'attach-target-address' },
      { type: 'undo_failed', step: 'attach-target-address', error: ERROR },
    ];
    const { acted, last } = follow([...stuck, requested('lossless')]);
    expect(acted).toContain('undo attach-target-address');
    expect(last.ended?.outcome).toBe('rolled_back');
    const off = follow([...stuck, requested('lossless'), ABORTED]).last;
    expect(off.stuck?.step).toBe('attach-target-address');
    expect(off.steps['attach-target-address'].status).toBe('undo_failed');
  });

  it('once at a time, and not after the end', () => {
    expect(why(stateAfter(...during('fast', 'check-rollback')), requested('lossless'))).toBe(
      'a rollback is under way',
    );
    const { last } = follow([...bodiesDuring('soak'), requested('fast')]);
    expect(why(last, requested('fast'))).toBe('the upgrade has ended');
  });
});

describe('a rollback is called off', () => {
  const cases = MODES.flatMap((mode) => rollbackSteps('address', mode).map((step) => [mode, step] as const));

  it.each(cases)(
    '%s, failing at %s: undone backwards, unless clients write to the source already',
    (mode, step) => {
      const failed = [...during(mode, step), { type: 'step_failed', step, error: ERROR } as const];
      if (step === 'probe-source') {
        expect(stateAfter(...failed).stuck?.step).toBe(step);
        return;
      }
      const steps = rollbackSteps('address', mode);
      const { acted, last } = follow(failed);
      const begun = steps.slice(0, steps.indexOf(step) + 1);
      expect(acted).toEqual([...begun.toReversed().map((one) => `undo ${one}`), 'rollback_called_off']);
      expect(last).toMatchObject({ stuck: undefined, rollback: undefined, goingBack: undefined });
      expect(last.rollbackCalledOff).toMatchObject({ mode, message: ERROR.message });
      expect(nextAction(last, CALM)).toEqual({ kind: 'run', step: 'soak' });
      expect(last.steps.soak.startedAtMs).toBe(last.changedAtMs);
      expect(why(last, requested('lossless'))).toBeUndefined();
    },
  );

  it.each(cases)('%s, aborted at %s: only before the source takes the address', (mode, step) => {
    const steps = rollbackSteps('address', mode);
    const refused = steps.indexOf(step) >= steps.indexOf('attach-source-address');
    expect(why(stateAfter(...during(mode, step)), ABORTED) === undefined).toBe(!refused);
  });

  it('when it takes longer than its budget, counted from the fence of the target', () => {
    const fenced = stateAfter(...during('lossless', 'copy-back-rest'));
    const begun = fenced.steps['fence-target'].startedAtMs ?? Number.NaN;
    const moment = { ...CALM, rollbackBudgetMs: 5_000 };
    expect(nextAction(fenced, { ...moment, nowMs: begun + 5_000 })).toEqual({
      kind: 'run',
      step: 'copy-back-rest',
    });
    const event = { type: 'rollback_over_budget', budgetMs: 5_000, elapsedMs: 5_001 } as const;
    expect(nextAction(fenced, { ...moment, nowMs: begun + 5_001 })).toEqual({ kind: 'append', event });
    expect(why(fenced, event)).toBeUndefined();
    const handedOver = stateAfter(...during('lossless', 'attach-source-address'));
    expect(nextAction(handedOver, { ...moment, nowMs: FAR_AWAY_MS }).kind).toBe('run');
  });

  it('when nobody approves it in time, or somebody rejects it', () => {
    const asked = [...during('fast', 'await-rollback-approval'), rollbackApprovalRequested()];
    const late = nextAction(stateAfter(...asked), { ...CALM, nowMs: FAR_AWAY_MS });
    expect(late).toEqual({ kind: 'append', event: { type: 'approval_expired', approvalId: 'rb-1' } });
    const rejected = stateAfter(...asked, { type: 'approval_rejected', approvalId: 'rb-1', reason: 'no' });
    expect(rejected.rollback?.callingOff?.message).toBe('The rollback was rejected: no');
    expect(rejected.approval?.status).toBe('given');
  });
});

describe('a rollback of a code switch', () => {
  it('cannot be called off once the source is open, since its address leads there all the time', () => {
    const begun: EventBody[] = [
      ...[REQUESTED_BY_CODE, ...upgradeSteps('code').slice(0, -2).flatMap(stepDone)],
      { type: 'step_started', step: 'soak' },
      requested('fast'),
    ];
    const steps = rollbackSteps('code', 'fast');
    const at = (step: StepName): EventBody[] => [
      ...begun,
      ...steps.slice(0, steps.indexOf(step)).flatMap(rollbackStepDone),
      { type: 'step_started', step },
    ];
    expect(why(stateAfter(...at('count-lost-writes')), ABORTED)).toBeUndefined();
    expect(why(stateAfter(...at('open-source')), ABORTED)).toBe('the hand-over to the source has begun');
    const failed: EventBody = { type: 'step_failed', step: 'hand-back-address', error: ERROR };
    expect(stateAfter(...at('hand-back-address'), failed).stuck?.step).toBe('hand-back-address');
  });
});

describe('while a rollback is under way', () => {
  it('nothing of the upgrade itself goes on', () => {
    const state = stateAfter(...during('lossless', 'copy-back'));
    expect(why(state, { type: 'step_succeeded', step: 'soak', output: {} })).toBe('a rollback is under way');
    expect(why(state, { type: 'finish_requested' })).toBe('a rollback is under way');
    expect(why(state, { type: 'undo_started', step: 'soak' })).toBe('a rollback is under way');
  });

  it('the approval of the cutover does not count for it', () => {
    const asked = stateAfter(...during('fast', 'await-rollback-approval'), rollbackApprovalRequested());
    expect(why(asked, { type: 'approval_given', approvalId: 'ap-1', digest: 'digest' })).toContain(
      'not the current',
    );
    expect(why(asked, { type: 'approval_given', approvalId: 'rb-1', digest: 'digest' })).toBe(
      'it is for another digest',
    );
    const succeed: EventBody = { type: 'step_succeeded', step: 'await-rollback-approval', output: {} };
    expect(why(asked, succeed)).toBe('nobody approved the rollback');
  });

  it('facts that changed are asked for again', () => {
    const state = stateAfter(
      ...during('fast', 'await-rollback-approval'),
      rollbackApprovalRequested(),
      { type: 'approval_given', approvalId: 'rb-1', digest: 'rollback digest' },
      { type: 'approval_voided', approvalId: 'rb-1', changes: ['x'] },
    );
    expect(nextAction(state, CALM)).toEqual({ kind: 'run', step: 'await-rollback-approval' });
  });

  it('there is none of it before it was asked for', () => {
    const state = stateAfter(...bodiesBefore('soak'));
    expect(why(state, { type: 'step_started', step: 'check-rollback' })).toBe('there is no rollback');
  });
});

describe('any legal walk through a rollback', () => {
  const WALKS = MODES.flatMap((mode) => Array.from({ length: 300 }, (_, seed) => walk(mode, seed)));
  const statuses =
    (name: StepName, ...those: string[]) =>
    (state: UpgradeState) =>
      those.includes(state.steps[name].status);
  const count = (test: (state: UpgradeState) => boolean) =>
    WALKS.filter((states) => states.some(test)).length;
  const always = (test: (state: UpgradeState) => boolean) => WALKS.every((states) => states.every(test));

  it('gets far enough to mean something', () => {
    expect(count((state) => state.ended?.outcome === 'rolled_back')).toBeGreaterThan(10);
    expect(count((state) => state.ended?.outcome === 'completed')).toBeGreaterThan(5);
    expect(count((state) => state.rollbackCalledOff !== undefined)).toBeGreaterThan(10);
    expect(count(statuses('fence-target', 'undone'))).toBeGreaterThan(10);
    expect(count((state) => state.stuck !== undefined)).toBeGreaterThan(10);
  });

  it('never acts without an approval of its own', () => {
    const acting: StepName[] = [
      'open-source',
      'fence-target',
      'detach-target-address',
      'attach-source-address',
    ];
    expect(
      always(
        (state) =>
          acting.every((name) => state.steps[name].status === 'never_started') ||
          state.rollback?.approval?.status === 'given',
      ),
    ).toBe(true);
  });

  it('never takes the fence off the source as part of the undo before the source has the address back', () => {
    const open = statuses('fence-source', 'undo_started', 'undone');
    expect(always((state) => !open(state) || statuses('probe-source', 'succeeded')(state))).toBe(true);
  });

  it('never gives the source the address while the target may hold it', () => {
    const given = statuses('attach-source-address', 'started', 'succeeded');
    expect(always((state) => !given(state) || statuses('detach-target-address', 'succeeded')(state))).toBe(
      true,
    );
  });

  it('never rests with the target fenced, but for a person who was called', () => {
    const fenced = statuses('fence-target', 'started', 'succeeded');
    expect(
      always(
        (state) =>
          !fenced(state) ||
          state.ended !== undefined ||
          state.stuck !== undefined ||
          nextAction(state, CALM).kind !== 'rest',
      ),
    ).toBe(true);
  });

  it('whatever comes next is legal at that moment', () => {
    expect(
      always((state) => {
        const body = firstEventOf(state, nextAction(state, { ...CALM, nowMs: 10 ** 12 }));
        return body === undefined || why(state, body) === undefined;
      }),
    ).toBe(true);
  });
});

const RARE = new Set([
  'step_failed',
  'undo_failed',
  'approval_rejected',
  'approval_expired',
  'abort_requested',
]);

function walk(mode: RollbackMode, seed: number): UpgradeState[] {
  const steps = [...rollbackSteps('address', mode), ...ADDRESS_STEPS];
  const all: EventBody[] = [
    requested(mode),
    ...steps.flatMap((step): EventBody[] => [
      { type: 'step_started', step },
      { type: 'step_intended', step, action: 'act', detail: {} },
      { type: 'step_succeeded', step, output: {} },
      { type: 'step_succeeded', step, output: {} },
      { type: 'step_failed', step, error: ERROR },
      { type: 'undo_started', step },
      { type: 'undone', step },
      { type: 'undone', step },
      { type: 'undo_failed', step, error: ERROR },
    ]),
    ...['rb-1', 'rb-2'].flatMap((approvalId): EventBody[] => [
      rollbackApprovalRequested(approvalId),
      { type: 'approval_given', approvalId, digest: 'rollback digest' },
      { type: 'approval_rejected', approvalId, reason: 'no' },
      { type: 'approval_expired', approvalId },
      { type: 'approval_voided', approvalId, changes: [] },
    ]),
    { type: 'rollback_over_budget', budgetMs: 1, elapsedMs: 2 },
    { type: 'rollback_called_off' },
    { type: 'finish_requested' },
    { type: 'resumed' },
    ABORTED,
    { type: 'ended', outcome: 'completed' },
    { type: 'ended', outcome: 'rolled_back' },
  ];
  const random = seededRandom(seed);
  const boldness = random() ** 2 * 0.3;
  let state = stateAfter(...bodiesDuring(random() < 0.5 ? 'soak' : 'probe'));
  const states = [state];
  while (state.ended === undefined && states.length < 300) {
    const legal = all.filter((body) => why(state, body) === undefined);
    const tame = legal.filter((body) => !RARE.has(body.type));
    const choice = random() < boldness || tame.length === 0 ? legal : tame;
    const body = choice[Math.floor(random() * choice.length)];
    if (body === undefined) break;
    state = applyEvent(state, eventAt(state.length, body));
    states.push(state);
  }
  return states;
}
