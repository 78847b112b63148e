// What a person entered in a modal, in the shape of view.state.values, and the checks Slack's own client makes first.
import { arrayOf, isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../json.ts';

/** Entered values by block_id: text, the value of an option, a date, an id, or several of them. */
export type FormValues = Record<string, string | string[] | null>;

function optionsOf(element: JsonObject): JsonObject[] {
  const groups = objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options']));
  return [...objectsOf(element['options']), ...groups];
}

/** Fields of an element's state that name what was chosen, by element type. */
const singleField: Readonly<Record<string, string>> = {
  users_select: 'selected_user',
  conversations_select: 'selected_conversation',
  channels_select: 'selected_channel',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
};
const manyField: Readonly<Record<string, string>> = {
  multi_users_select: 'selected_users',
  multi_conversations_select: 'selected_conversations',
  multi_channels_select: 'selected_channels',
};
const oneOption = new Set(['static_select', 'external_select', 'radio_buttons', 'overflow']);
const manyOptions = new Set(['checkboxes', 'multi_static_select', 'multi_external_select']);

function chosenOption(element: JsonObject, value: string): JsonObject | undefined {
  const option = optionsOf(element).find((candidate) => candidate['value'] === value);
  if (!option && element['type'] !== 'external_select') throw new Error(`there is no option "${value}"`);
  return option;
}

/** The state of one element after a person chose or typed this. */
export function elementState(element: JsonObject, entered: string | string[] | null): JsonObject {
  const type = stringOf(element['type']) ?? '';
  const many = entered === null ? [] : [entered].flat();
  const first = many[0] ?? null;
  if (oneOption.has(type)) {
    return { type, selected_option: first === null ? null : (chosenOption(element, first) ?? null) };
  }
  if (manyOptions.has(type)) {
    return { type, selected_options: many.map((value) => chosenOption(element, value) ?? null) };
  }
  const multiple = manyField[type];
  if (multiple !== undefined) return { type, [multiple]: many };
  const single = singleField[type];
  if (single !== undefined) return { type, [single]: first };
  if (type === 'datetimepicker') return { type, selected_date_time: first === null ? null : Number(first) };
  return { type, value: first === '' ? null : first };
}

function optionValue(option: unknown): string | undefined {
  return stringOf(objectOf(option)['value']);
}

/** What an element shows before a person touches it. */
function initialValue(element: JsonObject): string | string[] | null {
  for (const [key, value] of Object.entries(element)) {
    if (!key.startsWith('initial_')) continue;
    if (Array.isArray(value))
      return arrayOf(value).flatMap((item) => optionValue(item) ?? stringOf(item) ?? []);
    if (isObject(value)) return optionValue(value) ?? null;
    return String(value);
  }
  return null;
}

function lengthError(element: JsonObject, text: string): string | undefined {
  const { min_length: min, max_length: max } = element;
  if (typeof min === 'number' && text.length < min) return `Please enter at least ${min} characters`;
  if (typeof max === 'number' && text.length > max) return `Please enter no more than ${max} characters`;
  return undefined;
}

function inputError(block: JsonObject, entered: string | string[] | null): string | undefined {
  const isEmpty = entered === null || entered.length === 0;
  if (isEmpty) return block['optional'] === true ? undefined : 'Please complete this required field.';
  return typeof entered === 'string' ? lengthError(objectOf(block['element']), entered) : undefined;
}

export interface ReadForm {
  values: JsonObject;
  /** block_id to message; a form with errors is not sent to the app. */
  errors: Record<string, string>;
}

/** State and client-side errors of a view's input blocks. Throws when a value names no option or no block. */
export function readForm(blocks: readonly JsonObject[], entered: FormValues): ReadForm {
  const inputs = blocks.filter((block) => block['type'] === 'input');
  const known = new Set(inputs.map((block) => block['block_id']));
  for (const id of Object.keys(entered))
    if (!known.has(id)) throw new Error(`the view has no input block "${id}"`);
  const form: ReadForm = { values: {}, errors: {} };
  for (const block of inputs) {
    const id = stringOf(block['block_id']) ?? '';
    const element = objectOf(block['element']);
    const value = Object.hasOwn(entered, id) ? (entered[id] ?? null) : initialValue(element);
    const error = inputError(block, value);
    if (error !== undefined) form.errors[id] = error;
    else form.values[id] = { [stringOf(element['action_id']) ?? '']: elementState(element, value) };
  }
  return form;
}
