// Every block type as elements.
import { type Child, h } from './dom.ts';
import { interactive } from './elements.ts';
import { type IconName, icon } from './icons.ts';
import { mrkdwn, plainText } from './inline.ts';
import { object, objects, text, words } from './json.ts';
import { markdown } from './markdown.ts';
import { planBlock, taskCard } from './plan-block.ts';
import type { Json } from './protocol.ts';
import { richText } from './rich-text.ts';

type Draw = (block: Json) => Child;

/** A text object, plain or marked up. */
export function textObject(value: unknown): Child {
  const holder = object(value);
  return holder['type'] === 'mrkdwn' ? mrkdwn(text(holder['text'])) : plainText(text(holder['text']));
}

function spot(block: Json): { blockId: string; inForm: boolean } {
  return { blockId: text(block['block_id']), inForm: false };
}

function picture(image: Json): HTMLElement {
  const alt = text(image['alt_text']) || 'picture';
  return h('span', { class: 'picture', role: 'img', 'aria-label': alt }, icon('eye'), alt);
}

function elementOrPicture(element: Json, block: Json): HTMLElement {
  return element['type'] === 'image' ? picture(element) : interactive(element, spot(block));
}

function section(block: Json): HTMLElement {
  const fields = objects(block['fields']);
  const accessory =
    block['accessory'] === undefined ? null : elementOrPicture(object(block['accessory']), block);
  return h(
    'div',
    { class: 'section' },
    h(
      'div',
      { class: 'section-body' },
      block['text'] === undefined ? null : h('div', { class: 'section-text' }, textObject(block['text'])),
      fields.length === 0
        ? null
        : h(
            'div',
            { class: 'fields' },
            ...fields.map((field) => h('div', { class: 'field-text' }, textObject(field))),
          ),
    ),
    accessory ? h('div', { class: 'accessory' }, accessory) : null,
  );
}

function context(block: Json): HTMLElement {
  const parts = objects(block['elements']).map((element) =>
    element['type'] === 'image' ? picture(element) : h('span', {}, textObject(element)),
  );
  return h('div', { class: 'context' }, ...parts);
}

function cell(value: Json): Child {
  return value['type'] === 'rich_text' ? richText(value) : text(value['text']);
}

function table(block: Json): HTMLElement {
  const [head, ...body] = Array.isArray(block['rows']) ? block['rows'].map(objects) : [];
  const settings = objects(block['column_settings']);
  const align = (column: number, value: Json): string =>
    text(settings[column]?.['align']) || (value['type'] === 'raw_number' ? 'right' : 'left');
  const row = (tag: string, cells: Json[]): HTMLElement =>
    h(
      'tr',
      {},
      ...cells.map((value, column) =>
        h(tag, { class: align(column, value), scope: tag === 'th' ? 'col' : undefined }, cell(value)),
      ),
    );
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': text(block['caption']) || 'Table' },
    h(
      'table',
      {},
      block['caption'] === undefined ? null : h('caption', {}, text(block['caption'])),
      h('thead', {}, head ? row('th', head) : null),
      h('tbody', {}, ...body.map((cells) => row('td', cells))),
    ),
  );
}

const alertIcons: Readonly<Record<string, IconName>> = {
  warning: 'warning',
  error: 'warning',
  success: 'check',
};

function alert(block: Json): HTMLElement {
  const level = text(block['level']) || 'default';
  return h(
    'div',
    { class: `alert ${level}`, role: level === 'error' || level === 'warning' ? 'alert' : 'note' },
    icon(alertIcons[level] ?? 'info'),
    h('div', {}, textObject(block['text'])),
  );
}

function card(block: Json): HTMLElement {
  const actions = objects(block['actions']);
  return h(
    'div',
    { class: 'card' },
    block['title'] === undefined ? null : h('div', { class: 'card-title' }, textObject(block['title'])),
    block['subtitle'] === undefined
      ? null
      : h('div', { class: 'card-subtitle' }, textObject(block['subtitle'])),
    block['body'] === undefined ? null : h('div', { class: 'card-body' }, textObject(block['body'])),
    actions.length === 0
      ? null
      : h('div', { class: 'actions' }, ...actions.map((entry) => interactive(entry, spot(block)))),
  );
}

function container(block: Json): HTMLElement {
  const title = block['rich_text_title'] ? richText(block['rich_text_title']) : words(block['title']);
  const children = objects(block['child_blocks']).map(drawBlock);
  if (block['is_collapsible'] !== true)
    return h('div', { class: 'container' }, h('strong', {}, title), ...children);
  return h(
    'details',
    { class: 'container', open: block['default_collapsed'] !== true },
    h('summary', {}, title),
    ...children,
  );
}

function input(block: Json): HTMLElement {
  const element = object(block['element']);
  const hint = words(block['hint']);
  const isGroup = element['type'] === 'checkboxes' || element['type'] === 'radio_buttons';
  return h(
    // A label around several choices would press the first of them.
    isGroup ? 'div' : 'label',
    isGroup ? { class: 'input', role: 'group', 'aria-label': words(block['label']) } : { class: 'input' },
    h(
      'span',
      { class: 'label' },
      words(block['label']),
      block['optional'] === true ? h('small', {}, ' (optional)') : null,
    ),
    interactive(element, { blockId: text(block['block_id']), inForm: true }),
    hint === '' ? null : h('small', { class: 'hint' }, hint),
  );
}

const drawers: Readonly<Record<string, Draw>> = {
  actions: (block) =>
    h(
      'div',
      { class: 'actions' },
      ...objects(block['elements']).map((entry) => interactive(entry, spot(block))),
    ),
  context_actions: (block) =>
    h(
      'div',
      { class: 'actions' },
      ...objects(block['elements']).map((entry) => interactive(entry, spot(block))),
    ),
  alert,
  card,
  carousel: (block) => h('div', { class: 'carousel' }, ...objects(block['elements']).map(card)),
  container,
  context,
  data_table: table,
  divider: () => h('hr'),
  header: (block) => h('h3', { class: 'header-block' }, plainText(words(block['text']))),
  image: picture,
  input,
  markdown: (block) => h('div', { class: 'markdown' }, ...markdown(text(block['text']))),
  plan: planBlock,
  rich_text: (block) => h('div', { class: 'rich' }, ...richText(block)),
  section,
  table,
  task_card: (block) => h('ol', { class: 'tasks' }, taskCard(block)),
};

/** One block; a type this page does not draw is named. */
export function drawBlock(block: Json): Child {
  const type = text(block['type']);
  return drawers[type]?.(block) ?? h('span', { class: 'not-shown' }, `${type} is not shown here`);
}
