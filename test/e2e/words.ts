import type { SlackMessage } from '../../src/sandbox/slack/message.ts';

/** Everything of a message that a person can read, in order, on one line for each piece. */
export function wordsOf(message: SlackMessage): string {
  const lines = [...(message.blocks ?? []).map(readable)];
  // With blocks the text is only the notification.
  return (lines.length === 0 ? message.text : lines.join('\n')).trim();
}

const inlineTypes = new Set(['text', 'user', 'usergroup', 'channel', 'date', 'link', 'emoji']);

function readable(value: unknown): string {
  if (Array.isArray(value)) {
    const inline = value.every((one) => isObject(one) && inlineTypes.has(String(one['type'])));
    return value
      .map(readable)
      .filter(Boolean)
      .join(inline ? '' : '\n');
  }
  if (!isObject(value)) return '';
  switch (value['type']) {
    case 'text':
    case 'plain_text':
    case 'mrkdwn':
      return String(value['text']);
    case 'user':
      return `@${String(value['user_id'])}`;
    case 'usergroup':
      return `@${String(value['usergroup_id'])}`;
    case 'channel':
      return `#${String(value['channel_id'])}`;
    case 'date':
      return String(value['fallback']);
  }
  const parts = ['title', 'text', 'fields', 'elements', 'tasks', 'details', 'output'].map((key) => {
    const part = value[key];
    return typeof part === 'string' ? part : readable(part);
  });
  return parts.filter(Boolean).join('\n');
}

/** The parts of a message that Slack reads as markup: mentions and links in them would work. */
export function markupOf(message: SlackMessage): string {
  const parts: string[] = [message.text];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isObject(value)) return;
    if (value['type'] === 'mrkdwn') parts.push(String(value['text']));
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(message.blocks ?? []);
  return parts.join('\n');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
