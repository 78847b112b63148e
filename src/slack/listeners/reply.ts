import type { RespondFn } from '@slack/bolt';
import type { Content } from '../blocks/content.ts';
import type { SlackClient } from '../client.ts';
import type { SlackLogger } from '../logger.ts';

/** Where an answer goes: only this person sees it, in this channel and thread. */
export interface Addressee {
  user: string;
  channel: string;
  threadTs?: string | undefined;
}

export interface ReplyDeps {
  client: Pick<SlackClient, 'postEphemeral'>;
  logger: SlackLogger;
}

/** Answers a person so that only they see it. Never throws: there is nobody left to tell. */
export type Reply = (content: Content) => Promise<void>;

/**
 * Answers over the payload's own response address where there is one (it works in channels the bot is not in), else, or
 * when that fails, with an ephemeral message.
 */
export function createReply(deps: ReplyDeps, to: Addressee | undefined, respond?: RespondFn): Reply {
  return async (content) => {
    if (respond !== undefined && (await tryRespond(deps, respond, { content, to }))) return;
    if (to === undefined) return;
    try {
      const thread = to.threadTs === undefined ? {} : { threadTs: to.threadTs };
      await deps.client.postEphemeral({ channel: to.channel, user: to.user, ...content, ...thread });
    } catch (error) {
      deps.logger.error(
        { user: to.user, channel: to.channel, error: messageOf(error) },
        'A person got no answer',
      );
    }
  };
}

async function tryRespond(
  deps: ReplyDeps,
  respond: RespondFn,
  { content, to }: { content: Content; to: Addressee | undefined },
): Promise<boolean> {
  const thread = to?.threadTs === undefined ? {} : { thread_ts: to.threadTs };
  try {
    // Without `replace_original: false` the answer to a click takes the place of the message that was clicked.
    await respond({ ...content, ...thread, response_type: 'ephemeral', replace_original: false });
    return true;
  } catch (error) {
    deps.logger.warn(
      { error: messageOf(error) },
      'The response address did not take an answer; posting it instead',
    );
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
