import type { ActionsBlockElement, Button, KnownBlock, PlainTextElement } from '@slack/types';
import {
  maxButtonChars,
  maxButtonValueChars,
  maxConfirmLabelChars,
  maxConfirmTextChars,
  maxConfirmTitleChars,
  maxHeaderChars,
  truncate,
} from './limits.ts';
import { type Phrase, phraseText, richText } from './phrase.ts';

/** A message: the blocks, and the text that stands for them in notifications. */
export interface Content {
  text: string;
  blocks: KnownBlock[];
}

/** Text in which Slack interprets nothing, not even emoji names. */
export function plain(text: string, max: number): PlainTextElement {
  return { type: 'plain_text', text: truncate(text, max), emoji: false };
}

export function header(text: string): KnownBlock {
  return { type: 'header', text: plain(text, maxHeaderChars) };
}

/** A message of plain sentences. */
export function sentences(...phrases: Phrase[]): Content {
  return { text: phraseText(phrases.flatMap(spaced)), blocks: [richText(phrases)] };
}

function spaced(phrase: Phrase, index: number): Phrase {
  return index === 0 ? phrase : [' ', ...phrase];
}

export interface ButtonWords {
  actionId: string;
  /** The opaque id that the click sends back. */
  value: string;
  label: string;
  style?: 'primary' | 'danger';
  confirm?: { title: string; text: string; yes: string; no: string };
}

export function button(words: ButtonWords): Button {
  const { confirm } = words;
  return {
    type: 'button',
    action_id: words.actionId,
    value: words.value.slice(0, maxButtonValueChars),
    text: plain(words.label, maxButtonChars),
    ...(words.style === undefined ? {} : { style: words.style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plain(confirm.title, maxConfirmTitleChars),
            text: plain(confirm.text, maxConfirmTextChars),
            confirm: plain(confirm.yes, maxConfirmLabelChars),
            deny: plain(confirm.no, maxConfirmLabelChars),
          },
        }),
  };
}

/** A row of buttons; nothing when there is none, since Slack refuses an empty row. */
export function actions(elements: ActionsBlockElement[]): KnownBlock[] {
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}
