// Interactive elements, in messages and in forms. What they do is written in data attributes and done elsewhere.
import { type Attributes, h } from './dom.ts';
import { mrkdwn, plainText } from './inline.ts';
import { object, objects, text, words } from './json.ts';
import type { Json } from './protocol.ts';
import { screen } from './store.ts';

/** Where an element stands: its block, and whether it is an input of a form. */
export interface Spot {
  blockId: string;
  inForm: boolean;
}

interface Choice {
  value: string;
  label: string;
}

function hooks(element: Json, spot: Spot, action: string): Attributes {
  const confirm = element['confirm'];
  return {
    'data-block': spot.blockId,
    'data-action': text(element['action_id']),
    'data-key': `${spot.blockId}:${text(element['action_id'])}:${text(element['value'])}`,
    ...(spot.inForm ? { 'data-field': spot.blockId } : { 'data-do': action }),
    ...(confirm === undefined ? {} : { 'data-confirm': JSON.stringify(confirm) }),
  };
}

function button(element: Json, spot: Spot): HTMLElement {
  const style = text(element['style']) || 'plain';
  const attributes: Attributes = {
    ...hooks(element, { ...spot, inForm: false }, 'press'),
    class: `button ${style}`,
    'data-value': text(element['value']),
    'aria-label': text(element['accessibility_label']) || undefined,
  };
  const url = text(element['url']);
  if (/^https?:/iu.test(url)) {
    return h(
      'a',
      { ...attributes, href: url, target: '_blank', rel: 'noopener noreferrer' },
      plainText(words(element['text'])),
    );
  }
  return h('button', { ...attributes, type: 'button' }, plainText(words(element['text'])));
}

function optionChoices(element: Json): Choice[] {
  const groups = objects(element['option_groups']).flatMap((group) => objects(group['options']));
  return [...objects(element['options']), ...groups].map((option) => ({
    value: text(option['value']),
    label: plainText(words(option['text'])),
  }));
}

function choicesOf(element: Json): Choice[] {
  const type = text(element['type']);
  if (type.includes('users')) {
    return Object.values(screen.snapshot.people)
      .filter((person) => !person.isApp)
      .map(({ id, realName }) => ({ value: id, label: realName }));
  }
  if (type.includes('channels') || type.includes('conversations')) {
    return screen.snapshot.channels.map(({ id, name }) => ({ value: id, label: `#${name}` }));
  }
  return optionChoices(element);
}

/** What is chosen before a person touches it, as values. */
function chosen(element: Json): string[] {
  const initial = Object.entries(element).find(([key]) => key.startsWith('initial_'))?.[1];
  const many = Array.isArray(initial) ? initial : initial === undefined ? [] : [initial];
  return many.map((entry) => text(object(entry)['value']) || text(entry));
}

function select(element: Json, spot: Spot): HTMLElement {
  const isMultiple = text(element['type']).startsWith('multi_');
  const selected = chosen(element);
  const placeholder = words(element['placeholder']) || 'Choose an option';
  return h(
    'select',
    {
      ...hooks(element, spot, 'choose'),
      class: 'field',
      multiple: isMultiple,
      'aria-label': spot.inForm ? undefined : placeholder,
    },
    isMultiple ? null : h('option', { value: '', selected: selected.length === 0 }, placeholder),
    ...choicesOf(element).map(({ value, label }) =>
      h('option', { value, selected: selected.includes(value) }, label),
    ),
  );
}

function choiceList(element: Json, spot: Spot): HTMLElement {
  const kind = element['type'] === 'checkboxes' ? 'checkbox' : 'radio';
  const selected = chosen(element);
  const { 'data-key': key, ...hook } = hooks(element, spot, 'choose');
  const group = `${spot.blockId}-${text(element['action_id'])}`;
  const options = objects(element['options']).map((option) => {
    const value = text(option['value']);
    const label = object(option['text']);
    const shown = label['type'] === 'mrkdwn' ? mrkdwn(text(label['text'])) : plainText(text(label['text']));
    return h(
      'label',
      { class: 'choice' },
      h('input', { ...hook, type: kind, name: group, value, checked: selected.includes(value) }),
      h('span', {}, shown, option['description'] ? h('small', {}, words(option['description'])) : null),
    );
  });
  return h(
    'div',
    { class: 'choices', role: kind === 'radio' ? 'radiogroup' : 'group', 'data-key': String(key) },
    ...options,
  );
}

const inputTypes: Readonly<Record<string, string>> = {
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
  number_input: 'number',
  email_text_input: 'email',
  url_text_input: 'url',
};

function textField(element: Json, spot: Spot): HTMLElement {
  const [initial = ''] = chosen(element);
  const attributes: Attributes = {
    ...hooks(element, spot, 'choose'),
    class: 'field',
    placeholder: words(element['placeholder']) || undefined,
    maxlength: text(element['max_length']) || undefined,
    autofocus: element['focus_on_load'] === true,
  };
  if (element['multiline'] === true) return h('textarea', { ...attributes, rows: 4 }, initial);
  return h('input', { ...attributes, type: inputTypes[text(element['type'])] ?? 'text', value: initial });
}

/** One interactive element. */
export function interactive(element: Json, spot: Spot): HTMLElement {
  const type = text(element['type']);
  if (type === 'button' || type === 'workflow_button' || type === 'icon_button') return button(element, spot);
  if (type === 'checkboxes' || type === 'radio_buttons') return choiceList(element, spot);
  if (type.endsWith('_select') || type === 'overflow') return select(element, spot);
  if (type in inputTypes || type.endsWith('_text_input') || type === 'plain_text_input')
    return textField(element, spot);
  return h('span', { class: 'not-shown' }, `${type} is not shown here`);
}
