// The markdown block: headings, lists, quotes, fences, and the usual inline marks.
import { type Child, h } from './dom.ts';
import { link } from './inline.ts';

const marks =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|~~([^~\n]+)~~|(?<![\w*])[*_]([^*_\n]+)[*_](?![\w*])|\[([^\]\n]+)\]\(([^)\s]+)\)/gu;

function mark(match: RegExpExecArray): Child {
  const [, code, bold, strike, italic, label, url] = match;
  if (code !== undefined) return h('code', {}, code);
  if (bold !== undefined) return h('strong', {}, ...inline(bold));
  if (strike !== undefined) return h('s', {}, ...inline(strike));
  if (italic !== undefined) return h('em', {}, ...inline(italic));
  return link(url ?? '', label ?? '');
}

function inline(source: string): Child[] {
  const parts: Child[] = [];
  let from = 0;
  for (const match of source.matchAll(marks)) {
    parts.push(source.slice(from, match.index), mark(match));
    from = match.index + match[0].length;
  }
  return [...parts, source.slice(from)];
}

function line(source: string): Child {
  const heading = /^(#{1,6})\s+(.*)$/u.exec(source);
  if (heading) return h(`h${Math.min(6, (heading[1]?.length ?? 1) + 2)}`, {}, ...inline(heading[2] ?? ''));
  const bullet = /^\s*[-*]\s+(.*)$/u.exec(source)?.[1];
  if (bullet !== undefined) return h('div', { class: 'md-item' }, ...inline(bullet));
  const numbered = /^\s*(\d+)\.\s+(.*)$/u.exec(source);
  if (numbered) return h('div', { class: 'md-numbered' }, `${numbered[1]}. `, ...inline(numbered[2] ?? ''));
  const quote = /^>\s?(.*)$/u.exec(source)?.[1];
  if (quote !== undefined) return h('blockquote', {}, ...inline(quote));
  if (/^(-{3,}|\*{3,})$/u.test(source.trim())) return h('hr');
  return source.trim() === '' ? null : h('p', {}, ...inline(source));
}

/** Markdown as elements. Tables and pictures are shown as they are written. */
export function markdown(source: string): Child[] {
  return source.split(/^```.*$/mu).map((part, index) => {
    if (index % 2 === 1) return h('pre', {}, part.replace(/^\n|\n$/gu, ''));
    return part.split('\n').map(line);
  });
}
