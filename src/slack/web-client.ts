import {
  type ConversationsHistoryResponse,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import { createBoltLogger } from './bolt-logger.ts';
import type { FoundMessage, NewFile, Self, SlackClient, SlackUser } from './client.ts';
import type { SlackLogger } from './logger.ts';
import { SlackRateLimited, SlackRefused, SlackUnavailable } from './slack-error.ts';

/** How long one call may take. */
const callTimeoutMs = 10_000;
/** When a 429 says nothing about when to come back. */
const unstatedRetryAfterMs = 5_000;
/** Reading back after a crash: pages of messages looked through, and messages on each. */
const maxPages = 5;
const pageSize = 200;

export interface SlackClientOptions {
  botToken: string;
  /** Ends in `/api/`. */
  apiUrl: string;
  logger: SlackLogger;
  /** Default 10,000. */
  timeoutMs?: number;
}

/** The client over Slack's own library, with the library's repeating switched off. */
export function createSlackClient(options: SlackClientOptions): SlackClient {
  const web = new WebClient(options.botToken, {
    slackApiUrl: options.apiUrl,
    logger: createBoltLogger(options.logger),
    // A repeated postMessage posts twice when only the answer was lost, so nothing is repeated behind our back.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: options.timeoutMs ?? callTimeoutMs,
  });
  return {
    ...messageCalls(web),
    ...readingCalls(web),
    ...directoryCalls(web),
    shareFile: (file) => shareFile(web, file),
  };
}

function messageCalls(
  web: WebClient,
): Pick<SlackClient, 'postMessage' | 'updateMessage' | 'postEphemeral' | 'openView'> {
  return {
    async postMessage(message) {
      const { channel, text, blocks, metadata } = message;
      const thread =
        message.threadTs === undefined
          ? {}
          : { thread_ts: message.threadTs, reply_broadcast: message.broadcast === true };
      const quiet = { unfurl_links: false, unfurl_media: false };
      const answer = await once('chat.postMessage', () =>
        web.chat.postMessage({ channel, text, blocks, metadata, ...quiet, ...thread }),
      );
      return { channel: known('chat.postMessage', answer.channel), ts: known('chat.postMessage', answer.ts) };
    },
    async updateMessage(ref, { text, blocks }) {
      await once('chat.update', () => web.chat.update({ channel: ref.channel, ts: ref.ts, text, blocks }));
    },
    async postEphemeral({ channel, user, text, blocks, threadTs }) {
      const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
      const shape = blocks === undefined ? {} : { blocks };
      await once('chat.postEphemeral', () =>
        web.chat.postEphemeral({ channel, user, text, ...shape, ...thread }),
      );
    },
    async openView(triggerId, view) {
      await once('views.open', () => web.views.open({ trigger_id: triggerId, view }));
    },
  };
}

async function shareFile(web: WebClient, file: NewFile): Promise<void> {
  const { channel, threadTs, name, text, content } = file;
  const where = { channel_id: channel, thread_ts: threadTs };
  await once('files.uploadV2', () =>
    web.files.uploadV2({ ...where, filename: name, initial_comment: text, content }),
  );
}

function readingCalls(web: WebClient): Pick<SlackClient, 'history' | 'replies' | 'checkChannel'> {
  return {
    history: (channel, { sinceMs }) =>
      readPages('conversations.history', (page) =>
        web.conversations.history({ channel, oldest: seconds(sinceMs), ...page }),
      ),
    replies: ({ channel, ts }, { sinceMs }) =>
      readPages('conversations.replies', (page) =>
        web.conversations.replies({ channel, ts, oldest: seconds(sinceMs), ...page }),
      ),
    async checkChannel(channel) {
      await once('conversations.history', () => web.conversations.history({ channel, limit: 1 }));
    },
  };
}

function directoryCalls(web: WebClient): Pick<SlackClient, 'self' | 'user' | 'usergroupMembers'> {
  let remembered: Self | undefined;
  return {
    async self() {
      if (remembered === undefined) {
        const answer = await once('auth.test', () => web.auth.test());
        remembered = {
          teamId: known('auth.test', answer.team_id),
          botUserId: known('auth.test', answer.user_id),
        };
      }
      return remembered;
    },
    async user(id) {
      const { user } = await once('users.info', () => web.users.info({ user: id }));
      return known('users.info', user === undefined ? undefined : toUser(id, user));
    },
    async usergroupMembers(id) {
      const answer = await once('usergroups.users.list', () => web.usergroups.users.list({ usergroup: id }));
      return known('usergroups.users.list', answer.users);
    },
  };
}

type WireUser = {
  team_id?: string;
  deleted?: boolean;
  is_bot?: boolean;
  is_restricted?: boolean;
  is_ultra_restricted?: boolean;
  is_stranger?: boolean;
};

function toUser(id: string, user: WireUser): SlackUser {
  return {
    id,
    teamId: user.team_id,
    deactivated: user.deleted === true,
    isBot: user.is_bot === true,
    isGuest: user.is_restricted === true || user.is_ultra_restricted === true || user.is_stranger === true,
  };
}

type WireMessages = Pick<ConversationsHistoryResponse, 'messages' | 'response_metadata'>;
type Page = { include_all_metadata: true; limit: number; cursor?: string };

async function readPages(
  method: string,
  call: (page: Page) => Promise<WireMessages>,
): Promise<FoundMessage[]> {
  const found: FoundMessage[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const asked = { include_all_metadata: true as const, limit: pageSize };
    const answer = await once(method, () => call(cursor === undefined ? asked : { ...asked, cursor }));
    for (const message of answer.messages ?? []) {
      if (message.ts !== undefined)
        found.push({
          ts: message.ts,
          user: message.user,
          text: message.text ?? '',
          metadata: metadataOf(message),
        });
    }
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') break;
  }
  return found;
}

function metadataOf(message: {
  metadata?: { event_type?: string; event_payload?: object };
}): FoundMessage['metadata'] {
  const { event_type, event_payload } = message.metadata ?? {};
  if (event_type === undefined || event_payload === undefined) return undefined;
  return { event_type, event_payload: { ...event_payload } };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(6);
}

function known<T>(method: string, value: T | undefined): T {
  if (value === undefined)
    throw new SlackUnavailable(method, 'the answer lacks what was asked for', undefined);
  return value;
}

async function once<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translate(method, error);
  }
}

/** Slack reports its own trouble under these codes with a 200. */
const SLACKS_OWN_TROUBLE = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

function translate(method: string, error: unknown): Error {
  if (error instanceof WebAPIRateLimitedError) return new SlackRateLimited(method, error.retryAfter * 1_000);
  if (error instanceof WebAPIPlatformError) {
    const { error: reason, response_metadata: more } = error.data;
    if (reason === 'ratelimited' || reason === 'rate_limited')
      return new SlackRateLimited(method, (more?.retryAfter ?? unstatedRetryAfterMs / 1_000) * 1_000);
    if (SLACKS_OWN_TROUBLE.has(reason)) return new SlackUnavailable(method, reason, error);
    return new SlackRefused(method, reason, more?.messages ?? []);
  }
  if (error instanceof WebAPIHTTPError)
    return new SlackUnavailable(method, `HTTP ${error.statusCode}`, error);
  if (error instanceof WebAPIRequestError) return new SlackUnavailable(method, error.original.message, error);
  // The library throws a bare Error for a 429 that does not say when to come back, and for an unreadable answer.
  return new SlackUnavailable(method, error instanceof Error ? error.message : 'unknown', error);
}
