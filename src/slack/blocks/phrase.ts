import type { RichTextBlock, RichTextElement, RichTextSection } from '@slack/types';
import { escapeMarkup, isChannelId, isUsergroupId, isUserId, neutralMarkup } from '../markup.ts';
import { maxPhraseChars, maxSectionChars, maxTextChars, truncate } from './limits.ts';

/**
 * A piece of a sentence. A string is shown as it is, whoever wrote it: it goes into a rich-text element, in which Slack
 * interprets nothing. Mentions and times are pieces of their own, so no text can turn into one.
 */
export type Piece =
  | string
  | { bold: string }
  | { code: string }
  | { user: string }
  | { group: string }
  | { channel: string }
  | { atMs: number };

export type Phrase = readonly Piece[];

/** One rich-text block: paragraphs, then optionally a bullet list. */
export function richText(paragraphs: readonly Phrase[], bullets: readonly Phrase[] = []): RichTextBlock {
  const elements: RichTextBlock['elements'] = [];
  if (paragraphs.length > 0) {
    const joined = paragraphs.flatMap((phrase, index) => (index === 0 ? phrase : ['\n', ...phrase]));
    elements.push(section(joined));
  }
  if (bullets.length > 0) {
    elements.push({ type: 'rich_text_list', style: 'bullet', elements: bullets.map(section) });
  }
  return { type: 'rich_text', elements };
}

/** Text that stands by itself and is copied as it is. */
export function preformatted(text: string): RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [words(text)] }] };
}

/**
 * The same words for `text`, which Slack shows in notifications and to screen readers. Text is escaped; mentions and
 * times use Slack's own tokens. At most `max` characters, cut between pieces where a token would be cut.
 */
export function phraseText(phrase: Phrase, max = maxTextChars): string {
  return written(phrase, { words: escapeMarkup, max });
}

/** The same words as mrkdwn, for the places that know nothing better. */
export function phraseMarkup(phrase: Phrase, max = maxSectionChars): string {
  return written(phrase, { words: neutralMarkup, max }) || '–';
}

type Words = (text: string) => string;

function written(phrase: Phrase, { words, max }: { words: Words; max: number }): string {
  let text = '';
  for (const piece of phrase) {
    const next = pieceText(piece, words);
    if (text.length + next.length > max) {
      // A cut token or entity would be shown as rubbish, so only plain words are cut.
      const room = max - text.length;
      return typeof piece === 'string' && room > 1 ? `${text}${cutEscaped(next, room)}` : text;
    }
    text += next;
  }
  return text;
}

function cutEscaped(text: string, room: number): string {
  return truncate(text, room).replace(/&[a-z]{0,4}…$/u, '…');
}

function section(phrase: Phrase): RichTextSection {
  return { type: 'rich_text_section', elements: phrase.filter((piece) => piece !== '').map(element) };
}

function element(piece: Piece): RichTextElement {
  if (typeof piece === 'string') return words(piece);
  if ('bold' in piece) return { ...words(piece.bold), style: { bold: true } };
  if ('code' in piece) return { ...words(piece.code), style: { code: true } };
  if ('user' in piece) {
    return isUserId(piece.user) ? { type: 'user', user_id: piece.user } : words(piece.user);
  }
  if ('group' in piece) {
    return isUsergroupId(piece.group) ? { type: 'usergroup', usergroup_id: piece.group } : words(piece.group);
  }
  if ('channel' in piece) {
    return isChannelId(piece.channel) ? { type: 'channel', channel_id: piece.channel } : words(piece.channel);
  }
  return {
    type: 'date',
    timestamp: Math.floor(piece.atMs / 1_000),
    format: DATE_FORMAT,
    fallback: utc(piece.atMs),
  };
}

function words(text: string): { type: 'text'; text: string } {
  // A line break and a blank are words too; only nothing at all is replaced.
  return { type: 'text', text: text.trim() === '' && text !== '' ? text : truncate(text, maxPhraseChars) };
}

const DATE_FORMAT = '{date_short_pretty} {time}';

function pieceText(piece: Piece, plain: Words): string {
  if (typeof piece === 'string') return plain(piece);
  if ('bold' in piece) return plain(piece.bold);
  if ('code' in piece) return plain(piece.code);
  if ('user' in piece) return isUserId(piece.user) ? `<@${piece.user}>` : plain(piece.user);
  if ('group' in piece) {
    return isUsergroupId(piece.group) ? `<!subteam^${piece.group}>` : plain(piece.group);
  }
  if ('channel' in piece) {
    return isChannelId(piece.channel) ? `<#${piece.channel}>` : plain(piece.channel);
  }
  return dateToken(piece.atMs);
}

/** Slack's date token: each reader sees it in their own time zone; the fallback is in UTC. */
export function dateToken(atMs: number): string {
  return `<!date^${Math.floor(atMs / 1_000)}^${DATE_FORMAT}|${utc(atMs)}>`;
}

function utc(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
