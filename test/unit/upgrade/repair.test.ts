import { describe, expect, it } from 'vitest';
import type { Actor, EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import type { Finding } from '../../../src/upgrade/finding.ts';
import { applyEvent } from '../../../src/upgrade/fold.ts';
import { whyIllegal } from '../../../src/upgrade/legality.ts';
import { nextAction } from '../../../src/upgrade/next-action.ts';
import { currentApproval, type UpgradeState } from '../../../src/upgrade/state.ts';
import type { StepName } from '../../../src/upgrade/steps.ts';
import {
  ABORTED,
  ADDRESS_STEPS,
  ALICE,
  APPROVED,
  approvalRequested,
  bodiesBefore,
  bodiesDuring,
  ERROR,
  FAR_AWAY_MS,
  SOURCE,
  stateAfter,
  TARGET,
  UPGRADE_ID,
} from './samples.ts';

const CALM = { nowMs: 1, cutoverBudgetMs: FAR_AWAY_MS, rollbackBudgetMs: FAR_AWAY_MS };
const WORKER: Actor = { kind: 'worker', id: 'w1' };
const FINDING: Finding = {
  keysCompared: 1000,
  differences: 2,
  complete: true,
  byKind: { missing: 1, value: 1 },
  examples: [{ key: 'a', db: 0, type: 'string', kind: 'missing' }],
};
const FOUND: EventBody = { type: 'differences_found', finding: FINDING, expiresAtMs: FAR_AWAY_MS };
const VERIFY: EventBody = { type: 'verification_requested' };
const REPAIR: EventBody = { type: 'repair_requested', automatic: false, finding: FINDING };
const BY_ITSELF: EventBody = { type: 'repair_requested', automatic: true, finding: FINDING };
const REPAIR_APPROVED: EventBody = { type: 'approval_given', approvalId: 'rp-1', digest: 'repair digest' };
const REPAIR_ASKED: EventBody = {
  type: 'repair_approval_requested',
  approvalId: 'rp-1',
  digest: 'repair digest',
  facts: {
    purpose: 'repair',
    upgradeId: UPGRADE_ID,
    source: SOURCE,
    target: TARGET,
    syncJobId: 'sync-1',
    finding: FINDING,
  },
  evidence: { verifiedAtMs: 1, warnings: [] },
  expiresAtMs: FAR_AWAY_MS,
};
const begin = (step: StepName): EventBody => ({ type: 'step_started', step });
const done = (step: StepName): EventBody => ({ type: 'step_succeeded', step, output: {} });

function event(state: UpgradeState, body: EventBody, actor: Actor): JournalEvent {
  return { v: 1, seq: state.length, atMs: state.length * 1000, actor, ...body };
}
function why(state: UpgradeState, body: EventBody, actor: Actor = ALICE): string | undefined {
  return whyIllegal(state, event(state, body, actor));
}
/** Events that people cause are theirs, all others a worker's. */
function following(state: UpgradeState, ...bodies: EventBody[]): UpgradeState {
  const people = new Set<EventBody>([VERIFY, REPAIR, ABORTED, REPAIR_APPROVED]);
  return bodies.reduce(
    (now, body) => applyEvent(now, event(now, body, people.has(body) ? ALICE : WORKER)),
    state,
  );
}

const DIFFERS = following(stateAfter(...bodiesDuring('verify-data')), FOUND);
const ASKED = following(DIFFERS, REPAIR, begin('await-repair-approval'), REPAIR_ASKED);
const REPAIRING = following(ASKED, REPAIR_APPROVED, done('await-repair-approval'), begin('repair-target'));
const WAITING = stateAfter(...bodiesDuring('await-approval'), approvalRequested());
const OPEN_AGAIN: StepName[] = ['verify-data', 'await-approval', 'check-gates'];

function expectComparedAfresh(state: UpgradeState): void {
  expect(OPEN_AGAIN.map((step) => state.steps[step].status)).toEqual(OPEN_AGAIN.map(() => 'never_started'));
  expect(nextAction(state, CALM)).toEqual({ kind: 'run', step: 'verify-data' });
  expect(state.approval?.status).not.toBe('given');
  expect(state.differences).toBeUndefined();
}

describe('comparing again and repairing', () => {
  it.each(ADDRESS_STEPS)('while %s runs: only from the comparison on until the fence', (step) => {
    const state = stateAfter(...bodiesDuring(step));
    const allowed = ['await-approval', 'check-gates'].includes(step);
    expect(why(state, VERIFY) === undefined).toBe(allowed);
    expect(why(state, REPAIR) === undefined).toBe(allowed);
  });

  it('while differences wait for people', () => {
    expect(why(DIFFERS, VERIFY)).toBeUndefined();
    expect(why(DIFFERS, REPAIR)).toBeUndefined();
  });

  it('not while it is paused, goes back or is repaired already', () => {
    for (const body of [VERIFY, REPAIR]) {
      expect(why(following(DIFFERS, { type: 'paused' }), body)).toBe('the upgrade is paused');
      expect(why(following(DIFFERS, ABORTED), body)).toBe('the upgrade is going back');
      expect(why(ASKED, body)).toBe('a repair is under way');
    }
  });

  it('is for people to ask, but for what the bot begins out of the comparison itself', () => {
    expect(why(DIFFERS, VERIFY, WORKER)).toBeDefined();
    expect(why(DIFFERS, REPAIR, WORKER)).toBeDefined();
    const comparing = stateAfter(...bodiesDuring('verify-data'));
    expect(why(comparing, BY_ITSELF, WORKER)).toBeUndefined();
    expect(why(comparing, BY_ITSELF, ALICE)).toBeDefined();
    expect(why(DIFFERS, BY_ITSELF, WORKER)).toBeDefined();
    expect(why(WAITING, BY_ITSELF, WORKER)).toBeDefined();
  });

  it('lets nobody go on who was about to: the gates and the fence wait for the new comparison', () => {
    const gates = stateAfter(...bodiesDuring('check-gates'));
    for (const body of [VERIFY, REPAIR]) {
      const next = following(gates, body);
      expect(why(next, done('check-gates'), WORKER)).toBeDefined();
      expect(why(next, begin('fence-source'), WORKER)).toBeDefined();
    }
  });
});

describe('a new comparison on request', () => {
  it('voids an approval that was asked for or given', () => {
    const given = following(WAITING, APPROVED);
    for (const state of [WAITING, given]) {
      const next = following(state, VERIFY);
      expectComparedAfresh(next);
      expect(next.approval).toMatchObject({ status: 'voided', decidedBy: ALICE });
    }
  });

  it('begins out of differences', () => {
    expectComparedAfresh(following(DIFFERS, VERIFY));
  });
});

describe('a repair', () => {
  it('asks first, suspends the upgrade, and only a new comparison leads on from it', () => {
    expect(nextAction(following(DIFFERS, REPAIR), CALM)).toEqual({
      kind: 'run',
      step: 'await-repair-approval',
    });
    expect(why(ASKED, done('verify-data'), WORKER)).toBe('a repair is under way');
    expect(why(ASKED, begin('repair-target'), WORKER)).toBeDefined();
    expect(currentApproval(ASKED)?.purpose).toBe('repair');
    expect(nextAction(REPAIRING, CALM)).toEqual({ kind: 'run', step: 'repair-target' });

    const repaired = following(REPAIRING, done('repair-target'));

    expect(repaired.repair).toBeUndefined();
    expectComparedAfresh(repaired);
  });

  it('voids the approval of the cutover once it is done, although that was given', () => {
    const given = following(WAITING, APPROVED, done('await-approval'), begin('check-gates'));
    const steps = [REPAIR, begin('await-repair-approval'), REPAIR_ASKED, REPAIR_APPROVED];
    const repaired = following(
      given,
      ...steps,
      done('await-repair-approval'),
      begin('repair-target'),
      done('repair-target'),
    );
    expect(repaired.approval?.status).toBe('voided');
    expectComparedAfresh(repaired);
  });

  it.each([
    ['rejected', { type: 'approval_rejected', approvalId: 'rp-1', reason: 'no' }],
    ['expired', { type: 'approval_expired', approvalId: 'rp-1' }],
  ] as const)('that is %s leaves the upgrade where it stood', (_word, decision) => {
    const off = following(
      ASKED,
      decision,
      { type: 'undo_started', step: 'await-repair-approval' },
      { type: 'undone', step: 'await-repair-approval' },
      { type: 'repair_called_off' },
    );
    expect(off.repair).toBeUndefined();
    expect(off.goingBack).toBeUndefined();
    expect(off.differences?.finding).toEqual(FINDING);
    expect(why(off, REPAIR)).toBeUndefined();
  });

  it('gives people as long as before when it was rejected, and no more time when it failed', () => {
    const waits = following(stateAfter(...bodiesDuring('verify-data')), {
      ...FOUND,
      expiresAtMs: 60_000,
    } as EventBody);
    const left = (waits.differences?.expiresAtMs ?? 0) - (waits.differences?.foundAtMs ?? 0);
    const off = (...end: EventBody[]) =>
      following(
        waits,
        REPAIR,
        begin('await-repair-approval'),
        ...end,
        { type: 'undo_started', step: 'await-repair-approval' },
        { type: 'undone', step: 'await-repair-approval' },
        { type: 'repair_called_off' },
      );
    const rejected = off(REPAIR_ASKED, { type: 'approval_rejected', approvalId: 'rp-1', reason: 'no' });
    expect(rejected.differences?.expiresAtMs).toBe(rejected.changedAtMs + left);
    const failed = off({ type: 'step_failed', step: 'await-repair-approval', error: ERROR });
    expect(failed.differences?.expiresAtMs).toBe(waits.differences?.expiresAtMs);
  });

  it('that fails is undone, and the target it touched is compared afresh', () => {
    const failed = following(REPAIRING, { type: 'step_failed', step: 'repair-target', error: ERROR });
    expect(failed.goingBack).toBeUndefined();
    expect(nextAction(failed, CALM)).toEqual({ kind: 'undo', step: 'repair-target' });
    expect(why(failed, { type: 'repair_called_off' }, WORKER)).toBeDefined();
    const off = following(
      failed,
      { type: 'undo_started', step: 'repair-target' },
      { type: 'undone', step: 'repair-target' },
      { type: 'undo_started', step: 'await-repair-approval' },
      { type: 'undone', step: 'await-repair-approval' },
      { type: 'repair_called_off' },
    );
    expect(off.repairCalledOff).toMatchObject(ERROR);
    expectComparedAfresh(off);
  });

  it('is undone first when somebody aborts the upgrade meanwhile', () => {
    const aborted = following(REPAIRING, ABORTED);
    expect(nextAction(aborted, CALM)).toEqual({ kind: 'undo', step: 'repair-target' });
    const off = following(
      aborted,
      { type: 'undo_started', step: 'repair-target' },
      { type: 'undone', step: 'repair-target' },
      { type: 'undo_started', step: 'await-repair-approval' },
      { type: 'undone', step: 'await-repair-approval' },
      { type: 'repair_called_off' },
    );
    expect(off.goingBack?.code).toBe('aborted');
    expect(nextAction(off, CALM)).toEqual({ kind: 'undo', step: 'verify-data' });
  });

  it('is stuck when it cannot be undone, and goes on from there when resumed', () => {
    const stuck = following(
      REPAIRING,
      { type: 'step_failed', step: 'repair-target', error: ERROR },
      { type: 'undo_started', step: 'repair-target' },
      { type: 'undo_failed', step: 'repair-target', error: ERROR },
    );
    expect(stuck.stuck?.step).toBe('repair-target');
    expect(nextAction(following(stuck, { type: 'resumed' }), CALM)).toEqual({
      kind: 'undo',
      step: 'repair-target',
    });
  });

  it('that the bot begins by itself asks nobody, and is counted', () => {
    const comparing = stateAfter(...bodiesDuring('verify-data'));
    const begun = following(comparing, BY_ITSELF);
    expect(nextAction(begun, CALM)).toEqual({ kind: 'run', step: 'repair-target' });
    expect(begun.automaticRepairs).toBe(1);
    const again = following(
      begun,
      begin('repair-target'),
      done('repair-target'),
      begin('verify-data'),
      BY_ITSELF,
    );
    expect(again.automaticRepairs).toBe(2);
  });

  it('asks again when what was shown has changed, and not after it has begun', () => {
    const voided: EventBody = { type: 'approval_voided', approvalId: 'rp-1', changes: ['memory'] };
    expect(nextAction(following(ASKED, voided), CALM)).toEqual({
      kind: 'run',
      step: 'await-repair-approval',
    });
    expect(why(REPAIRING, voided, WORKER)).toBe('the repair has begun');
  });

  it('cannot be asked for before there is anything to compare', () => {
    expect(why(stateAfter(...bodiesBefore('verify-data')), REPAIR)).toBe(
      'the data has not been compared yet',
    );
  });
});
