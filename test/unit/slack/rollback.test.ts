import { describe, expect, it } from 'vitest';
import { validateBlocks, validateView } from '../../../src/sandbox/slack/block-kit/validate.ts';
import { approvalHistory } from '../../../src/slack/approval-history.ts';
import { approvalMessage } from '../../../src/slack/blocks/approval-message.ts';
import type { Content } from '../../../src/slack/blocks/content.ts';
import { milestoneMessage } from '../../../src/slack/blocks/milestone-message.ts';
import { phraseText } from '../../../src/slack/blocks/phrase.ts';
import { rollbackChoice, rollbackModal } from '../../../src/slack/blocks/rollback-choice.ts';
import { rootMessage } from '../../../src/slack/blocks/root-message.ts';
import { standing } from '../../../src/slack/blocks/standing.ts';
import { whatIsWhere, whoServes } from '../../../src/slack/blocks/where.ts';
import { type Milestone, milestone } from '../../../src/slack/milestones.ts';
import { viewAt } from '../../../src/slack/view-at.ts';
import { holderOf } from '../../../src/upgrade/holder.ts';
import type { RollbackMode } from '../../../src/upgrade/plan.ts';
import { markupIn, textsIn } from './fake-slack.ts';
import {
  asked,
  calledOffFrom,
  codeBefore,
  EVERY_ROLLBACK,
  REJECTED,
  ROLLBACK_APPROVAL_ID,
  rollbackApproved,
  rollbackBefore,
  rollbackDone,
  rollbackFacts,
  rollbackWaiting,
  rolledBack,
  SOAKING,
  STUCK_AFTER_HAND_OVER,
  TARGET_HOLDS_ADDRESS,
} from './sample-rollback.ts';
import {
  approvalRequested,
  BEN,
  before,
  journalOf,
  RITA,
  requested,
  type Said,
  sampleFacts,
  step,
  viewOf,
} from './sample-upgrade.ts';

const NO_RULES = { refusedTypes: new Set<string>() };
const OLD_SLACK = { refusedTypes: new Set(['plan', 'task_card', 'rich_text']) };
const ABORTED: Said = { type: 'abort_requested', reason: 'it is fine', by: RITA };
const MODES: RollbackMode[] = ['fast', 'lossless'];

function milestonesOf(bodies: readonly Said[]): Milestone[] {
  const journal = journalOf(bodies);
  return journal.flatMap((event) => milestone(event, viewAt(journal, event, viewOf(bodies))) ?? []);
}

/** What the thread says after the cutover. */
function told(bodies: readonly Said[]): string[] {
  const texts = milestonesOf(bodies).map(({ words }) => phraseText(words));
  return texts.slice(texts.findIndex((text) => text.startsWith('The cutover is done')) + 1);
}

function requests(bodies: readonly Said[]): Content[] {
  return approvalHistory(journalOf(bodies), viewOf(bodies)).map((approval) =>
    approvalMessage({ approval, approvers: ['S0APPROVERS'], cutoverBudgetMs: 120_000 }),
  );
}

function lastRequest(bodies: readonly Said[]): Content {
  const last = requests(bodies).at(-1);
  if (last === undefined) throw new Error('Nobody was asked');
  return last;
}

