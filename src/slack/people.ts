import type { Person } from '../service/upgrade-service.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import type { SlackClient, SlackUser } from './client.ts';
import type { Clock } from './clock.ts';
import { SlackRefused } from './slack-error.ts';

/** Tells members of the workspace from everybody else. */
export interface People {
  /** Refuses guests, bots, deactivated users and other workspaces; refuses too when that cannot be found out. */
  check(person: Person): Promise<Outcome<true>>;
}

/**
 * Reads the person from Slack's directory; an answer is used again for `cacheMs`, 0 for never. The team is taken from
 * the payload and from the directory, and both must be the bot's own: in a shared channel they differ.
 */
export function createPeople(options: {
  client: Pick<SlackClient, 'self' | 'user'>;
  clock: Clock;
  cacheMs: number;
}): People {
  const { client, clock, cacheMs } = options;
  const cache = new Map<string, { user: SlackUser; atMs: number }>();

  async function read(id: string): Promise<SlackUser> {
    const cached = cache.get(id);
    if (cached !== undefined && clock.now() - cached.atMs < cacheMs) return cached.user;
    cache.delete(id);
    const user = await client.user(id);
    if (cache.size >= maxCachedPeople) cache.clear();
    cache.set(id, { user, atMs: clock.now() });
    return user;
  }

  return {
    async check(person) {
      try {
        const [self, user] = await Promise.all([client.self(), read(person.id)]);
        return judge(user, person, self.teamId);
      } catch (error) {
        return refuse('person_unreadable', unreadable(error));
      }
    },
  };
}

const maxCachedPeople = 1_000;

function judge(user: SlackUser, person: Person, homeTeam: string): Outcome<true> {
  // The payload is signed by Slack; the directory may leave the team out, but must not name another one.
  if (person.teamId !== homeTeam || (user.teamId !== undefined && user.teamId !== homeTeam))
    return refuse('foreign_team', 'You are not a member of this workspace, so I may not take this from you.');
  if (user.isBot) return refuse('bot', 'Only people can ask for this, not apps.');
  if (user.deactivated) return refuse('deactivated', 'This Slack account is deactivated.');
  if (user.isGuest) return refuse('guest', 'Guests cannot do this. Ask a full member of the workspace.');
  return accept(true);
}

function unreadable(error: unknown): string {
  const cure =
    error instanceof SlackRefused ? error.message : 'Slack is not answering; try again in a minute.';
  return `I could not check with Slack who you are, so nothing was done. ${cure}`;
}
