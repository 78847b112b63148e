import { describe, expect, it } from 'vitest';
import {
  problemText,
  validateBlocks,
  validateView,
} from '../../../../src/sandbox/slack/block-kit/validate.ts';

const rules = { refusedTypes: new Set<string>() };
const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const rich = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});
const button = (changes: object = {}) => ({ type: 'button', action_id: 'a', text: plain('Go'), ...changes });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const section = (changes: object) => ({ type: 'section', ...changes });
const task = (changes: object = {}) => ({
  type: 'task_card',
  task_id: 't',
  title: 'Assess',
  status: 'pending',
  ...changes,
});
const plan = (...tasks: object[]) => ({ type: 'plan', title: 'Upgrade', tasks });
const input = { type: 'input', label: plain('Why'), element: { type: 'plain_text_input', action_id: 'v' } };
const cell = { type: 'raw_text', text: 'x' };
const times = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

function pointers(blocks: unknown): string[] {
  return validateBlocks(blocks, rules).map((problem) => problem.pointer);
}

describe('blocks that Slack takes', () => {
  it.each<[string, object]>([
    ['a section at its longest', section({ text: mrkdwn('x'.repeat(3_000)) })],
    ['ten fields', section({ fields: times(10, () => mrkdwn('x'.repeat(2_000))) })],
    ['a header of 150 characters', { type: 'header', text: plain('x'.repeat(150)) }],
    [
      'a plan of eighteen tasks',
      plan(...times(18, (index) => task({ task_id: `t${index}`, details: rich('ok'), status: 'complete' }))),
    ],
    ['a plan without tasks', { type: 'plan', title: 'Later' }],
    ['a table of 100 rows and 20 columns', { type: 'table', rows: times(100, () => times(20, () => cell)) }],
    ['an alert', { type: 'alert', level: 'warning', text: mrkdwn('careful') }],
    [
      'a card',
      { type: 'card', title: mrkdwn('x'.repeat(150)), body: mrkdwn('x'.repeat(200)), actions: [button()] },
    ],
    ['twenty-five buttons', actions(...times(25, (index) => button({ action_id: `a${index}` })))],
    [
      'a confirmation',
      actions(
        button({
          confirm: {
            title: plain('Sure?'),
            text: mrkdwn('Really'),
            confirm: plain('Yes'),
            deny: plain('No'),
          },
        }),
      ),
    ],
    ['ten context elements', { type: 'context', elements: times(10, () => mrkdwn('x')) }],
    ['markdown of 12,000 characters', { type: 'markdown', text: 'x'.repeat(12_000) }],
    ['an input', input],
    ['a picture', { type: 'image', image_url: 'https://example.com/a.png', alt_text: 'a' }],
    ['a divider', { type: 'divider' }],
    [
      'a container',
      {
        type: 'container',
        title: plain('Done'),
        child_blocks: [section({ text: mrkdwn('x') })],
        is_collapsible: true,
      },
    ],
  ])('%s', (_name, block) => {
    expect(validateBlocks([block], rules)).toEqual([]);
  });
});