describe('the thread of a rollback', () => {
  it('tells a fast one, with the number of writes that are lost, and who serves', () => {
    expect(told(rolledBack('fast'))).toEqual([
      '<@U0REQUESTER> asked for a fast rollback to crs-source01: what was written to crs-target01 since the cutover is lost. Next: I check whether it can be done, then an approver decides. crs-target01 serves on.',
      'The rollback can be done: the way back is free. Next: an approver decides; until then nothing changes for clients.',
      '<@U0APPROVER2> approved the rollback. Next: writes to crs-target01 are stopped, and what is lost is counted.',
      'The rollback begins. crs-target01 refuses writes from now on; reads go on. Next: what is lost is counted, then 10.0.0.7:6379 moves back to crs-source01.',
      '5400 writes made on crs-target01 since the cutover are lost. Next: clients are handed back to crs-source01.',
      '10.0.0.7:6379 is served by crs-source01. probe-source went well. Next: what else the upgrade had changed is put back.',
      'The upgrade was rolled back. 10.0.0.7:6379 is served by crs-source01. 5400 writes made on crs-target01 since the cutover are lost. Asked for by <@U0REQUESTER>; to upgrade again: "/redis-upgrade plan crs-source01 crs-target01".',
    ]);
  });

  it('says at the end of a lossless one that nothing is lost', () => {
    expect(told(rolledBack('lossless')).at(-1)).toContain('No write is lost');
  });

  it.each<[string, Said[], string]>([
    [
      'a rejection',
      [REJECTED],
      '<@U0APPROVER2> rejected the rollback: The target is fine. Next: it is called off',
    ],
    [
      'an expiry',
      [{ type: 'approval_expired', approvalId: ROLLBACK_APPROVAL_ID }],
      'the rollback is called off',
    ],
    ['an abort', [ABORTED], '<@U0REQUESTER> called off the rollback: it is fine. Next:'],
  ])('says who and why at %s, and that the target serves on', (_what, events, words) => {
    const last = told([...rollbackWaiting('fast'), ...events]).at(-1);
    expect(last).toContain(words);
    expect(last).toContain('crs-target01 serves on');
  });

  it('says that it is called off, why, and that the watch begins anew', () => {
    const bodies = [
      ...rollbackWaiting('fast'),
      REJECTED,
      ...calledOffFrom('await-rollback-approval', 'fast'),
    ];
    expect(told(bodies).at(-1)).toBe(
      'The rollback is called off. Reason: The rollback was rejected: The target is fine. 10.0.0.7:6379 is served by crs-target01. Nothing was lost, and the watch begins anew. To ask again: "/redis-upgrade rollback up-1a2b3c4d".',
    );
    expect(milestonesOf(bodies).at(-1)?.loud).toBe(false);
  });

  it('calls people when a failure called it off, and tells when clients can write again', () => {
    const bodies: Said[] = [
      ...rollbackBefore('detach-target-address', 'fast'),
      { type: 'step_started', step: 'detach-target-address' },
      { type: 'step_failed', step: 'detach-target-address', error: { code: 'task_failed', message: 'No' } },
      ...calledOffFrom('detach-target-address', 'fast'),
    ];
    expect(told(bodies).slice(-4)).toEqual([
      '"Detach target address" failed: No. Next: the rollback is called off, and what it had changed is put back. Until crs-target01 takes writes again they are refused. crs-target01 serves on.',
      '10.0.0.7:6379 is back on crs-target01; clients can reconnect.',
      'crs-target01 takes writes again.',
      expect.stringContaining('The rollback is called off. Reason: No.'),
    ]);
    expect(milestonesOf(bodies).at(-1)?.loud).toBe(true);
  });

  it('says that the upgrade is stuck as before when a rollback out of stuck is called off', () => {
    const bodies: Said[] = [
      ...STUCK_AFTER_HAND_OVER,
      { type: 'rollback_requested', mode: 'fast', by: RITA },
      ABORTED,
      { type: 'rollback_called_off' },
    ];
    const last = milestonesOf(bodies).at(-1);
    expect(last).toMatchObject({ loud: true, calls: 'approvers' });
    expect(phraseText(last?.words ?? [])).toContain('stuck as before. A person is needed.');
    expect(phraseText(last?.words ?? [])).toContain('It was stuck because: The address does not answer.');
  });

  it('tells every event by what was so then, however late it is told', () => {
    const early = milestonesOf(SOAKING).map(({ words }) => phraseText(words));
    const late = milestonesOf(rolledBack('fast')).map(({ words }) => phraseText(words));
    expect(late.slice(0, early.length)).toEqual(early);
    expect(early.at(-1)).toContain('The cutover is done: 10.0.0.7:6379 is served by crs-target01.');
  });
});

