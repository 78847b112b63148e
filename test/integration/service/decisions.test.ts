import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '../../../src/service/upgrade-service.ts';
import type { EventBody } from '../../../src/upgrade/events.ts';
import {
  ABORTED,
  approvalRequested,
  bodiesDuring,
  ERROR,
  GOOD_JOURNAL,
  REQUESTED,
} from '../../unit/upgrade/samples.ts';
import { startStore, type TestStore } from '../engine/test-store.ts';
import {
  ALICE,
  BOB,
  CAROL,
  createUnderTest,
  refusalOf,
  type ServiceUnderTest,
  STRANGER,
} from './service-under-test.ts';

const EXPIRES_AT_MS = 500_000;
const ASKED: EventBody[] = [...bodiesDuring('await-approval'), approvalRequested('ap-1', EXPIRES_AT_MS)];
let store: TestStore;
let under: ServiceUnderTest;
let id: string;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());
beforeEach(() => {
  under = createUnderTest(store);
});

const approve = (person: Person, approvalId = 'ap-1') =>
  under.service.decide(person, { approvalId, verdict: 'approve' });
const reject = (person: Person, reason = 'not now') =>
  under.service.decide(person, { approvalId: 'ap-1', verdict: 'reject', reason });
async function lengthAfter(act: () => Promise<unknown>): Promise<number> {
  const before = await under.journal.length(id);
  await act();
  return (await under.journal.length(id)) - before;
}

describe('a request for approval', () => {
  beforeEach(async () => {
    id = await under.plant(ASKED);
  });

  it('is approved by an approver who did not ask for the upgrade; it is written down and rung at once', async () => {
    const said = await approve(BOB);
    expect(said).toMatchObject({ ok: true, value: { approval: { status: 'given', decidedBy: BOB } } });
    expect(under.rung).toEqual([id]);
  });

  it('is not approved by who asked for it, who may reject it though', async () => {
    expect(refusalOf(await approve(ALICE)).code).toBe('four_eyes');
    expect(await reject(ALICE)).toMatchObject({ ok: true, value: { status: 'going back' } });
  });

  it('is not approved at the terminal by who asked for it in Slack, who may reject it there', async () => {
    const alice: Person = { ...ALICE, via: 'terminal', osUser: 'deploy' };
    expect(refusalOf(await approve(alice)).code).toBe('four_eyes');
    under.directory.approvers = [];
    expect(await reject(alice)).toMatchObject({ ok: true, value: { status: 'going back' } });
  });

  it('is approved at the terminal by an approver, with the account in the journal and in later refusals', async () => {
    const bob: Person = { ...BOB, via: 'terminal', osUser: 'deploy' };
    expect(await approve(bob)).toMatchObject({ ok: true, value: { approval: { decidedBy: bob } } });
    expect((await under.journal.read(id)).at(-1)?.actor).toEqual(bob);
    expect(refusalOf(await approve(CAROL)).message).toBe(
      'This request was approved by UBOB at the terminal (operating-system user deploy) already.',
    );
  });

  it('may be withdrawn by who asked, approver or not', async () => {
    under.directory.approvers = ['UBOB'];
    expect(await reject(ALICE)).toMatchObject({ ok: true });
  });

  it('is not decided by a stranger', async () => {
    for (const decision of [approve(STRANGER), reject(STRANGER)]) {
      expect(refusalOf(await decision).code).toBe('not_an_approver');
    }
    expect(await under.journal.length(id)).toBe(ASKED.length);
  });

  it('is not decided while nobody is configured, or while the directory cannot be read', async () => {
    under.directory.unreadable = true;
    expect(refusalOf(await approve(BOB)).code).toBe('directory_unreadable');
    under.directory.approvers = [];
    expect(refusalOf(await approve(BOB)).code).toBe('no_approvers');
    expect(await under.journal.length(id)).toBe(ASKED.length);
  });

  it('is closed at the moment it expires', async () => {
    under.clock.nowMs = EXPIRES_AT_MS - 1;
    under.directory.onCheck = async () => {
      under.clock.nowMs = EXPIRES_AT_MS;
    };
    const late = refusalOf(await approve(BOB));
    expect(late.message).toBe('This request has expired. Nothing was moved; the upgrade goes back.');
    expect(refusalOf(await approve(BOB)).code).toBe('approval_closed');
    expect(await under.journal.length(id)).toBe(ASKED.length);
  });

  it('is decided once: the second is told what and by whom', async () => {
    await approve(BOB);
    expect(refusalOf(await approve(CAROL)).message).toBe('This request was approved by UBOB already.');
    expect(refusalOf(await reject(CAROL)).message).toBe('This request was approved by UBOB already.');
  });

  it('says who rejected it', async () => {
    await reject(CAROL, 'not on a Friday');
    expect(refusalOf(await approve(BOB)).message).toBe('This request was rejected by UCAROL already.');
    const view = await under.service.view(id);
    expect(view).toMatchObject({
      value: { goingBack: { message: 'The cutover was rejected: not on a Friday' } },
    });
  });

  it('is decided exactly once by two at the same instant, and the other is told who was first', async () => {
    let waiting = 0;
    let release: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Both have passed every check before either writes.
    under.directory.onCheck = async () => {
      waiting += 1;
      if (waiting === 2) release();
      await both;
    };
    const [first, second] = await Promise.all([approve(BOB), approve(CAROL)]);
    const winner = first.ok ? 'UBOB' : 'UCAROL';
    const loser = first.ok ? second : first;
    expect(refusalOf(loser).message).toBe(`This request was approved by ${winner} already.`);
    expect(await under.journal.length(id)).toBe(ASKED.length + 1);
  });

  it('is void when the facts changed and it was asked again', async () => {
    await under.append(id, { type: 'approval_voided', approvalId: 'ap-1', changes: ['x'] });
    expect(refusalOf(await approve(BOB)).message).toContain('void');
    await under.append(
      id,
      { type: 'step_started', step: 'await-approval' },
      approvalRequested('ap-2', EXPIRES_AT_MS),
    );
    expect(refusalOf(await approve(BOB)).message).toContain('Decide the newer message');
    expect(await approve(BOB, 'ap-2')).toMatchObject({ ok: true });
  });

  it('cannot be decided any more when the upgrade goes back', async () => {
    await under.append(id, ABORTED);
    expect(refusalOf(await approve(BOB)).message).toBe('The upgrade is going back already: changed my mind');
  });

  it('that nobody knows is refused', async () => {
    expect(refusalOf(await approve(BOB, 'ap-9')).code).toBe('unknown_approval');
  });
});

