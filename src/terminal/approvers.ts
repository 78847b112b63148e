import type { Approvers } from '../service/upgrade-service.ts';
import { accept, refuse } from '../upgrade/refusal.ts';

const SETTING = 'REDIS_UPGRADE_APPROVERS';

/**
 * Who may approve at the terminal. There is no Slack to ask who somebody is: what is trusted is the account of the machine,
 * which can read the bot's secrets, and the journal names it. A user group cannot be read, so only people listed by
 * themselves count.
 */
export function createTerminalApprovers(ids: readonly string[]): Approvers {
  return {
    configured: () => [...ids],
    async check(person) {
      if (person.via === 'terminal' && ids.includes(person.id)) return accept(true);
      if (ids.length === 0)
        return refuse(
          'no_approvers',
          `Nobody may approve: ${SETTING} is empty. Put the approver's Slack user id into it and type the command again.`,
        );
      const groups = ids.filter((id) => id.startsWith('S'));
      const unread =
        groups.length === 0
          ? ''
          : ` The user group${groups.length === 1 ? '' : 's'} in it (${groups.join(', ')}) cannot be read while Slack is down.`;
      return refuse(
        'not_an_approver',
        `${person.id} is not listed by itself in ${SETTING}.${unread} Let somebody decide who is listed; or, if ${person.id} is an approver by your rules, add the id to ${SETTING} of this terminal and type the command again.`,
      );
    },
  };
}
