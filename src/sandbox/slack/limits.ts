// Every limit of the fake Slack, with its unit. The figures are the ones Slack documents; tests may shorten the times.

export interface SlackLimits {
  /** An app must acknowledge a command, click or submission within this time. */
  ackDeadlineMs: number;
  /** A trigger_id opens one view within this time. */
  triggerLifeMs: number;
  responseUrlLifeMs: number;
  responseUrlUses: number;
  /** Pauses before the second, third and fourth delivery of an event that was not taken. */
  eventRetryDelaysMs: readonly number[];
  /** A websocket address from apps.connections.open can be used once, within this time. */
  socketTicketLifeMs: number;
  maxSocketConnections: number;
  maxBodyBytes: number;
  /** A larger file is refused. Slack's own limit is far above; this is what the sandbox holds in memory. */
  maxFileBytes: number;
  /** An address to upload to. Slack does not say how long one is good for. */
  uploadUrlLifeMs: number;
}

export const defaultLimits: SlackLimits = {
  ackDeadlineMs: 3_000,
  triggerLifeMs: 3_000,
  responseUrlLifeMs: 30 * 60_000,
  responseUrlUses: 5,
  eventRetryDelaysMs: [0, 60_000, 300_000],
  socketTicketLifeMs: 30_000,
  maxSocketConnections: 10,
  maxBodyBytes: 8 * 1024 * 1024,
  maxFileBytes: 4 * 1024 * 1024,
  uploadUrlLifeMs: 10 * 60_000,
};

/** chat.postMessage cuts a longer text and says `message_truncated`. */
export const maxPostedTextCharacters = 40_000;
/** chat.update refuses a longer text with `msg_too_long`. */
export const maxUpdatedTextCharacters = 4_000;
export const maxMarkdownTextCharacters = 12_000;
export const maxMessageBlocks = 50;
export const maxViewBlocks = 100;
export const maxAttachments = 100;
export const maxMetadataBytes = 8_000;
export const maxViewBytes = 250_000;
export const maxViewStack = 3;
/** A file uploaded with a `snippet_type`; longer ones are refused with `snippet_too_large`. */
export const maxSnippetBytes = 1_000_000;
export const maxAltTextCharacters = 1_000;
/** `channels_limit_exceeded` above. */
export const maxSharedChannels = 100;
