import type { Person } from '../../service/upgrade-service.ts';
import { type Content, sentences } from '../blocks/content.ts';
import { rejectionModal } from '../blocks/rejection-modal.ts';
import { SlackRefused } from '../slack-error.ts';
import { type Handling, serve } from './handling.ts';
import type { RejectionState } from './payloads.ts';

export function handleApprove(deps: Handling, person: Person, approvalId: string): Promise<Content> {
  return serve(deps, person, {
    what: 'approve',
    call: () => deps.service.decide(person, { approvalId, verdict: 'approve' }),
    render: () =>
      sentences([
        'Your approval is recorded. The cutover begins as soon as the last checks pass; follow it in the thread.',
      ]),
  });
}

/**
 * Asks for the reason. Who may reject is decided when it comes back: a trigger is good for three seconds, too few to
 * ask anybody anything first.
 */
export async function handleRejectClick(
  deps: Handling,
  triggerId: string,
  state: RejectionState,
): Promise<Content | undefined> {
  try {
    await deps.client.openView(triggerId, rejectionModal(JSON.stringify(state)));
    return undefined;
  } catch (error) {
    if (!(error instanceof SlackRefused) || !TOO_LATE.has(error.reason)) throw error;
    return sentences([
      'Slack gave me too little time to open the form. Nothing was decided; please click Reject again.',
    ]);
  }
}

const TOO_LATE = new Set(['expired_trigger_id', 'exchanged_trigger_id']);

export function handleRejection(
  deps: Handling,
  person: Person,
  { approvalId, reason }: { approvalId: string; reason: string },
): Promise<Content> {
  return serve(deps, person, {
    what: 'reject',
    call: () => deps.service.decide(person, { approvalId, verdict: 'reject', reason }),
    render: (view) =>
      sentences([
        `Your rejection is recorded. The upgrade is being undone; clients stay with ${view.source}.`,
      ]),
  });
}
