import { randomUUID } from 'node:crypto';
import { OperatingError } from '../../upgrade/operating-error.ts';
import { type Content, sentences } from '../blocks/content.ts';
import type { SlackLogger } from '../logger.ts';
import type { InFlight } from './in-flight.ts';
import type { Reply } from './reply.ts';

export interface BoundaryDeps {
  inFlight: InFlight;
  logger: SlackLogger;
}

export interface Guarded {
  /** For the log. */
  what: string;
  ack: () => Promise<void>;
  reply: Reply;
  /** Runs after the acknowledgement; what it answers is shown to the person. */
  work: () => Promise<Content | undefined>;
}

/**
 * Every listener runs in here. It acknowledges before anything else, so that nothing can make Slack say "operation timed
 * out", and whatever fails afterwards is logged and told to the person; nothing is swallowed.
 */
export function guard(deps: BoundaryDeps, { what, ack, reply, work }: Guarded): Promise<void> {
  return deps.inFlight.run(async () => {
    await ack();
    try {
      const content = await work();
      if (content !== undefined) await reply(content);
    } catch (error) {
      await reply(apology(deps.logger, what, error));
    }
  });
}

function apology(logger: SlackLogger, what: string, error: unknown): Content {
  if (error instanceof OperatingError) {
    logger.warn({ what, code: error.code, error: error.message }, 'A request could not be served');
    const next = error.retryable
      ? 'Try again in a minute; asking twice does no harm.'
      : 'Trying again will not help before that is repaired.';
    return sentences([`That did not work now. ${error.message} ${next}`]);
  }
  const reference = randomUUID().slice(0, 8);
  const stack = error instanceof Error ? error.stack : String(error);
  logger.error({ what, reference, stack }, 'A listener failed');
  // The message of an unforeseen error may hold anything, so people get a reference instead.
  return sentences([
    'Something went wrong inside the bot. Its log has the details under the reference ',
    { code: reference },
    '; please pass it on to whoever runs the bot.',
  ]);
}
