import type { KnownBlock, ModalView } from '@slack/types';

/** Who the bot is, as Slack says. */
export interface Self {
  teamId: string;
  botUserId: string;
}

export interface MessageRef {
  channel: string;
  ts: string;
}

interface Metadata {
  event_type: string;
  event_payload: Record<string, string | number>;
}

export interface NewMessage {
  channel: string;
  /** Always set: notifications and screen readers use it. Escaped by the caller. */
  text: string;
  blocks: KnownBlock[];
  threadTs?: string;
  /** Shows a thread reply in the channel too. */
  broadcast?: boolean;
  metadata: Metadata;
}

/** A text file for a thread. */
export interface NewFile {
  channel: string;
  threadTs: string;
  /** With its extension, by which Slack knows how to show it. */
  name: string;
  /** Said above the file. Escaped by the caller. A file carries no metadata: by this it is found again. */
  text: string;
  /** Not empty: Slack refuses an empty file. */
  content: string;
}

export interface FoundMessage {
  ts: string;
  user: string | undefined;
  text: string;
  metadata: { event_type: string; event_payload: Record<string, unknown> } | undefined;
}

export interface SlackUser {
  id: string;
  teamId: string | undefined;
  deactivated: boolean;
  isBot: boolean;
  isGuest: boolean;
}

/**
 * The Slack Web API calls this product makes, and no others. Each is made once: repeating is the caller's, who knows
 * whether it may. Errors: SlackRateLimited (no effect), SlackRefused (no effect), SlackUnavailable (unknown effect).
 */
export interface SlackClient {
  /** Asked once, then remembered. */
  self(): Promise<Self>;
  postMessage(message: NewMessage): Promise<MessageRef>;
  /** Uploads a file and shows it in a thread: three calls, of which only the last has an effect that people see. */
  shareFile(file: NewFile): Promise<void>;
  updateMessage(ref: MessageRef, content: { text: string; blocks: KnownBlock[] }): Promise<void>;
  postEphemeral(message: {
    channel: string;
    user: string;
    text: string;
    blocks?: KnownBlock[];
    threadTs?: string;
  }): Promise<void>;
  openView(triggerId: string, view: ModalView): Promise<void>;
  /** The newest messages of a channel since a time, with metadata, at most a few pages. */
  history(channel: string, options: { sinceMs: number }): Promise<FoundMessage[]>;
  /** The messages of a thread since a time, with metadata, at most a few pages. */
  replies(root: MessageRef, options: { sinceMs: number }): Promise<FoundMessage[]>;
  /** Resolves when the bot can read the channel, which it needs to recover its own messages. */
  checkChannel(channel: string): Promise<void>;
  user(id: string): Promise<SlackUser>;
  usergroupMembers(id: string): Promise<string[]>;
}
