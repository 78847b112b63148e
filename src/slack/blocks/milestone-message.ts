import type { Actor } from '../../upgrade/events.ts';
import type { Milestone } from '../milestones.ts';
import type { Content } from './content.ts';
import { named } from './mentions.ts';
import { type Phrase, phraseMarkup, phraseText, preformatted, richText } from './phrase.ts';
import { actor } from './words.ts';

export interface Callable {
  approvers: readonly string[];
  requester: Actor;
}

/** A milestone as it is posted. Mentions are in mrkdwn, since only there one is known to notify. */
export function milestoneMessage(said: Milestone, people: Callable): Content {
  const called = calledBy(said, people);
  const text: Phrase = [
    ...called,
    ...(called.length > 0 ? [': '] : []),
    ...said.words,
    ...(said.copy === undefined ? [] : [` ${said.copy}`]),
  ];
  return {
    text: phraseText(text),
    blocks: [
      ...(called.length === 0
        ? []
        : [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: phraseMarkup(called) } }]),
      richText([said.words]),
      ...(said.copy === undefined ? [] : [preformatted(said.copy)]),
    ],
  };
}

function calledBy({ calls }: Milestone, { approvers, requester }: Callable): Phrase {
  if (calls === 'approvers') return named(approvers);
  return calls === 'requester' ? [actor(requester)] : [];
}