type Act = 'abort' | 'pause' | 'resume' | 'finish';
const act = (name: Act) =>
  name === 'abort' ? under.service.abort(BOB, { upgradeId: id, reason: 'no' }) : under.service[name](BOB, id);

describe('what people can ask of a running upgrade', () => {
  const FINISHING: EventBody[] = [...bodiesDuring('soak'), { type: 'finish_requested' }];
  const STUCK: EventBody[] = [...bodiesDuring('probe'), { type: 'step_failed', step: 'probe', error: ERROR }];
  const PAUSED: EventBody[] = [...bodiesDuring('copy-snapshot'), { type: 'paused' }];
  const BACK: EventBody[] = [...bodiesDuring('copy-snapshot'), ABORTED];

  it.each<[Act, string, readonly EventBody[], string]>([
    ['abort', 'while it copies', bodiesDuring('copy-snapshot'), 'going back'],
    ['abort', 'while writes are fenced', bodiesDuring('drain'), 'going back'],
    ['abort', 'while it is paused', PAUSED, 'going back'],
    ['pause', 'while it copies', bodiesDuring('copy-snapshot'), 'paused'],
    ['resume', 'while it is paused', PAUSED, 'running'],
    ['resume', 'while it is stuck', STUCK, 'running'],
    ['finish', 'while it is watched', bodiesDuring('soak'), 'running'],
  ])('%s %s', async (...[name, , bodies, status]) => {
    id = await under.plant(bodies);
    expect(await act(name)).toMatchObject({ ok: true, value: { status } });
    expect(under.rung).toEqual([id]);
  });

  it.each<[Act, string, readonly EventBody[], string]>([
    [
      'abort',
      'past the point of no return',
      bodiesDuring('attach-target-address'),
      'past the point of no return',
    ],
    ['abort', 'twice', BACK, 'is going back already'],
    ['abort', 'when it has ended', GOOD_JOURNAL, 'has ended already'],
    [
      'abort',
      'when it is stuck',
      STUCK,
      'is stuck at probe: It broke. When that is repaired, go on with /redis-upgrade resume',
    ],
    ['pause', 'in the cutover', bodiesDuring('fence-source'), 'the cutover has begun'],
    ['pause', 'on the way back', BACK, 'the upgrade is going back'],
    ['pause', 'twice', PAUSED, 'is paused already'],
    ['pause', 'when it has ended', GOOD_JOURNAL, 'has ended already'],
    ['resume', 'when it runs', bodiesDuring('copy-snapshot'), 'neither paused nor stuck'],
    ['resume', 'when it has ended', GOOD_JOURNAL, 'has ended already'],
    [
      'finish',
      'before the old address answers as the target',
      bodiesDuring('probe'),
      'not being watched yet',
    ],
    ['finish', 'twice', FINISHING, 'was asked to finish already'],
    ['finish', 'on the way back', BACK, 'is going back'],
    ['finish', 'when it has ended', GOOD_JOURNAL, 'has ended already'],
  ])('%s is refused %s, in words, and nothing is written', async (...[name, , bodies, words]) => {
    id = await under.plant(bodies);
    let message = '';
    const written = await lengthAfter(async () => {
      message = refusalOf(await act(name)).message;
    });
    expect(message).toContain(words);
    expect(message).toContain(id);
    expect(written).toBe(0);
  });

  it('of one that there is not is refused', async () => {
    id = 'up-nowhere';
    for (const name of ['abort', 'pause', 'resume', 'finish'] as const) {
      expect(refusalOf(await act(name)).code).toBe('unknown_upgrade');
    }
    expect(refusalOf(await under.service.view(id)).message).toContain('There is no upgrade up-nowhere');
    expect(refusalOf(await under.service.journal(id)).code).toBe('unknown_upgrade');
  });

  it('is written down even when a worker writes at the same time', async () => {
    id = await under.plant([REQUESTED]);
    const notes = (async () => {
      await under.append(id, { type: 'step_started', step: 'assess' });
      for (let count = 0; count < 10; count += 1) {
        await under
          .append(id, { type: 'step_noted', step: 'assess', note: { count } })
          .catch(() => undefined);
      }
    })();
    const [said] = await Promise.all([act('pause'), notes]);
    expect(said).toMatchObject({ ok: true, value: { status: 'paused' } });
  });
});
