import type { Approvers, Person } from '../service/upgrade-service.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import type { SlackClient } from './client.ts';
import type { Clock } from './clock.ts';
import { isUsergroupId, isUserId } from './markup.ts';
import { APPROVERS_SETTING } from './names.ts';
import { createPeople } from './people.ts';
import { SlackRefused } from './slack-error.ts';

/**
 * Who may approve: user ids (U…, W…) and user groups (S…), as configured. The directory is read at the moment of the
 * decision, and whatever cannot be read counts against the person. An answer is used again for `cacheMs` (0 for never):
 * so long a person who was taken out of a group may still approve, and no longer.
 */
export function createApprovers(options: {
  client: Pick<SlackClient, 'self' | 'user' | 'usergroupMembers'>;
  ids: readonly string[];
  cacheMs: number;
  clock: Clock;
}): Approvers {
  const { client, clock, cacheMs } = options;
  const ids = options.ids.filter((id) => isUserId(id) || isUsergroupId(id));
  const groups = ids.filter(isUsergroupId);
  const people = createPeople({ client, clock, cacheMs });
  const cache = new Map<string, { members: string[]; atMs: number }>();

  async function members(group: string): Promise<string[]> {
    const cached = cache.get(group);
    if (cached !== undefined && clock.now() - cached.atMs < cacheMs) return cached.members;
    cache.delete(group);
    const read = await client.usergroupMembers(group);
    cache.set(group, { members: read, atMs: clock.now() });
    return read;
  }

  async function isListed(person: Person): Promise<Outcome<boolean>> {
    if (ids.includes(person.id)) return accept(true);
    let unread: Outcome<boolean> | undefined;
    for (const group of groups) {
      try {
        if ((await members(group)).includes(person.id)) return accept(true);
      } catch (error) {
        unread = refuse('approvers_unreadable', unreadable(error));
      }
    }
    return unread ?? accept(false);
  }

  return {
    configured: () => [...ids],
    async check(person) {
      if (person.via !== 'slack') return refuse('not_an_approver', NOT_LISTED);
      if (ids.length === 0) return refuse('no_approvers', NOBODY);
      const listed = await isListed(person);
      if (!listed.ok) return listed;
      if (!listed.value) return refuse('not_an_approver', NOT_LISTED);
      return people.check(person);
    },
  };
}

const NOBODY = `Nobody may approve yet: no approver is configured. Set ${APPROVERS_SETTING} to user ids (U…) or user group ids (S…) and restart the bot.`;
const NOT_LISTED = `You are not an approver. Ask one of the people named in the request; the list is kept in ${APPROVERS_SETTING}.`;

function unreadable(error: unknown): string {
  const cure =
    error instanceof SlackRefused ? error.message : 'Slack is not answering; try again in a minute.';
  return `I could not read the approver group from Slack, so your decision was not taken. ${cure}`;
}