describe('stuck', () => {
  it('says what is where, which commands lead on, and calls the approvers', () => {
    const said = milestonesOf(STUCK_AFTER_HAND_OVER).at(-1);
    if (said === undefined) throw new Error('Nothing was said');
    expect(said).toMatchObject({ loud: true, calls: 'approvers' });
    const message = milestoneMessage(said, { approvers: ['U0APPROVER1', 'S0APPROVERS'], requester: RITA });
    expect(validateBlocks(structuredClone(message.blocks), NO_RULES)).toEqual([]);
    expect(markupIn(message.blocks)).toEqual(['<@U0APPROVER1> <!subteam^S0APPROVERS>']);
    expect(message.text).toContain('crs-source01 is at 10.0.0.250:6379 and is read-only');
    expect(message.text).toContain('crs-target01 holds 10.0.0.7:6379 and takes writes');
    expect(message.text).toContain('"/redis-upgrade resume up-1a2b3c4d"');
    expect(message.text).toContain('"/redis-upgrade rollback up-1a2b3c4d"');
  });

  it('names both sides behind a rollback that cannot be called off', () => {
    const view = viewOf(EVERY_ROLLBACK['a rollback is stuck'] ?? []);
    expect(whatIsWhere(view)).toBe(
      'As far as my journal says, crs-source01 holds 10.0.0.7:6379 and takes writes; crs-target01 is at 10.0.0.9:6379 and is read-only.',
    );
    expect(phraseText(standing(view))).not.toContain('/redis-upgrade rollback');
  });

  it('believes the look of the undo that gave up', () => {
    const view = viewOf(TARGET_HOLDS_ADDRESS);
    expect(whatIsWhere(view)).toContain('crs-target01 holds 10.0.0.7:6379 and takes writes');
    expect(whatIsWhere(view)).toContain('crs-source01 is at 10.0.0.250:6379 and is read-only');
  });
});

describe('who holds the old address', () => {
  const started = (name: Parameters<typeof step>[0]): Said => ({ type: 'step_started', step: name });
  const detach = { facts: rollbackFacts('fast', { fence: 'detach' }) };

  it.each<[string, Said[], string]>([
    ['when it is asked for', asked('fast'), 'target'],
    [
      'when it was asked for out of a failed hand-over',
      [...TARGET_HOLDS_ADDRESS, { type: 'rollback_requested', mode: 'fast', by: RITA }],
      'target',
    ],
    ['behind the fence', rollbackBefore('detach-target-address', 'fast'), 'target'],
    [
      'behind a fence that takes the address away',
      [...rollbackApproved('fast', detach), started('fence-target')],
      'moving',
    ],
    [
      'while the target gives it up',
      [...rollbackBefore('detach-target-address', 'fast'), started('detach-target-address')],
      'moving',
    ],
    ['between the two', rollbackBefore('attach-source-address', 'fast'), 'moving'],
    ['while the source takes it', EVERY_ROLLBACK['a rollback moves the address'] ?? [], 'moving'],
    ['once the source has it', rollbackBefore('probe-source', 'fast'), 'source'],
    ['at the end', rolledBack('fast'), 'source'],
    [
      'after it was called off',
      [
        ...rollbackBefore('attach-source-address', 'fast'),
        ABORTED,
        ...calledOffFrom('detach-target-address', 'fast'),
      ],
      'target',
    ],
  ])('is right %s', (_when, bodies, holder) => {
    expect(holderOf(viewOf(bodies))).toBe(holder);
  });

  it('is nobody while the cutover holds back writes by taking the address away', () => {
    const facts = sampleFacts({ fence: 'detach' });
    const asking = approvalRequested({ facts, digest: 'd' });
    const upTo = before('await-approval');
    const view = viewOf([
      ...upTo,
      started('await-approval'),
      asking,
      { type: 'approval_given', approvalId: 'ap-00000001', digest: 'd', by: BEN },
      { type: 'step_succeeded', step: 'await-approval', output: {} },
      ...step('check-gates'),
      started('fence-source'),
    ]);
    expect(holderOf(view)).toBe('moving');
    expect(whoServes(view)).toContain('between the two instances');
  });
});

