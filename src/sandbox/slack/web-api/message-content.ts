// Reads and checks the content of an outgoing message, the same way for every method that takes one.
import { withIds } from '../block-kit/ids.ts';
import { problemText, validateBlocks } from '../block-kit/validate.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';
import { maxAttachments, maxMarkdownTextCharacters, maxMetadataBytes } from '../limits.ts';
import type { MessageMetadata } from '../message.ts';
import type { World } from './call.ts';
import { SlackFailure } from './failure.ts';

export interface MessageContent {
  text: string;
  blocks?: JsonObject[];
  attachments?: JsonObject[];
  /** `clear` when an empty object was given, which removes what was there. */
  metadata?: MessageMetadata | 'clear';
}

function readBlocks(value: unknown, world: World): JsonObject[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (!Array.isArray(value)) throw new SlackFailure('invalid_blocks_format');
  const problems = validateBlocks(value, world.rules);
  if (problems.length > 0) {
    const messages = problems.map(problemText);
    throw new SlackFailure('invalid_blocks', { errors: messages, response_metadata: { messages } });
  }
  return withIds(value, () => world.workspace.ids.secret(5));
}

function readMetadata(value: unknown): MessageMetadata | 'clear' | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (!isObject(value)) throw new SlackFailure('invalid_metadata_format');
  if (Object.keys(value).length === 0) return 'clear';
  const { event_type: type, event_payload: payload } = value;
  if (typeof type !== 'string' || !isObject(payload)) throw new SlackFailure('invalid_metadata_schema');
  if (Buffer.byteLength(JSON.stringify(value)) > maxMetadataBytes)
    throw new SlackFailure('metadata_too_large');
  return { event_type: type, event_payload: payload };
}

function readMarkdown(args: JsonObject): string | undefined {
  const markdown = args['markdown_text'];
  if (typeof markdown !== 'string' || markdown === '') return undefined;
  if (args['text'] || args['blocks']) throw new SlackFailure('markdown_text_conflict');
  if (markdown.length > maxMarkdownTextCharacters) throw new SlackFailure('msg_too_long');
  return markdown;
}

/** Content of a message from the arguments of a call; throws the refusal Slack would send. */
export function readContent(args: JsonObject, world: World): MessageContent {
  const markdown = readMarkdown(args);
  const source = markdown === undefined ? args['blocks'] : [{ type: 'markdown', text: markdown }];
  const blocks = readBlocks(source, world);
  const attachments = objectsOf(args['attachments']);
  if (attachments.length > maxAttachments) throw new SlackFailure('too_many_attachments');
  const metadata = readMetadata(args['metadata']);
  const text = typeof args['text'] === 'string' ? args['text'] : (markdown ?? '');
  return {
    text,
    ...(blocks ? { blocks } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(metadata ? { metadata } : {}),
  };
}

/** True when there would be nothing to see. */
export function isEmpty(content: MessageContent): boolean {
  return content.text === '' && !content.blocks?.length && !content.attachments?.length;
}

/** Content as message fields; a request to clear metadata is left out. */
export function contentFields(content: MessageContent): {
  text: string;
  blocks?: JsonObject[];
  attachments?: JsonObject[];
  metadata?: MessageMetadata;
} {
  const { metadata, ...rest } = content;
  return metadata && metadata !== 'clear' ? { ...rest, metadata } : rest;
}
