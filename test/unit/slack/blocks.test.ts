import { describe, expect, it } from 'vitest';
import { validateBlocks, validateView } from '../../../src/sandbox/slack/block-kit/validate.ts';
import { approvalHistory } from '../../../src/slack/approval-history.ts';
import {
  helpAnswer,
  listAnswer,
  planAnswer,
  recentAnswer,
  statusAnswer,
} from '../../../src/slack/blocks/answers.ts';
import { approvalMessage } from '../../../src/slack/blocks/approval-message.ts';
import type { Content } from '../../../src/slack/blocks/content.ts';
import { maxTextChars, truncate } from '../../../src/slack/blocks/limits.ts';
import { phraseText } from '../../../src/slack/blocks/phrase.ts';
import { rejectionModal } from '../../../src/slack/blocks/rejection-modal.ts';
import { rootMessage } from '../../../src/slack/blocks/root-message.ts';
import { neutralMarkup } from '../../../src/slack/markup.ts';
import { milestone } from '../../../src/slack/milestones.ts';
import { digestOf } from '../../../src/upgrade/plan.ts';
import { upgradeSteps } from '../../../src/upgrade/steps.ts';
import { markupIn, textsIn } from './fake-slack.ts';
import { EVERY_ROLLBACK } from './sample-rollback.ts';
import {
  ANNA,
  APPROVAL_ID,
  approvalRequested,
  before,
  instanceFacts,
  journalOf,
  requested,
  type Said,
  sampleFacts,
  samplePlan,
  step,
  UPGRADE_ID,
  EVERY_STANDING as UPGRADES,
  viewOf,
  waitingForApproval,
} from './sample-upgrade.ts';

const EVERY_STANDING = { ...UPGRADES, ...EVERY_ROLLBACK };

const NO_RULES = { refusedTypes: new Set<string>() };
const OLD_SLACK = { refusedTypes: new Set(['plan', 'task_card', 'rich_text']) };
const HOSTILE: Record<string, string> = {
  'a broadcast': '<!channel> help',
  formatting: '*bold* _it_ ~no~',
  'back-ticks': '`code` ```block```',
  'a mention and a link': '<@U1> & <https://evil.example|click>',
  'emoji names and right-to-left text': ':tada: \u202Eright to left\u202C שלום',
  'a very long name': 'x'.repeat(9_000),
  blanks: '   ',
};

function expectValid(content: Content, rules = NO_RULES): void {
  expect(validateBlocks(structuredClone(content.blocks), rules)).toEqual([]);
  expect(content.text).not.toBe('');
  expect(content.text.length).toBeLessThanOrEqual(maxTextChars);
}

function actionIdsIn(content: Content): string[] {
  return [...JSON.stringify(content.blocks).matchAll(/"action_id":"(\w+)"/gu)].map(([, id]) => id ?? '');
}

