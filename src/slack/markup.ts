/** The three characters that Slack gives a meaning to in every text; escaped, a text can mention and link nothing. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text of a person's or the cloud's making for the places where Slack knows only mrkdwn. Slack has no escape for its
 * formatting characters, so an invisible word joiner is put before each that could format: none begins a word any more.
 * An underscore inside a word and a colon that begins no emoji are left alone, so ids and addresses can be copied.
 */
export function neutralMarkup(text: string): string {
  return escapeMarkup(text).replaceAll(FORMATTING, (mark) => `${WORD_JOINER}${mark}`);
}

const FORMATTING = /[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|:(?=[\p{L}\p{N}_+'-]+:)/gu;
const WORD_JOINER = '\u2060';

const USER_ID = /^[UW][A-Z0-9]{2,30}$/u;
const USERGROUP_ID = /^S[A-Z0-9]{2,30}$/u;
const CHANNEL_ID = /^[CDG][A-Z0-9]{2,30}$/u;

export function isUserId(id: string): boolean {
  return USER_ID.test(id);
}

export function isUsergroupId(id: string): boolean {
  return USERGROUP_ID.test(id);
}

export function isChannelId(id: string): boolean {
  return CHANNEL_ID.test(id);
}