describe('the request for approval of a rollback', () => {
  it.each(MODES)('names the price of a %s one, where both go, and has the two buttons', (mode) => {
    const message = lastRequest(rollbackWaiting(mode));
    expect(validateBlocks(structuredClone(message.blocks), NO_RULES)).toEqual([]);
    const text = textsIn(message.blocks).join('\n');
    expect(text).toContain(
      '<!subteam^S0APPROVERS>: may clients be rolled back from crs-target01 to crs-source01?',
    );
    expect(text).toContain(mode === 'fast' ? '5,321 writes and counting' : 'refused for about 25 s');
    expect(text).toContain(' moves back to crs-source01; crs-target01 goes to ');
    expect(text).toContain('Digest ');
    expect(text).toContain('Approve the rollback');
    expect(JSON.stringify(message.blocks).match(/"action_id":"\w+"/gu)).toEqual([
      '"action_id":"approve_cutover"',
      '"action_id":"reject_cutover"',
    ]);
    expect(JSON.stringify(message.blocks)).toContain(`"value":"${ROLLBACK_APPROVAL_ID}"`);
  });

  it('says that the number is not known rather than none', () => {
    const { facts } = { facts: rollbackFacts('fast') };
    const evidence = { cutoverAtMs: 0, warnings: ['It cannot be told.'] };
    const text = textsIn(lastRequest(rollbackWaiting('fast', { facts, evidence })).blocks).join('\n');
    expect(text).toContain('the writes made on crs-target01 since the cutover will be lost');
    expect(text).toContain('*Writes since*\nnot known');
    expect(text).toContain('It cannot be told.');
  });

  it.each<[string, Said[], string]>([
    ['given', rollbackApproved('fast'), '<@U0APPROVER2> approved the fast rollback <!date^'],
    ['rejected', [...rollbackWaiting('fast'), REJECTED], 'Reason: The target is fine. It is called off'],
    [
      'expired',
      [...rollbackWaiting('fast'), { type: 'approval_expired', approvalId: ROLLBACK_APPROVAL_ID }],
      'the rollback is called off',
    ],
    [
      'voided',
      [
        ...rollbackWaiting('fast'),
        { type: 'approval_voided', approvalId: ROLLBACK_APPROVAL_ID, changes: ['a: 1 became 2'] },
      ],
      'a: 1 became 2',
    ],
    [
      'withdrawn',
      [...rollbackWaiting('fast'), ABORTED],
      'A person called it off: it is fine. There is nothing left to approve',
    ],
  ])('has no button once %s, and says who, when and why', (_status, bodies, words) => {
    const message = lastRequest(bodies);
    expect(validateBlocks(structuredClone(message.blocks), NO_RULES)).toEqual([]);
    expect(message.text).toContain(words);
    expect(JSON.stringify(message.blocks)).not.toContain('action_id');
  });

  it('stays withdrawn when another rollback is asked for', () => {
    const first = [...rollbackWaiting('fast'), ABORTED, ...calledOffFrom('await-rollback-approval', 'fast')];
    const again = [...first, { type: 'rollback_requested', mode: 'fast', by: RITA } satisfies Said];
    expect(lastRequest(again).text).toContain('A person called it off');
  });

  it('leaves what was said of the cutover alone', () => {
    const cutover = requests(rolledBack('fast'))[0];
    expect(cutover?.text).toContain('approved the cutover');
  });
});

describe('the request for approval of a cutover', () => {
  const withFence = (change: Parameters<typeof sampleFacts>[0]): string => {
    const facts = sampleFacts(change);
    const bodies: Said[] = [
      ...before('await-approval'),
      { type: 'step_started', step: 'await-approval' },
      approvalRequested({ facts }),
    ];
    return textsIn(lastRequest(bodies).blocks).join(' ');
  };

  it('says plainly what a refused read-only switch means', () => {
    const text = withFence({ fence: 'detach' });
    expect(text).toContain('The cloud refuses the read-only switch for crs-source01.');
    expect(text).toContain('its address is taken away first');
    expect(text).toContain('reads fail as well as writes');
    expect(text).toContain('the bot copies itself');
    expect(withFence({})).not.toContain('reads fail as well');
  });

  it('says that in a code switch the team does the moving', () => {
    const text = withFence({ switch: 'code' });
    expect(text).toContain('No address moves');
    expect(text).toContain('your team changes its configuration');
    expect(text).not.toContain('Every client is disconnected');
  });
});

