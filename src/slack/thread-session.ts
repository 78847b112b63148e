import type { JournalEvent } from '../upgrade/events.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import type { Content } from './blocks/content.ts';
import type { FoundMessage, MessageRef, SlackClient } from './client.ts';
import type { Clock } from './clock.ts';
import type { SlackLogger } from './logger.ts';
import { METADATA_TYPE } from './names.ts';
import { SlackRateLimited, SlackRefused } from './slack-error.ts';
import type { ThreadRecord, ThreadStore } from './thread-record.ts';

export interface ThreadDeps {
  client: SlackClient;
  store: ThreadStore;
  clock: Clock;
  logger: SlackLogger;
}

/** One publishing of one upgrade: what is to be shown, and what is known to be in Slack already. */
export interface ThreadSession {
  readonly view: UpgradeView;
  readonly journal: readonly JournalEvent[];
  readonly record: ThreadRecord;
  /** Stores a changed record before anything builds on it. */
  save(change: Partial<ThreadRecord>): Promise<void>;
}

export function openSession(
  store: ThreadStore,
  shown: { view: UpgradeView; journal: readonly JournalEvent[]; record: ThreadRecord },
): ThreadSession {
  let record = shown.record;
  return {
    view: shown.view,
    journal: shown.journal,
    get record() {
      return record;
    },
    async save(change) {
      const next = { ...record, ...change };
      await store.write(shown.view.id, next);
      record = next;
    },
  };
}

/** A message that exists once: `key` names it in the record and, as metadata, in Slack. */
export interface OneMessage {
  key: string;
  content: Content;
  broadcast?: boolean;
}

export interface Posted {
  ts: string;
  /** False for a message found from an earlier attempt: it may show an earlier state. */
  isCurrent: boolean;
}

/** How far the clocks of this machine and of Slack may differ when a message is looked for by its time. */
const clockSkewMs = 10 * 60_000;

/**
 * Posts a message that may already be there. The intent is stored first; when it is found stored, an earlier attempt did
 * not live to note its outcome, and Slack is searched for the message before it is posted. Leaves the mark set: whoever
 * notes the timestamp clears it in the same write.
 */
export async function postOnce(
  deps: ThreadDeps,
  session: ThreadSession,
  message: OneMessage,
): Promise<Posted> {
  const { pending } = session.record;
  if (pending?.key === message.key) {
    const found = await findPosted(deps, session, {
      sinceMs: pending.sinceMs,
      isIt: (one) => isOurs(one, session.view.id, message.key),
    });
    if (found !== undefined) return { ts: found.ts, isCurrent: false };
  } else {
    await session.save({ pending: { key: message.key, sinceMs: deps.clock.now() } });
  }
  return { ts: await post(deps, session, message), isCurrent: true };
}

async function post(deps: ThreadDeps, session: ThreadSession, message: OneMessage): Promise<string> {
  const { root, channel } = session.record;
  const thread = root === undefined ? {} : { threadTs: root.ts, broadcast: message.broadcast === true };
  try {
    const ref = await deps.client.postMessage({
      channel,
      ...message.content,
      ...thread,
      metadata: {
        event_type: METADATA_TYPE,
        event_payload: { upgrade_id: session.view.id, kind: message.key },
      },
    });
    return ref.ts;
  } catch (error) {
    // Slack said no before doing anything: there is no doubt left to clear up.
    if (error instanceof SlackRateLimited || error instanceof SlackRefused)
      await session.save({ pending: undefined });
    throw error;
  }
}

/** Looks for a message of the bot's own that an earlier attempt may have posted. */
export async function findPosted(
  deps: ThreadDeps,
  session: ThreadSession,
  sought: { sinceMs: number; isIt(message: FoundMessage): boolean },
): Promise<FoundMessage | undefined> {
  const { channel, root } = session.record;
  const { botUserId } = await deps.client.self();
  const since = { sinceMs: sought.sinceMs - clockSkewMs };
  try {
    const messages =
      root === undefined
        ? await deps.client.history(channel, since)
        : await deps.client.replies({ channel, ts: root.ts }, since);
    return messages.find((message) => message.user === botUserId && sought.isIt(message));
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error;
    // Not being allowed to look must not silence the thread: a doubled message is the smaller harm.
    deps.logger.warn(
      { upgradeId: session.view.id, reason: error.reason },
      'Could not look for a message that may have been posted before a crash; posting it, perhaps a second time',
    );
    return undefined;
  }
}

function isOurs(message: FoundMessage, upgradeId: string, key: string): boolean {
  const { metadata } = message;
  return (
    metadata?.event_type === METADATA_TYPE &&
    metadata.event_payload['upgrade_id'] === upgradeId &&
    metadata.event_payload['kind'] === key
  );
}

/** Where a message of this upgrade is. */
export function refOf(session: ThreadSession, ts: string): MessageRef {
  return { channel: session.record.channel, ts };
}

/** Codes that mean nothing can be shown in this channel until a person changes something. */
const CHANNEL_UNUSABLE = new Set(['channel_not_found', 'not_in_channel', 'is_archived', 'restricted_action']);

export function isChannelUnusable(refused: SlackRefused): boolean {
  return CHANNEL_UNUSABLE.has(refused.reason);
}

/** The refusal as an error for the worker: not to be repeated, with its cure. */
export function hopeless(refused: SlackRefused, channel: string): OperatingError {
  if (!isChannelUnusable(refused)) return refused;
  const message = `The thread in channel ${channel} cannot be written. ${refused.message}`;
  return new OperatingError('SLACK_CHANNEL_UNUSABLE', message, { retryable: false, cause: refused });
}
