import { type Child, h } from './dom.ts';
import { drawEmoji } from './emoji.ts';
import { broadcast, channelMention, dateElement, groupMention, link, userMention } from './inline.ts';
import { object, objects, text } from './json.ts';
import type { Json } from './protocol.ts';

type Draw = (part: Json) => Child;

const inline: Readonly<Record<string, Draw>> = {
  text: (part) => text(part['text']),
  link: (part) => link(text(part['url']), text(part['text']) || text(part['url'])),
  emoji: (part) => drawEmoji(text(part['name'])),
  user: (part) => userMention(text(part['user_id'])),
  usergroup: (part) => groupMention(text(part['usergroup_id'])),
  channel: (part) => channelMention(text(part['channel_id'])),
  broadcast: (part) => broadcast(text(part['range'])),
  color: (part) => h('code', {}, text(part['value'])),
  date: (part) =>
    dateElement({
      seconds: Number(part['timestamp']),
      format: text(part['format']),
      fallback: text(part['fallback']),
    }),
};

const styles = [
  ['code', 'code'],
  ['bold', 'strong'],
  ['italic', 'em'],
  ['strike', 's'],
  ['underline', 'u'],
] as const;

function styled(part: Json): Child {
  let node: Child = inline[text(part['type'])]?.(part) ?? '';
  const style = object(part['style']);
  for (const [name, tag] of styles) if (style[name] === true) node = h(tag, {}, node);
  return node;
}

function parts(holder: Json): Child[] {
  return objects(holder['elements']).map(styled);
}

function list(holder: Json): HTMLElement {
  const items = objects(holder['elements']).map((item) => h('li', {}, ...parts(item)));
  const indent = Math.min(Number(holder['indent'] ?? 0) || 0, 8);
  return h(holder['style'] === 'ordered' ? 'ol' : 'ul', { class: `indent-${indent}` }, ...items);
}

function section(holder: Json): Child {
  switch (holder['type']) {
    case 'rich_text_list':
      return list(holder);
    case 'rich_text_quote':
      return h('blockquote', {}, ...parts(holder));
    case 'rich_text_preformatted':
      return h('pre', {}, ...parts(holder));
    default:
      return h('div', { class: 'rich-section' }, ...parts(holder));
  }
}

/** A rich_text block as elements. */
export function richText(block: unknown): Child[] {
  return objects(object(block)['elements']).map(section);
}
