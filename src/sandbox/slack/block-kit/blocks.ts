// The block types of @slack/types 3.2 with the counts and lengths Slack states for them.
import {
  also,
  array,
  boolean,
  byType,
  type Check,
  integer,
  number,
  oneOf,
  report,
  type Shape,
  shape,
  string,
  url,
} from './checks.ts';
import { accessory, actionsElement, button, contextAction, imageElement, inputElement } from './elements.ts';
import { anyText, image, mrkdwn, plainText } from './objects.ts';
import { blockId, richText, richTextParts } from './rich-text.ts';

function block({ required = {}, optional = {} }: Shape): Check {
  return shape({ required, optional: { ...blockId, ...optional } });
}

const section = also(
  block({
    optional: {
      text: anyText(3_000),
      fields: array(anyText(2_000), { min: 1, max: 10 }),
      accessory,
      expand: boolean,
    },
  }),
  (value, place) => {
    if (value['text'] === undefined && value['fields'] === undefined)
      report(place, 'missing required field: text');
  },
);

const contextElement = byType({
  image: image({}),
  plain_text: shape({ required: { text: string({ min: 1, max: 3_000 }) }, optional: { emoji: boolean } }),
  mrkdwn: shape({ required: { text: string({ min: 1, max: 3_000 }) }, optional: { verbatim: boolean } }),
});

const cell = byType({
  raw_text: shape({ required: { text: string() } }),
  raw_number: shape({ required: { value: number, text: string() } }),
  rich_text: shape({ required: { elements: array(richTextParts) }, optional: blockId }),
});

const table = block({
  required: { rows: array(array(cell, { min: 1, max: 20 }), { min: 1, max: 100 }) },
  optional: {
    column_settings: array(
      shape({ optional: { align: oneOf('left', 'center', 'right'), is_wrapped: boolean } }),
      { max: 20 },
    ),
  },
});

const dataTable = block({
  required: {
    rows: array(array(cell, { min: 1, max: 20 }), { min: 2, max: 101 }),
    caption: string({ min: 1 }),
  },
  optional: { page_size: integer(1, 100), row_header_column_index: integer(0, 19) },
});

const taskCard = block({
  required: {
    task_id: string({ min: 1 }),
    title: string({ min: 1 }),
    status: oneOf('pending', 'in_progress', 'complete', 'error'),
  },
  optional: {
    details: richText,
    output: richText,
    sources: array(byType({ url: shape({ required: { url, text: string({ min: 1 }) } }) })),
  },
});

const plan = also(
  block({
    required: { title: string({ min: 1 }) },
    optional: { tasks: array(byType({ task_card: taskCard })) },
  }),
  (value, place) => {
    const ids = (Array.isArray(value['tasks']) ? value['tasks'] : []).map(
      (task: { task_id?: unknown }) => task?.task_id,
    );
    if (new Set(ids).size !== ids.length) report(place, 'task_id must be unique within a plan');
  },
);

const card = also(
  block({
    optional: {
      hero_image: imageElement,
      icon: imageElement,
      title: mrkdwn(150),
      subtitle: mrkdwn(150),
      body: mrkdwn(200),
      actions: array(byType({ button }), { max: 5 }),
    },
  }),
  (value, place) => {
    const shown = ['hero_image', 'title', 'body', 'actions'].some((key) => value[key] !== undefined);
    if (!shown) report(place, 'must provide at least one of hero_image, title, body, actions');
  },
);

const simple: Record<string, Check> = {
  actions: block({ required: { elements: array(actionsElement, { min: 1, max: 25 }) } }),
  context: block({ required: { elements: array(contextElement, { min: 1, max: 10 }) } }),
  divider: block({}),
  header: block({ required: { text: plainText(150) } }),
  image: image({ title: plainText(2_000), ...blockId }),
  input: block({
    required: { label: plainText(2_000), element: inputElement },
    optional: { hint: plainText(2_000), optional: boolean, dispatch_action: boolean },
  }),
  rich_text: block({ required: { elements: array(richTextParts) } }),
  section,
  table,
  file: block({ required: { source: oneOf('remote'), external_id: string({ min: 1 }) } }),
  video: block({
    required: { video_url: url, thumbnail_url: url, alt_text: string(), title: plainText(199) },
    optional: {
      title_url: url,
      author_name: string({ max: 49 }),
      provider_name: string(),
      provider_icon_url: url,
      description: plainText(199),
    },
  }),
};

const container = block({
  required: { child_blocks: array(byType(simple), { min: 1, max: 10 }) },
  optional: {
    title: plainText(150),
    rich_text_title: richText,
    subtitle: anyText(150),
    width: oneOf('narrow', 'standard', 'wide', 'full'),
    icon: imageElement,
    is_collapsible: boolean,
    default_collapsed: boolean,
    has_header_divider: boolean,
  },
});

/** Every block type and its shape. */
export const blockShapes: Readonly<Record<string, Check>> = {
  ...simple,
  alert: block({
    required: { text: anyText(3_000) },
    optional: { level: oneOf('default', 'info', 'warning', 'error', 'success') },
  }),
  card,
  carousel: block({ required: { elements: array(byType({ card }), { min: 1, max: 10 }) } }),
  container,
  context_actions: block({ required: { elements: array(contextAction, { min: 1, max: 5 }) } }),
  data_table: dataTable,
  markdown: block({ required: { text: string({ min: 1, max: 12_000 }) } }),
  plan,
  task_card: taskCard,
};