describe('blocks that Slack refuses, and where', () => {
  it.each<[string, object, string]>([
    ['an unknown type', { type: 'nonsense' }, '/blocks/0/type'],
    ['an unknown property', section({ text: mrkdwn('x'), colour: 'red' }), '/blocks/0'],
    ['a section with nothing', section({}), '/blocks/0'],
    ['a section of 3,001 characters', section({ text: mrkdwn('x'.repeat(3_001)) }), '/blocks/0/text/text'],
    ['empty text', section({ text: mrkdwn('') }), '/blocks/0/text/text'],
    ['eleven fields', section({ fields: times(11, () => mrkdwn('x')) }), '/blocks/0/fields'],
    [
      'a field of 2,001 characters',
      section({ fields: [mrkdwn('x'.repeat(2_001))] }),
      '/blocks/0/fields/0/text',
    ],
    ['a header in mrkdwn', { type: 'header', text: mrkdwn('x') }, '/blocks/0/text/type'],
    ['a header of 151 characters', { type: 'header', text: plain('x'.repeat(151)) }, '/blocks/0/text/text'],
    [
      'twenty-six buttons',
      actions(...times(26, (index) => button({ action_id: `a${index}` }))),
      '/blocks/0/elements',
    ],
    ['no buttons', actions(), '/blocks/0/elements'],
    [
      'a button text of 76 characters',
      actions(button({ text: plain('x'.repeat(76)) })),
      '/blocks/0/elements/0/text/text',
    ],
    [
      'a button value of 2,001 characters',
      actions(button({ value: 'x'.repeat(2_001) })),
      '/blocks/0/elements/0/value',
    ],
    [
      'an action_id of 256 characters',
      actions(button({ action_id: 'x'.repeat(256) })),
      '/blocks/0/elements/0/action_id',
    ],
    ['an unknown button style', actions(button({ style: 'green' })), '/blocks/0/elements/0/style'],
    [
      'a confirmation label of 31 characters',
      actions(button({ confirm: { text: plain('x'), confirm: plain('x'.repeat(31)) } })),
      '/blocks/0/elements/0/confirm/confirm/text',
    ],
    [
      'a text input outside an input block',
      actions({ type: 'plain_text_input', action_id: 'v' }),
      '/blocks/0/elements/0/type',
    ],
    [
      'eleven context elements',
      { type: 'context', elements: times(11, () => mrkdwn('x')) },
      '/blocks/0/elements',
    ],
    ['a task without a status', plan({ ...task(), status: undefined }), '/blocks/0/tasks/0'],
    ['a task in an unknown state', plan(task({ status: 'done' })), '/blocks/0/tasks/0/status'],
    [
      'task details that are no rich text',
      plan(task({ details: mrkdwn('x') })),
      '/blocks/0/tasks/0/details/type',
    ],
    ['two tasks with one id', plan(task(), task()), '/blocks/0'],
    ['a plan in a container', { type: 'container', child_blocks: [plan()] }, '/blocks/0/child_blocks/0/type'],
    ['101 table rows', { type: 'table', rows: times(101, () => [cell]) }, '/blocks/0/rows'],
    ['21 table columns', { type: 'table', rows: [times(21, () => cell)] }, '/blocks/0/rows/0'],
    ['an alert of an unknown level', { type: 'alert', level: 'fatal', text: mrkdwn('x') }, '/blocks/0/level'],
    ['a card body of 201 characters', { type: 'card', body: mrkdwn('x'.repeat(201)) }, '/blocks/0/body/text'],
    ['markdown of 12,001 characters', { type: 'markdown', text: 'x'.repeat(12_001) }, '/blocks/0/text'],
    [
      'a select with options and groups',
      actions({
        type: 'static_select',
        action_id: 's',
        options: [{ text: plain('x'), value: 'x' }],
        option_groups: [{ label: plain('g'), options: [{ text: plain('x'), value: 'x' }] }],
      }),
      '/blocks/0/elements/0',
    ],
    ['an action_id used twice in one block', actions(button(), button()), '/blocks/0'],
  ])('%s', (_name, block, pointer) => {
    expect(pointers([block])).toContain(pointer);
  });

  it('51 blocks, and a block_id used twice', () => {
    expect(pointers(times(51, () => ({ type: 'divider' })))).toEqual(['/blocks']);
    expect(
      pointers([
        { type: 'divider', block_id: 'x' },
        { type: 'divider', block_id: 'x' },
      ]),
    ).toEqual(['/blocks']);
  });

  it('plans on a workspace that does not know them', () => {
    const older = { refusedTypes: new Set(['plan', 'task_card']) };
    const [problem] = validateBlocks([plan(task())], older);
    expect(problem && problemText(problem)).toBe(
      '[ERROR] unsupported type: plan [json-pointer:/blocks/0/type]',
    );
  });
});

describe('views', () => {
  const modal = { type: 'modal', title: plain('Reject'), submit: plain('Reject'), blocks: [input] };
  it('are taken when they are complete', () => {
    expect(validateView(modal, rules)).toEqual([]);
    expect(validateView({ type: 'home', blocks: times(100, () => ({ type: 'divider' })) }, rules)).toEqual(
      [],
    );
  });

  it.each<[string, object, string]>([
    ['a title of 25 characters', { ...modal, title: plain('x'.repeat(25)) }, '/view/title/text'],
    ['input without a submit button', { ...modal, submit: undefined }, '/view/submit'],
    [
      'private metadata of 3,001 characters',
      { ...modal, private_metadata: 'x'.repeat(3_001) },
      '/view/private_metadata',
    ],
    ['101 blocks', { ...modal, blocks: times(101, () => ({ type: 'divider' })) }, '/view/blocks'],
    ['a title on a Home tab', { type: 'home', title: plain('x'), blocks: [] }, '/view'],
  ])('are refused with %s', (_name, view, pointer) => {
    expect(validateView(view, rules).map((problem) => problem.pointer)).toContain(pointer);
  });
});
