import { isUsergroupId } from '../markup.ts';
import { APPROVERS_SETTING } from '../names.ts';
import type { Phrase } from './phrase.ts';

/** More are not called in one message. */
const maxMentions = 20;

/** `@anna @approvers: `, so that the rest of the sentence is said to them. */
export function callingApprovers(approvers: readonly string[]): Phrase {
  if (approvers.length === 0)
    return [`Nobody may approve yet: set ${APPROVERS_SETTING} and restart the bot. The question is: `];
  return [...named(approvers), ': '];
}

/** `@anna @approvers`; nothing when nobody is configured. */
export function named(ids: readonly string[]): Phrase {
  return ids
    .slice(0, maxMentions)
    .flatMap((id, index) => [
      ...(index === 0 ? [] : [' ']),
      isUsergroupId(id) ? { group: id } : { user: id },
    ]);
}
