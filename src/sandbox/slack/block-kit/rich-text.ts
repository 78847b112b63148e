import { array, boolean, byType, type Check, integer, number, oneOf, shape, string, url } from './checks.ts';

const style = shape({
  optional: {
    bold: boolean,
    italic: boolean,
    strike: boolean,
    code: boolean,
    underline: boolean,
    highlight: boolean,
    client_highlight: boolean,
    unlink: boolean,
  },
});
const styled = { style };

const text = shape({ required: { text: string({ min: 1 }) }, optional: styled });
const link = shape({
  required: { url: string({ min: 1, max: 3_000 }) },
  optional: { text: string(), unsafe: boolean, ...styled },
});

const inline: Check = byType({
  text,
  link,
  emoji: shape({ required: { name: string({ min: 1 }) }, optional: { unicode: string(), url, ...styled } }),
  user: shape({ required: { user_id: string({ min: 1 }) }, optional: styled }),
  usergroup: shape({ required: { usergroup_id: string({ min: 1 }) }, optional: styled }),
  channel: shape({ required: { channel_id: string({ min: 1 }) }, optional: styled }),
  team: shape({ required: { team_id: string({ min: 1 }) }, optional: styled }),
  broadcast: shape({ required: { range: oneOf('here', 'channel', 'everyone') }, optional: styled }),
  color: shape({ required: { value: string({ min: 1 }) }, optional: styled }),
  date: shape({
    required: { timestamp: number, format: string({ min: 1 }) },
    optional: { url, fallback: string(), ...styled },
  }),
});

const border = { border: integer(0, 1) };
const section = shape({ required: { elements: array(inline) } });
const listItems = array(byType({ rich_text_section: section }));

export const richTextParts: Check = byType({
  rich_text_section: section,
  rich_text_list: shape({
    required: { elements: listItems, style: oneOf('bullet', 'ordered') },
    optional: { indent: integer(0, 8), offset: integer(0, 10_000), ...border },
  }),
  rich_text_quote: shape({ required: { elements: array(inline) }, optional: border }),
  rich_text_preformatted: shape({
    required: { elements: array(byType({ text, link })) },
    optional: { ...border, language: string() },
  }),
});

export const blockId = { block_id: string({ max: 255 }) };

export const richText: Check = byType({
  rich_text: shape({ required: { elements: array(richTextParts) }, optional: blockId }),
});
