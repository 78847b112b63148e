import type { JsonObject } from './json.ts';

export interface MessageMetadata {
  event_type: string;
  event_payload: JsonObject;
}

export interface MessageFile {
  id: string;
  name: string;
  title: string;
  size: number;
  mimetype: string;
}

/** A message as the workspace keeps it, in Slack's own field names plus the channel it stands in. */
export interface SlackMessage {
  type: 'message';
  channel: string;
  ts: string;
  user: string;
  text: string;
  team: string;
  subtype?: string;
  bot_id?: string;
  app_id?: string;
  blocks?: JsonObject[];
  attachments?: JsonObject[];
  metadata?: MessageMetadata;
  thread_ts?: string;
  reply_count?: number;
  reply_users?: string[];
  latest_reply?: string;
  edited?: { user: string; ts: string };
  files?: MessageFile[];
  reactions?: { name: string; users: string[]; count: number }[];
  /** Set on an ephemeral message: the only person who sees it. */
  ephemeral_to?: string;
}

/** True when the message belongs to the channel's main list (a thread's root, or a reply that was also sent to the channel). */
export function isInMainList(message: SlackMessage): boolean {
  return (
    message.thread_ts === undefined ||
    message.thread_ts === message.ts ||
    message.subtype === 'thread_broadcast'
  );
}

/**
 * The message as the Web API shows it to an app. Metadata is shown only on request; files only when told, as what an app
 * without `files:read` sees of them is not documented.
 */
export function toWire(message: SlackMessage, options: { metadata: boolean; files?: boolean }): JsonObject {
  const { channel: _channel, ephemeral_to: _reader, metadata, files, ...rest } = message;
  return {
    ...rest,
    ...(options.files === true && files ? { files } : {}),
    ...(options.metadata && metadata ? { metadata } : {}),
  };
}
