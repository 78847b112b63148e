// Markup trees and rich text as elements.
import { formatDate } from './dates.ts';
import { type Child, h } from './dom.ts';
import { drawEmoji } from './emoji.ts';
import { type Inline, type Piece, parseMrkdwn } from './mrkdwn.ts';
import { personOf, screen } from './store.ts';

export function userMention(id: string): HTMLElement {
  const isMe = id === screen.snapshot.me;
  return h('span', { class: isMe ? 'mention me' : 'mention' }, `@${personOf(id).realName}`);
}

export function groupMention(id: string, label?: string): HTMLElement {
  const group = screen.snapshot.groups[id];
  const isMine = group?.users.includes(screen.snapshot.me) ?? false;
  const name = group ? `@${group.handle}` : (label ?? `@${id}`);
  return h('span', { class: isMine ? 'mention me' : 'mention' }, name);
}

export function channelMention(id: string, label?: string): HTMLElement {
  const channel = screen.snapshot.channels.find((candidate) => candidate.id === id);
  const name = `#${channel?.name ?? label ?? id}`;
  if (!channel) return h('span', { class: 'mention' }, name);
  return h(
    'button',
    { type: 'button', class: 'mention link', 'data-do': 'channel', 'data-channel': id },
    name,
  );
}

export function link(url: string, text: string): HTMLElement {
  const isSafe = /^(https?:|mailto:)/iu.test(url);
  if (!isSafe) return h('span', {}, text);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text);
}

export function dateElement(part: {
  seconds: number;
  format: string;
  fallback: string;
  url?: string;
}): HTMLElement {
  const text = formatDate(part, new Date());
  const title = new Date(part.seconds * 1_000).toLocaleString('en');
  const element = h('time', { class: 'date', title }, text);
  return part.url === undefined ? element : link(part.url, text);
}

export function broadcast(range: string): HTMLElement {
  return h('span', { class: 'mention me' }, `@${range}`);
}

const tags = { bold: 'strong', italic: 'em', strike: 's' } as const;

function inlineNode(part: Inline): Child {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'bold':
    case 'italic':
    case 'strike':
      return h(tags[part.kind], {}, ...part.children.map(inlineNode));
    case 'code':
      return h('code', {}, part.text);
    case 'link':
      return link(part.url, part.text);
    case 'user':
      return userMention(part.id);
    case 'channel':
      return channelMention(part.id, part.label);
    case 'group':
      return groupMention(part.id, part.label);
    case 'broadcast':
      return broadcast(part.range);
    case 'date':
      return dateElement(part);
    case 'emoji':
      return drawEmoji(part.name);
  }
}

function pieceNode(piece: Piece, isLast: boolean): Child {
  if (piece.kind === 'pre') return h('pre', {}, piece.text);
  if (piece.kind === 'quote') {
    return h('blockquote', {}, ...piece.lines.map((line) => h('div', {}, ...line.map(inlineNode))));
  }
  return [...piece.children.map(inlineNode), isLast ? null : h('br')];
}

/** Slack markup as elements. */
export function mrkdwn(text: string): Child[] {
  const pieces = parseMrkdwn(text);
  return pieces.map((piece, index) =>
    pieceNode(piece, index === pieces.length - 1 || pieces[index + 1]?.kind !== 'line'),
  );
}

/** Plain text in which only emoji shortcodes mean something. */
export function plainText(text: string): string {
  return text.replaceAll(/:([a-z0-9_+'-]{1,60}):/giu, (_whole, name: string) => drawEmoji(name));
}