describe('the choice between the two ways back', () => {
  it('names both prices and both commands, and chooses neither', () => {
    const answer = rollbackChoice(viewOf(SOAKING));
    expect(validateBlocks(structuredClone(answer.blocks), NO_RULES)).toEqual([]);
    const text = textsIn(answer.blocks).join('');
    expect(text).toContain('There were about 1,200 writes a second before it.');
    expect(text).toContain('for 1,000,000 keys about 25 s');
    for (const mode of MODES) expect(text).toContain(`/redis-upgrade rollback up-1a2b3c4d --${mode}`);
  });

  it.each([SOAKING, STUCK_AFTER_HAND_OVER, codeBefore('soak')])(
    'is a valid form with nothing chosen',
    (...bodies) => {
      const form = rollbackModal(viewOf(bodies.flat()), '{}');
      expect(validateView(form, NO_RULES)).toEqual([]);
      expect(JSON.stringify(form)).not.toContain('initial_option');
    },
  );
});

describe('the root message during a rollback', () => {
  const text = (name: string): string =>
    textsIn(rootMessage(viewOf(EVERY_ROLLBACK[name] ?? []), 'cards').blocks).join('\n');
  const cards = (bodies: Said[]): number =>
    (JSON.stringify(rootMessage(viewOf(bodies), 'cards').blocks).match(/"task_card"/gu) ?? []).length;

  it('shows one runbook at a time, and which', () => {
    expect(cards(asked('fast'))).toBe(8);
    expect(cards(rollbackBefore('probe-source', 'lossless'))).toBe(9);
    expect(cards(rollbackDone('fast'))).toBe(20);
    expect(text('a fast rollback waits for approval')).toContain('Rollback (fast): 1 of 8 steps done');
    expect(text('rolled back fast')).toContain('Rolled back (fast)');
  });

  it('names what is lost at the end', () => {
    expect(text('rolled back fast')).toContain(
      '5400 writes made on crs-target01 since the cutover are lost.',
    );
    expect(text('rolled back lossless')).toContain('No write is lost');
  });

  it('lets a person call it off while that is possible', () => {
    expect(text('a fast rollback waits for approval')).toContain('Call off the rollback');
    expect(text('a rollback moves the address')).not.toContain('Call off the rollback');
    expect(text('a rollback was called off')).toContain('Roll back…');
    expect(text('a rollback was called off')).toContain('The fast rollback was called off:');
  });

  it('keeps the limits of a message, in both forms, with the longest words a step can have', () => {
    for (const bodies of Object.values(EVERY_ROLLBACK)) {
      const view = viewOf(bodies);
      const long = {
        ...view,
        steps: view.steps.map((one) => ({ ...one, title: 'T'.repeat(400), detail: '😀'.repeat(4_000) })),
      };
      expect(validateBlocks(structuredClone(rootMessage(long, 'cards').blocks), NO_RULES)).toEqual([]);
      expect(validateBlocks(structuredClone(rootMessage(long, 'classic').blocks), OLD_SLACK)).toEqual([]);
    }
  });
});

describe('a code switch', () => {
  it('says the new address in a message of its own that calls whoever asked', () => {
    const bodies = [
      ...codeBefore('hand-out-address'),
      ...step('hand-out-address', { address: '10.0.0.9:6379' }),
    ];
    const said = milestonesOf(bodies).at(-1);
    expect(said).toMatchObject({ loud: true, calls: 'requester', copy: '10.0.0.9:6379' });
    const message = milestoneMessage(said as Milestone, { approvers: [], requester: RITA });
    expect(validateBlocks(structuredClone(message.blocks), NO_RULES)).toEqual([]);
    expect(markupIn(message.blocks)).toEqual(['<@U0REQUESTER>']);
    expect(message.blocks.at(-1)).toMatchObject({
      elements: [{ type: 'rich_text_preformatted', elements: [{ text: '10.0.0.9:6379' }] }],
    });
  });

  it('says whom clients are to use before and after', () => {
    expect(whoServes(viewOf([requested({ switch: 'code' })]))).toBe(
      'Clients use crs-source01 at its address.',
    );
    expect(whoServes(viewOf(codeBefore('soak')))).toBe(
      'Clients are to use crs-target01 at 10.0.0.9:6379; crs-source01 answers reads only.',
    );
    expect(whatIsWhere(viewOf(codeBefore('soak')))).toBe(
      'As far as my journal says, crs-source01 is at 10.0.0.7:6379 and is read-only; crs-target01 is at 10.0.0.9:6379 and takes writes.',
    );
  });
});
