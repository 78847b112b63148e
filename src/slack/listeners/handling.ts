import type { Person, UpgradeService } from '../../service/upgrade-service.ts';
import type { Outcome } from '../../upgrade/refusal.ts';
import { type Content, sentences } from '../blocks/content.ts';
import type { Phrase } from '../blocks/phrase.ts';
import type { SlackClient } from '../client.ts';
import type { SlackLogger } from '../logger.ts';
import type { People } from '../people.ts';

/** What the handlers need. They know nothing of Bolt, so a test calls them directly. */
export interface Handling {
  service: UpgradeService;
  people: People;
  client: Pick<SlackClient, 'openView' | 'checkChannel'>;
  /** Approvers as configured, for words only; the service decides. */
  approvers: readonly string[];
  /** Channel of every thread; unset: the channel of the command. */
  defaultChannel: string | undefined;
  logger: SlackLogger;
}

/** Asks the service on behalf of a member of the workspace, renders what it says, and logs who asked for what. */
export async function serve<T>(
  deps: Handling,
  person: Person,
  request: { what: string; call(): Promise<Outcome<T>>; render(value: T): Content },
): Promise<Content> {
  const member = await deps.people.check(person);
  const outcome = member.ok ? await request.call() : member;
  const result = outcome.ok ? 'accepted' : outcome.refusal.code;
  deps.logger.info({ what: request.what, user: person.id, team: person.teamId, result }, 'Asked in Slack');
  return outcome.ok ? request.render(outcome.value) : sentences(namingPeople(outcome.refusal.message));
}

const USER_ID = /\b([UW][A-Z0-9]{8,})\b/u;

/**
 * The service knows no Slack and names people by their ids; here each becomes the person's name. Only whoever asked sees
 * the answer, so it calls nobody.
 */
function namingPeople(message: string): Phrase {
  // With a group in the pattern, every second part is an id.
  return message.split(USER_ID).map((part, index) => (index % 2 === 1 ? { user: part } : part));
}
