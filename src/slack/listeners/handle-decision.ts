import type { Person } from '../../service/upgrade-service.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { type Content, sentences } from '../blocks/content.ts';
import { rejectionModal } from '../blocks/rejection-modal.ts';
import { type Handling, serve } from './handling.ts';
import { openForm } from './open-form.ts';
import type { RejectionState } from './payloads.ts';

export function handleApprove(deps: Handling, person: Person, approvalId: string): Promise<Content> {
  return serve(deps, person, {
    what: 'approve',
    call: () => deps.service.decide(person, { approvalId, verdict: 'approve' }),
    render: (view) =>
      sentences([`Your approval is recorded. The ${whatBegins(view)}; follow it in the thread.`]),
  });
}

/**
 * Asks for the reason. Who may reject is decided when it comes back: a trigger is good for three seconds, too few to
 * ask anybody anything first.
 */
export function handleRejectClick(
  deps: Handling,
  triggerId: string,
  state: RejectionState,
): Promise<Content | undefined> {
  const view = rejectionModal(JSON.stringify(state));
  return openForm(deps, triggerId, { view, button: 'Reject' });
}

export function handleRejection(
  deps: Handling,
  person: Person,
  { approvalId, reason }: { approvalId: string; reason: string },
): Promise<Content> {
  return serve(deps, person, {
    what: 'reject',
    call: () => deps.service.decide(person, { approvalId, verdict: 'reject', reason }),
    render: (view) => sentences([`Your rejection is recorded. ${whatEnds(view)}`]),
  });
}

function whatBegins(view: UpgradeView): string {
  if (view.rollback !== undefined) return 'rollback begins now';
  return view.repair === undefined ? 'cutover begins as soon as the last checks pass' : 'repair begins now';
}

function whatEnds(view: UpgradeView): string {
  if (view.rollback !== undefined) return `The rollback is being called off; ${view.target} serves on.`;
  if (view.repair !== undefined) return 'The repair is dropped, and the upgrade stands where it stood.';
  return `The upgrade is being undone; clients stay with ${view.source}.`;
}
