import type { JournalEvent } from '../upgrade/events.ts';
import type { CutoverApproval } from '../upgrade/state.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import { causeOf } from './blocks/standing.ts';

/** An approval request as its message shows it. `withdrawn`: the upgrade is being undone, nobody is asked any more. */
export type ShownApproval = Omit<CutoverApproval, 'status'> & {
  status: CutoverApproval['status'] | 'withdrawn';
  /** Number of the event that asked. */
  seq: number;
};

/** Every request there was, oldest first, each as it stands now. The view has only the latest. */
export function approvalHistory(
  journal: readonly JournalEvent[],
  view: Pick<UpgradeView, 'goingBack' | 'endedAtMs'>,
): ShownApproval[] {
  const all = new Map<string, ShownApproval>();
  for (const event of journal) {
    if (event.type === 'approval_requested') all.set(event.approvalId, asked(event));
    else if ('approvalId' in event && event.type !== 'rollback_approval_requested') {
      const before = all.get(event.approvalId);
      if (before !== undefined) all.set(event.approvalId, decided(before, event));
    }
  }
  const over = view.goingBack !== undefined || view.endedAtMs !== undefined;
  return [...all.values()].map((one) =>
    over && one.status === 'waiting' ? { ...one, status: 'withdrawn', reason: causeOf(view) } : one,
  );
}

function asked(event: Extract<JournalEvent, { type: 'approval_requested' }>): ShownApproval {
  return {
    seq: event.seq,
    purpose: 'cutover',
    id: event.approvalId,
    digest: event.digest,
    status: 'waiting',
    facts: event.facts,
    evidence: event.evidence,
    requestedAtMs: event.atMs,
    expiresAtMs: event.expiresAtMs,
    decidedBy: undefined,
    decidedAtMs: undefined,
    reason: undefined,
  };
}

type Decision = Extract<
  JournalEvent,
  { type: 'approval_given' | 'approval_rejected' | 'approval_expired' | 'approval_voided' }
>;

function decided(before: ShownApproval, event: Decision): ShownApproval {
  const by = { decidedBy: event.actor, decidedAtMs: event.atMs };
  switch (event.type) {
    case 'approval_given':
      return { ...before, ...by, status: 'given' };
    case 'approval_rejected':
      return { ...before, ...by, status: 'rejected', reason: event.reason };
    case 'approval_expired':
      return { ...before, ...by, status: 'expired' };
    case 'approval_voided':
      return { ...before, ...by, status: 'voided', reason: event.changes.join('; ') };
  }
}
