/** Block Kit's limits as Slack documents them, in characters unless the name says otherwise. */
export const maxMessageBlocks = 50;
export const maxHeaderChars = 150;
export const maxSectionChars = 3_000;
export const maxFieldChars = 2_000;
export const maxButtonChars = 75;
export const maxButtonValueChars = 2_000;
export const maxConfirmTitleChars = 100;
export const maxConfirmTextChars = 300;
export const maxConfirmLabelChars = 30;
export const maxModalTitleChars = 24;
export const maxOptionChars = 75;
export const maxPrivateMetadataChars = 3_000;
/** `chat.update` refuses a longer text; `chat.postMessage` would take ten times this. */
export const maxTextChars = 4_000;

/** Our own: Slack states no limit for these, and more would not be read. */
export const maxTaskTitleChars = 150;
export const maxTaskDetailChars = 600;
export const maxPhraseChars = 2_500;
export const maxReasonChars = 500;

const ELLIPSIS = '…';
/** Slack refuses empty texts. */
const NOTHING = '–';

/**
 * Cuts to at most `max` UTF-16 units with an ellipsis, never inside a surrogate pair. An empty or blank text becomes a
 * dash, since Slack refuses a message for one empty text.
 */
export function truncate(text: string, max: number): string {
  const visible = text.trim() === '' ? NOTHING : text;
  if (visible.length <= max) return visible;
  const cut = visible.slice(0, max - ELLIPSIS.length);
  return `${/[\uD800-\uDBFF]$/u.test(cut) ? cut.slice(0, -1) : cut}${ELLIPSIS}`;
}
