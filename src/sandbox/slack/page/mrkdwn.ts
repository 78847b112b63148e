// Slack's own markup as a tree. Pure: knows no document, so that it can be tested anywhere.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; url: string; text: string }
  | { kind: 'user'; id: string; label?: string }
  | { kind: 'channel'; id: string; label?: string }
  | { kind: 'group'; id: string; label?: string }
  | { kind: 'broadcast'; range: string }
  | { kind: 'date'; seconds: number; format: string; url?: string; fallback: string }
  | { kind: 'emoji'; name: string };

export type Piece =
  | { kind: 'line'; children: Inline[] }
  | { kind: 'quote'; lines: Inline[][] }
  | { kind: 'pre'; text: string };

function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const wordBefore = String.raw`(?<![\p{L}\p{N}\\])`;
const wordAfter = String.raw`(?![\p{L}\p{N}])`;

/** Text between two equal marks that cling to it. The mark is given as it stands in a pattern. */
function pair(mark: string): string {
  return `${wordBefore}${mark}(?=[^\\s${mark}])([^${mark}\\n]*?[^\\s${mark}])${mark}${wordAfter}`;
}

/** Groups: 1 angle brackets, 2 code, 3 emoji, 4 bold, 5 italic, 6 strike. */
const markup = new RegExp(
  [
    '<([^<>\\n]+)>',
    '`([^`\\n]+)`',
    `${wordBefore}:([a-z0-9_+'-]{1,60}):${wordAfter}`,
    pair(String.raw`\*`),
    pair('_'),
    pair('~'),
  ].join('|'),
  'giu',
);

function date(body: string, fallback: string): Inline {
  const [seconds = '', format = '', url] = body.split('^');
  return {
    kind: 'date',
    seconds: Number(seconds),
    format,
    fallback: unescapeText(fallback),
    ...(url === undefined ? {} : { url }),
  };
}

function withLabel<Part extends object>(part: Part, label: string): Part & { label?: string } {
  return label === '' ? part : { ...part, label: unescapeText(label) };
}

function special(body: string, label: string): Inline {
  if (body.startsWith('date^')) return date(body.slice(5), label);
  if (body.startsWith('subteam^')) return withLabel({ kind: 'group' as const, id: body.slice(8) }, label);
  return { kind: 'broadcast', range: body };
}

/** What stands between angle brackets: a mention, a date, or a link. */
function bracketed(content: string): Inline {
  const bar = content.indexOf('|');
  const body = bar < 0 ? content : content.slice(0, bar);
  const label = bar < 0 ? '' : content.slice(bar + 1);
  if (body.startsWith('@')) return withLabel({ kind: 'user' as const, id: body.slice(1) }, label);
  if (body.startsWith('#')) return withLabel({ kind: 'channel' as const, id: body.slice(1) }, label);
  if (body.startsWith('!')) return special(body.slice(1), label);
  const url = unescapeText(body);
  // Only these ever become links; anything else is shown as it was written.
  if (!/^(https?:|mailto:)/iu.test(url)) return { kind: 'text', text: `<${unescapeText(content)}>` };
  return { kind: 'link', url, text: unescapeText(label === '' ? body : label) };
}

function fromMatch(groups: readonly (string | undefined)[]): Inline {
  const [, angle, code, emoji, bold, italic, strike] = groups;
  if (angle !== undefined) return bracketed(angle);
  if (code !== undefined) return { kind: 'code', text: unescapeText(code) };
  if (emoji !== undefined) return { kind: 'emoji', name: emoji };
  if (bold !== undefined) return { kind: 'bold', children: parseInline(bold) };
  if (italic !== undefined) return { kind: 'italic', children: parseInline(italic) };
  return { kind: 'strike', children: parseInline(strike ?? '') };
}

/** One line of markup. */
export function parseInline(line: string): Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  for (const match of line.matchAll(markup)) {
    if (match.index > from) parts.push({ kind: 'text', text: unescapeText(line.slice(from, match.index)) });
    parts.push(fromMatch(match));
    from = match.index + match[0].length;
  }
  if (from < line.length) parts.push({ kind: 'text', text: unescapeText(line.slice(from)) });
  return parts;
}

function parseLines(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/u.exec(line)?.[1];
    const last = pieces.at(-1);
    if (quoted === undefined) pieces.push({ kind: 'line', children: parseInline(line) });
    else if (last?.kind === 'quote') last.lines.push(parseInline(quoted));
    else pieces.push({ kind: 'quote', lines: [parseInline(quoted)] });
  }
  return pieces;
}

/** A whole text: lines, quotes and preformatted passages. */
export function parseMrkdwn(text: string): Piece[] {
  const parts = text.split(/```([\s\S]+?)```/u);
  return parts.flatMap((part, index): Piece[] => {
    if (index % 2 === 1) return [{ kind: 'pre', text: unescapeText(part.replace(/^\n|\n$/gu, '')) }];
    const afterFence = index > 0 ? part.replace(/^\n/u, '') : part;
    const beforeFence = index < parts.length - 1 ? afterFence.replace(/\n$/u, '') : afterFence;
    return beforeFence === '' && parts.length > 1 ? [] : parseLines(beforeFence);
  });
}
