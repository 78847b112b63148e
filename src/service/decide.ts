import type { Actor } from '../upgrade/events.ts';
import { type Outcome, refuse } from '../upgrade/refusal.ts';
import { type Approval, currentApproval, type UpgradeState } from '../upgrade/state.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import type { ServiceRoom } from './service-room.ts';
import type { Decision, Person } from './upgrade-service.ts';

/**
 * Decides an approval request. Every check is made again on the state that the decision is appended to, in one
 * compare-and-set: two clicks at the same instant are one decision.
 */
export async function decide(
  room: ServiceRoom,
  person: Person,
  decision: Decision,
): Promise<Outcome<UpgradeView>> {
  const upgradeId = await room.deps.journal.upgradeOfApproval(decision.approvalId);
  const state = upgradeId === undefined ? undefined : await room.state(upgradeId);
  if (upgradeId === undefined || state === undefined) {
    return refuse(
      'unknown_approval',
      'This request is not known here. Ask for the status: /redis-upgrade status.',
    );
  }
  const closed = whyClosed(state, decision.approvalId, room.deps.clock.now());
  if (closed !== undefined) return refuse('approval_closed', closed);
  const allowed = await room.deps.approvers.check(person);
  const { what, asker } = askedBy(state);
  // Who asked may always withdraw.
  if (!allowed.ok && !(decision.verdict === 'reject' && isSame(person, asker))) return allowed;
  if (decision.verdict === 'approve' && isSame(person, asker)) {
    return refuse(
      'four_eyes',
      `You asked for this ${what}, so somebody else has to approve it. You may reject it.`,
    );
  }
  return room.append(person, upgradeId, {
    body: (now) =>
      decision.verdict === 'approve'
        ? {
            type: 'approval_given',
            approvalId: decision.approvalId,
            digest: currentApproval(now)?.digest ?? '',
          }
        : { type: 'approval_rejected', approvalId: decision.approvalId, reason: decision.reason },
    refusal: (now) =>
      whyClosed(now, decision.approvalId, room.deps.clock.now()) ?? 'This request can no longer be decided.',
  });
}

/** Four eyes count from whoever asked for what is to be approved: the upgrade, its rollback, or a repair. */
function askedBy({ rollback, repair, requester }: UpgradeState): {
  what: string;
  asker: Actor;
  end: string;
  ending: string;
} {
  const calledOff = { end: 'is called off', ending: 'is being called off' };
  if (rollback !== undefined) return { what: 'rollback', asker: rollback.requestedBy, ...calledOff };
  if (repair !== undefined) return { what: 'repair', asker: repair.requestedBy, ...calledOff };
  return { what: 'upgrade', asker: requester, end: 'goes back', ending: 'is going back' };
}

/** The same person wherever they sit: who asked in Slack is not somebody else at the terminal. */
function isSame(person: Person, actor: Actor): boolean {
  return actor.kind === 'person' && actor.id === person.id;
}

/** Why nobody can decide this request any more; undefined while somebody can. */
function whyClosed(state: UpgradeState, approvalId: string, nowMs: number): string | undefined {
  const { what, end, ending } = askedBy(state);
  const approval = currentApproval(state);
  if (state.repair !== undefined && state.approval?.id === approvalId && state.approval.status === 'waiting')
    return `A repair of ${state.target} is under way. After it everything is compared afresh, and you are asked again.`;
  if (approval === undefined || approval.id !== approvalId) {
    return 'This request is no longer the current one: the facts changed and it was asked again. Decide the newer message.';
  }
  if (approval.status !== 'waiting') return describeDecision(approval);
  if (nowMs >= approval.expiresAtMs)
    return `This request has expired. Nothing was moved; the ${what} ${end}.`;
  if (state.ended !== undefined) return 'The upgrade has ended. There is nothing left to decide.';
  const back =
    state.rollback === undefined ? (state.repair?.callingOff ?? state.goingBack) : state.rollback.callingOff;
  return back === undefined ? undefined : `The ${what} ${ending} already: ${back.message}`;
}

function describeDecision(approval: Approval): string {
  const by = approval.decidedBy?.kind === 'person' ? ` by ${personWord(approval.decidedBy)}` : '';
  switch (approval.status) {
    case 'given':
      return `This request was approved${by} already.`;
    case 'rejected':
      return `This request was rejected${by} already.`;
    case 'expired':
      return 'This request has expired. Nothing was moved.';
    case 'voided':
    case 'waiting':
      return 'This request is void: the facts changed. It is asked again.';
  }
}

/** The surface that shows it turns a Slack id into a name. */
function personWord(person: Person): string {
  if (person.via === 'slack') return person.id;
  const account = person.osUser === undefined ? '' : ` (operating-system user ${person.osUser})`;
  return `${person.id} at the terminal${account}`;
}
