import type { JournalEvent } from '../upgrade/events.ts';
import { describeFinding } from '../upgrade/finding.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import type { Phrase } from './blocks/phrase.ts';
import { calledOffBecause, whatToSay } from './blocks/standing.ts';
import { leadingActor, sentence } from './blocks/words.ts';
import { NO_REASON } from './names.ts';

type Of<T extends JournalEvent['type']> = Extract<JournalEvent, { type: T }>;

/** The comparison found something that people have to decide about. */
export function differencesFound(event: Of<'differences_found'>, view: UpgradeView): Phrase {
  return [
    { bold: 'The data differs. A person has to say what is to be done.' },
    ` ${describeFinding(event.finding)} Clients notice nothing and stay with ${view.source}. `,
    ...whatToSay(view, event.expiresAtMs),
  ];
}

export function verificationRequested(event: Of<'verification_requested'>): Phrase {
  return [
    leadingActor(event.actor),
    ' asked for everything to be compared again. An approval that was asked for or given counts no more. Next: when both sides are equal, an approver is asked anew.',
  ];
}

export function repairRequested(event: Of<'repair_requested'>, view: UpgradeView): Phrase {
  if (event.automatic)
    return [
      `${describeFinding(event.finding)} All of them expire and were renewed on ${view.source} while the copy was made, so the copy could not bring them. I copy them again from ${view.source}; that only adds what is missing. Next: everything is compared afresh.`,
    ];
  return [
    leadingActor(event.actor),
    ` asked for a repair: ${view.target} is to be made equal to ${view.source}. Next: an approver decides; until then nothing changes.`,
  ];
}

/** What was decided about a repair; undefined for everything else. */
export function repairDecision(event: JournalEvent): Phrase | undefined {
  switch (event.type) {
    case 'approval_given':
      return [
        leadingActor(event.actor),
        ' approved the repair. Next: what differs is copied again, then everything is compared afresh.',
      ];
    case 'approval_rejected':
      return [leadingActor(event.actor), ` rejected the repair: ${sentence(event.reason)} ${DROPPED}`];
    case 'approval_expired':
      return [`Nobody decided about the repair in time, which counts as a rejection. ${DROPPED}`];
    default:
      return undefined;
  }
}

const DROPPED = 'Next: it is dropped, and the upgrade stands where it stood.';

/** `said` is the step's own summary. */
export function repairDone(view: UpgradeView, said: string): string {
  return `${view.target} is repaired. ${said} Next: everything is compared afresh, and only two equal sides lead to an approval.`;
}

/** What a failure of one of its steps means. */
export function repairFailed(what: string, view: UpgradeView): Phrase {
  return [
    `${what} Next: the repair is called off, and ${view.target} takes writes from nobody but the copy again.`,
  ];
}

export function repairCalledOff(view: UpgradeView): Phrase {
  const { repairCalledOff: off, goingBack, differences } = view;
  const why =
    off === undefined
      ? ''
      : ` ${off.code === 'aborted' && off.message === NO_REASON ? 'A person aborted the upgrade.' : calledOffBecause(off)}`;
  if (goingBack !== undefined) return [`The repair is called off.${why} Next: the upgrade is undone.`];
  if (differences === undefined) return [`The repair is called off.${why} The upgrade goes on.`];
  return [
    `The repair is called off.${why} The data still differs. `,
    ...whatToSay(view, differences.expiresAtMs),
  ];
}
