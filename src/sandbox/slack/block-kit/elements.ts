// Interactive elements: buttons, selects, inputs.
import {
  also,
  array,
  boolean,
  byType,
  type Check,
  integer,
  matching,
  oneOf,
  report,
  type Shape,
  shape,
  string,
  url,
} from './checks.ts';
import {
  confirm,
  conversationFilter,
  image,
  option,
  optionGroup,
  plainOption,
  plainText,
} from './objects.ts';
import { richText } from './rich-text.ts';

const actionId = { action_id: string({ min: 1, max: 255 }) };
const focus = { focus_on_load: boolean };
const placeholder = { placeholder: plainText(150) };
const label = { accessibility_label: string({ max: 75 }) };
const style = { style: oneOf('primary', 'danger') };
const dispatch = {
  dispatch_action_config: shape({
    optional: { trigger_actions_on: array(oneOf('on_enter_pressed', 'on_character_entered'), { min: 1 }) },
  }),
};
const ids = array(string({ min: 1 }));
const day = matching(/^\d{4}-\d{2}-\d{2}$/u, 'a date as YYYY-MM-DD');
const time = matching(/^([01]\d|2[0-3]):[0-5]\d$/u, 'a time as HH:mm');

function element({ required = {}, optional = {} }: Shape): Check {
  return shape({ required, optional: { ...actionId, ...optional } });
}

function select(optional: Record<string, Check>): Check {
  return element({ optional: { confirm, ...focus, ...placeholder, ...optional } });
}

function multiSelect(optional: Record<string, Check>): Check {
  return select({ max_selected_items: integer(1, 10_000), ...optional });
}

/** A static select needs exactly one of options and option_groups. */
function withOptions(check: Check): Check {
  return also(check, (value, place) => {
    if ((value['options'] === undefined) === (value['option_groups'] === undefined)) {
      report(place, 'must provide exactly one of options, option_groups');
    }
  });
}

const choices = {
  options: array(plainOption, { min: 1, max: 100 }),
  option_groups: array(optionGroup, { min: 1, max: 100 }),
};

export const button = element({
  required: { text: plainText(75) },
  optional: { value: string({ max: 2_000 }), url, confirm, ...style, ...label },
});

const workflowButton = element({
  required: {
    text: plainText(75),
    workflow: shape({
      required: {
        trigger: shape({
          required: { url },
          optional: {
            customizable_input_parameters: array(shape({ required: { name: string(), value: string() } })),
          },
        }),
      },
    }),
  },
  optional: { ...style, ...label, confirm },
});

const selects: Record<string, Check> = {
  static_select: withOptions(select({ ...choices, initial_option: plainOption })),
  external_select: select({ initial_option: plainOption, min_query_length: integer(0, 100) }),
  users_select: select({ initial_user: string() }),
  conversations_select: select({
    initial_conversation: string(),
    default_to_current_conversation: boolean,
    filter: conversationFilter,
    response_url_enabled: boolean,
  }),
  channels_select: select({ initial_channel: string(), response_url_enabled: boolean }),
  multi_static_select: withOptions(multiSelect({ ...choices, initial_options: array(plainOption) })),
  multi_external_select: multiSelect({
    initial_options: array(plainOption),
    min_query_length: integer(0, 100),
  }),
  multi_users_select: multiSelect({ initial_users: ids }),
  multi_conversations_select: multiSelect({
    initial_conversations: ids,
    default_to_current_conversation: boolean,
    filter: conversationFilter,
  }),
  multi_channels_select: multiSelect({ initial_channels: ids }),
};

const pickers: Record<string, Check> = {
  checkboxes: element({
    required: { options: array(option, { min: 1, max: 10 }) },
    optional: { initial_options: array(option), confirm, ...focus },
  }),
  radio_buttons: element({
    required: { options: array(option, { min: 1, max: 10 }) },
    optional: { initial_option: option, confirm, ...focus },
  }),
  datepicker: element({ optional: { initial_date: day, confirm, ...focus, ...placeholder } }),
  timepicker: element({
    optional: { initial_time: time, timezone: string(), confirm, ...focus, ...placeholder },
  }),
  datetimepicker: element({ optional: { initial_date_time: integer(0, 9_999_999_999), confirm, ...focus } }),
};

const typed = { ...dispatch, ...focus, ...placeholder };

const richTextInput = element({
  optional: { initial_value: richText, min_lines: integer(1, 100), max_lines: integer(1, 100), ...typed },
});

const inputs: Record<string, Check> = {
  plain_text_input: element({
    optional: {
      initial_value: string({ max: 3_000 }),
      multiline: boolean,
      min_length: integer(0, 3_000),
      max_length: integer(1, 3_000),
      ...typed,
    },
  }),
  email_text_input: element({ optional: { initial_value: string(), ...typed } }),
  url_text_input: element({ optional: { initial_value: string(), ...typed } }),
  number_input: element({
    required: { is_decimal_allowed: boolean },
    optional: { initial_value: string(), min_value: string(), max_value: string(), ...typed },
  }),
  rich_text_input: richTextInput,
  file_input: element({ optional: { filetypes: array(string()), max_files: integer(1, 10) } }),
};

const overflow = element({
  required: { options: array(plainOption, { min: 1, max: 5 }) },
  optional: { confirm },
});

export const imageElement = byType({ image: image({}) });

const inActions = {
  button,
  workflow_button: workflowButton,
  overflow,
  ...selects,
  ...pickers,
};
export const actionsElement = byType({ ...inActions, rich_text_input: richTextInput });
export const accessory = byType({ ...inActions, image: image({}) });
export const inputElement = byType({ ...selects, ...pickers, ...inputs });

const feedback = shape({
  required: { text: plainText(75), value: string({ max: 2_000 }) },
  optional: label,
});
export const contextAction = byType({
  feedback_buttons: element({ required: { positive_button: feedback, negative_button: feedback } }),
  icon_button: element({
    required: { icon: string({ min: 1 }), text: plainText(75) },
    optional: { value: string({ max: 2_000 }), visible_to_user_ids: ids, confirm, ...label },
  }),
});