describe('the root message', () => {
  it.each(Object.keys(EVERY_STANDING))('is valid and says what comes next when %s', (name) => {
    const view = viewOf(EVERY_STANDING[name] ?? []);
    expectValid(rootMessage(view, 'cards'));
    expectValid(rootMessage(view, 'classic'), OLD_SLACK);
  });

  it('has a card for each step of the runbook, and a line for each in the classic form', () => {
    const view = viewOf(EVERY_STANDING['copying'] ?? []);
    const plan = rootMessage(view, 'cards').blocks.find((block) => block.type === 'plan');
    expect(plan).toMatchObject({ title: '6 of 20 steps done' });
    expect(JSON.stringify(plan).match(/"task_card"/gu)).toHaveLength(upgradeSteps('address').length);
    const lines = textsIn(rootMessage(view, 'classic').blocks).join('\n');
    for (const one of view.steps) expect(lines).toContain(one.title);
  });

  it('maps every step status to a card status', () => {
    const statusesOf = (name: string): unknown[] => {
      const plan = rootMessage(viewOf(EVERY_STANDING[name] ?? []), 'cards').blocks.find(
        (one) => one.type === 'plan',
      );
      return (plan?.tasks ?? []).map((task) => task['status']);
    };
    expect(statusesOf('copying').slice(5, 8)).toEqual(['complete', 'in_progress', 'pending']);
    expect(statusesOf('stuck after the hand-over')[17]).toBe('error');
    expect(statusesOf('rolled back')[0]).toBe('pending');
  });

  it('offers to abort while that is possible and to finish while the watch runs, and nothing at the end', () => {
    const buttons = (name: string): string[] =>
      actionIdsIn(rootMessage(viewOf(EVERY_STANDING[name] ?? []), 'cards'));
    expect(buttons('copying')).toEqual(['abort_upgrade']);
    expect(buttons('waiting for approval')).toEqual(['abort_upgrade']);
    expect(buttons('soaking')).toEqual(['finish_upgrade', 'roll_back']);
    expect(buttons('stuck after the hand-over')).toEqual(['roll_back']);
    expect(buttons('completed')).toEqual([]);
    expect(buttons('going back')).toEqual([]);
  });

  it('says which instance holds the old address at every stage', () => {
    const said = (name: string): string =>
      textsIn(rootMessage(viewOf(EVERY_STANDING[name] ?? []), 'cards').blocks).join('\n');
    expect(said('copying')).toContain('10.0.0.7:6379: held by crs-source01');
    expect(said('cutting over')).toContain('10.0.0.7:6379: moving between the instances');
    expect(said('completed')).toContain('10.0.0.7:6379: held by crs-target01');
    expect(said('rolled back')).not.toContain('held by crs-target01');
  });

  it('shows the progress and the trouble of the running step', () => {
    const view = viewOf(EVERY_STANDING['copying'] ?? [], {
      step: 'copy-snapshot',
      text: '412,000 of 1,000,000 keys',
      percent: 41,
      trouble: 'The cloud does not answer',
      atMs: 0,
    });
    const text = textsIn(rootMessage(view, 'cards').blocks).join('\n');
    expect(text).toContain('412,000 of 1,000,000 keys Trying again after trouble: The cloud does not answer');
  });

  it('carries nothing but the upgrade id in its buttons', () => {
    const blocks = JSON.stringify(rootMessage(viewOf(EVERY_STANDING['copying'] ?? []), 'cards').blocks);
    expect([...blocks.matchAll(/"value":"([^"]*)"/gu)].map(([, value]) => value)).toEqual([UPGRADE_ID]);
  });
});

describe('the approval message', () => {
  const decisions: Record<string, Said> = {
    given: { type: 'approval_given', approvalId: APPROVAL_ID, digest: digest(), by: ANNA },
    rejected: { type: 'approval_rejected', approvalId: APPROVAL_ID, reason: 'Not on a Friday', by: ANNA },
    expired: { type: 'approval_expired', approvalId: APPROVAL_ID },
    voided: { type: 'approval_voided', approvalId: APPROVAL_ID, changes: ['target.memoryMb: 1 became 2'] },
    withdrawn: { type: 'abort_requested', reason: 'wrong day', by: ANNA },
  };

  function digest(): string {
    const event = approvalRequested();
    return event.type === 'approval_requested' ? event.digest : '';
  }

  function messageAfter(extra: Said[], approvers = ['U0APPROVER1', 'S0APPROVERS']): Content {
    const bodies = [...waitingForApproval(), ...extra];
    const [approval] = approvalHistory(journalOf(bodies), viewOf(bodies));
    if (approval === undefined) throw new Error('No approval in the journal');
    return approvalMessage({ approval, approvers, cutoverBudgetMs: 120_000 });
  }

  it('mentions the approvers, shows the evidence and what happens, and asks with two buttons', () => {
    const message = messageAfter([]);
    expectValid(message);
    const text = textsIn(message.blocks).join('\n');
    expect(text).toContain('<@U0APPROVER1> <!subteam^S0APPROVERS>: ');
    expect(text).toContain('<!date^');
    expect(text).toContain('*Keys compared*\n1,000,000');
    expect(text).toContain('*Differences*\nnone');
    expect(text).toContain('If it takes longer than 2 min, everything is undone');
    expect(text).toContain(`Digest ${digest().slice(0, 12)}`);
    expect(actionIdsIn(message)).toEqual(['approve_cutover', 'reject_cutover']);
  });

  it('says what the verdict rests on: how many keys, which of them moved, when, and how long it took', () => {
    const event = approvalRequested();
    if (event.type !== 'approval_requested') throw new Error('Not a request');
    const evidence = { ...event.evidence, movingKeys: 1_240, comparedForMs: 725_000 };
    const bodies = [...waitingForApproval({ evidence })];
    const [approval] = approvalHistory(journalOf(bodies), viewOf(bodies));
    if (approval?.purpose !== 'cutover') throw new Error('No approval in the journal');
    const message = approvalMessage({ approval, approvers: [], cutoverBudgetMs: 120_000 });
    expectValid(message);
    const text = textsIn(message.blocks).join('\n');
    expect(text).toContain('*Keys compared*\n1,000,000, every one there was');
    expect(text).toContain('*Changed meanwhile*\n1,240; compared again when writes are refused');
    expect(text).toMatch(/\*Compared\*\n<!date\^\d+\^[^>]+>, it took 12 min 5 s/u);
    expect(text).toContain('Everything is copied and compared.');
    const sampled = { ...approval, facts: { ...approval.facts, covered: 'sample' as const } };
    const sample = approvalMessage({ approval: sampled, approvers: [], cutoverBudgetMs: 120_000 });
    expectValid(sample);
    expect(textsIn(sample.blocks).join('\n')).toContain('1,000,000, *only a sample*');
    expect(sample.text).toContain('Everything is copied, and a sample of it is compared.');
    // The digest counts for it: what was approved for everything does not do for a sample.
    expect(digestOf(sampled.facts)).not.toBe(approval.digest);
  });

  it('names the setting when nobody is configured', () => {
    expect(messageAfter([], []).text).toContain('Nobody may approve yet: set REDIS_UPGRADE_APPROVERS');
  });

  it.each(Object.keys(decisions))('has no button and says who, when and why once %s', (name) => {
    const message = messageAfter([decisions[name] as Said]);
    expectValid(message);
    expect(actionIdsIn(message)).toEqual([]);
    const said = {
      given: '<@U0APPROVER1> approved the cutover <!date^',
      rejected: 'Reason: Not on a Friday.',
      expired: 'Nobody decided before <!date^',
      voided: 'target.memoryMb: 1 became 2',
      withdrawn: 'Aborted: wrong day. There is nothing left to approve.',
    }[name];
    expect(message.text).toContain(said);
  });
});

describe('answers', () => {
  const row = {
    id: 'crs-source01',
    name: 'orders',
    region: 'ap-guangzhou',
    kind: '2.8 standard',
    address: '10.0.0.7:6379',
    status: 'running',
    memoryMb: 1024,
    upgradesTo: ['4.0 standard', '4.0 cluster'],
    upgradeId: undefined,
  };

  it('lists instances, and counts those that do not fit', () => {
    const answer = listAnswer(Array.from({ length: 200 }, (_, index) => ({ ...row, id: `crs-${index}` })));
    expectValid(answer);
    expect(textsIn(answer.blocks)).toContain('160 more are not shown.');
    expectValid(listAnswer([]));
  });

  it('shows a plan with what stands in the way first', () => {
    const side = { id: 'crs-a', name: 'a', kind: '2.8 standard', address: '10.0.0.1:6379', region: 'x' };
    const steps = upgradeSteps('address').map((name) => ({
      name,
      title: name,
      what: 'does it.',
      undo: 'puts it back.',
    }));
    const preview = {
      source: side,
      target: side,
      switch: 'address' as const,
      warnings: ['w'],
      advice: ['a'],
      steps,
    };
    const blocked = planAnswer({ ...preview, problems: ['The target is not empty.'] });
    expectValid(blocked);
    expect(blocked.text).toContain('One thing stands in the way.');
    const many = Array.from({ length: 300 }, (_, index) => `Problem ${index}`);
    expectValid(planAnswer({ ...preview, problems: many, warnings: many, advice: many }));
    const free = planAnswer({ ...preview, problems: [] });
    expectValid(free);
    expect(textsIn(free.blocks)).toContain('/redis-upgrade start crs-a crs-a');
  });

  it.each(Object.keys(EVERY_STANDING))('tells the status when %s', (name) => {
    const view = viewOf(EVERY_STANDING[name] ?? []);
    expectValid(statusAnswer(view));
    expectValid(recentAnswer([view, view]));
  });

  it('helps, and says who approves', () => {
    expectValid(helpAnswer([]));
    expect(textsIn(helpAnswer([]).blocks).join()).toContain('REDIS_UPGRADE_APPROVERS');
    expectValid(helpAnswer(['U0APPROVER1', 'S0APPROVERS']));
  });

  it('asks for a reason in a valid form', () => {
    expect(validateView(rejectionModal('{}'), NO_RULES)).toEqual([]);
  });
});

const INTERPRETED = /<!channel>|<@U1>|<https/u;
/** A formatting character of ours is followed by a label in capitals; one of theirs must have a word joiner before it. */
const FORMATTED = /(?<!\u2060)[*_~`:](?=bold|it|no|code|tada)/u;

function expectHarmless(content: Content): void {
  expectValid(content);
  for (const text of [content.text, ...markupIn(content.blocks)]) expect(text).not.toMatch(INTERPRETED);
  for (const text of markupIn(content.blocks)) expect(text).not.toMatch(FORMATTED);
}

describe('hostile text', () => {
  it.each(Object.entries(HOSTILE))(
    '%s is shown in names, reasons and errors, and interpreted nowhere',
    (_what, evil) => {
      const plan = samplePlan({
        source: instanceFacts({ name: evil }),
        target: instanceFacts({ name: evil }),
      });
      const facts = sampleFacts({ source: instanceFacts({ name: evil }) });
      const failed: Said[] = [
        requested(),
        ...step('assess', { plan, summary: evil }),
        { type: 'step_started', step: 'align-target' },
        { type: 'step_failed', step: 'align-target', error: { code: 'X', message: evil } },
      ];
      const rejected: Said[] = [
        ...before('await-approval'),
        { type: 'step_started', step: 'await-approval' },
        approvalRequested({ facts }),
        {
          type: 'approval_rejected',
          approvalId: APPROVAL_ID,
          reason: evil,
          by: { kind: 'person', via: 'terminal', id: evil },
        },
      ];
      const [approval] = approvalHistory(journalOf(rejected), viewOf(rejected));
      if (approval === undefined) throw new Error('No approval in the journal');
      const contents = [
        rootMessage(viewOf(failed), 'cards'),
        rootMessage(viewOf(failed), 'classic'),
        rootMessage(viewOf(rejected), 'cards'),
        statusAnswer(viewOf(failed)),
        recentAnswer([viewOf(failed)]),
        approvalMessage({ approval, approvers: [evil] }),
        approvalMessage({ approval: { ...approval, status: 'waiting' }, approvers: ['U0APPROVER1', evil] }),
      ];
      for (const content of contents) expectHarmless(content);
      const said = [failed, rejected].flatMap((bodies) =>
        journalOf(bodies).map((one) => milestone(one, viewOf(bodies))),
      );
      for (const one of said) expect(phraseText(one?.words ?? [])).not.toMatch(INTERPRETED);
    },
  );

  it('keeps every character of a name that is free of markup', () => {
    const name = 'orders_new (eu) 10.0.0.7:6379';
    expect(neutralMarkup(name)).toBe(name);
  });
});

describe('truncate', () => {
  it('never exceeds the limit nor cuts a character in two', () => {
    for (const max of [2, 3, 10, 75]) {
      const cut = truncate('😀'.repeat(50), max);
      expect(cut.length).toBeLessThanOrEqual(max);
      expect(() => encodeURIComponent(cut)).not.toThrow();
    }
  });

  it('puts a dash for nothing, which Slack would refuse', () => {
    expect(truncate(' ', 10)).toBe('–');
  });
});

describe('the text of a phrase', () => {
  it('is never cut inside a mention or an entity', () => {
    expect(phraseText(['abc ', { user: 'U0APPROVER1' }], 10)).toBe('abc ');
    expect(phraseText(['a&b&c&d&e'], 10)).not.toMatch(/&(?!amp;)/u);
  });

  it('does not take an id for a mention that is none', () => {
    expect(phraseText([{ user: 'U1> <!channel' }])).toBe('U1&gt; &lt;!channel');
  });
});
