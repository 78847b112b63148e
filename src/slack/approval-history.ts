import type { JournalEvent } from '../upgrade/events.ts';
import type { Approval, CutoverApproval, RepairApproval, RollbackApproval } from '../upgrade/state.ts';
import { isRepairStep, isRollbackStep } from '../upgrade/steps.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import { calledOffBecause, causeOf } from './blocks/standing.ts';

/**
 * An approval request as its message shows it. `withdrawn`: the upgrade is being undone, or the rollback or repair called off, and
 * nobody is asked any more.
 */
type Shown<Request extends Approval> = Omit<Request, 'status'> & {
  status: Request['status'] | 'withdrawn';
  /** Number of the event that asked. */
  seq: number;
};
export type ShownCutover = Shown<CutoverApproval>;
export type ShownRollback = Shown<RollbackApproval>;
export type ShownRepair = Shown<RepairApproval>;
export type ShownApproval = ShownCutover | ShownRollback | ShownRepair;

/** Every request there was, oldest first, each as it stands now. The view has only the latest. */
export function approvalHistory(
  journal: readonly JournalEvent[],
  view: Pick<UpgradeView, 'goingBack' | 'endedAtMs'>,
): ShownApproval[] {
  const all = new Map<string, ShownApproval>();
  for (const event of journal) {
    for (const asked of [askedBy(event), ...changed(all, event), ...outdated(all, journal, event)])
      if (asked !== undefined) all.set(asked.id, asked);
  }
  const over = view.goingBack !== undefined || view.endedAtMs !== undefined;
  return [...all.values()].map((one) =>
    over && one.purpose === 'cutover' ? withdrawn(one, causeOf(view)) : one,
  );
}

function askedBy(event: JournalEvent): ShownApproval | undefined {
  if (event.type === 'approval_requested')
    return { ...request(event), purpose: 'cutover', facts: event.facts, evidence: event.evidence };
  if (event.type === 'rollback_approval_requested')
    return { ...request(event), purpose: 'rollback', facts: event.facts, evidence: event.evidence };
  if (event.type === 'repair_approval_requested')
    return { ...request(event), purpose: 'repair', facts: event.facts, evidence: event.evidence };
  return undefined;
}

type Asking = Extract<
  JournalEvent,
  { type: 'approval_requested' | 'rollback_approval_requested' | 'repair_approval_requested' }
>;

function request(event: Asking) {
  return {
    seq: event.seq,
    id: event.approvalId,
    digest: event.digest,
    status: 'waiting',
    requestedAtMs: event.atMs,
    expiresAtMs: event.expiresAtMs,
    decidedBy: undefined,
    decidedAtMs: undefined,
    reason: undefined,
  } as const;
}

/** The requests that an event decides or makes pointless. */
function changed(all: ReadonlyMap<string, ShownApproval>, event: JournalEvent): ShownApproval[] {
  switch (event.type) {
    case 'approval_given':
    case 'approval_rejected':
    case 'approval_expired':
    case 'approval_voided': {
      const before = all.get(event.approvalId);
      return before === undefined ? [] : [decided(before, event)];
    }
    case 'abort_requested':
      return besides(all, calledOffBecause({ code: 'aborted', message: event.reason }));
    case 'step_failed':
      return isRollbackStep(event.step) || isRepairStep(event.step)
        ? besides(all, calledOffBecause(event.error))
        : [];
    default:
      return [];
  }
}

/** Of a rollback or a repair; when the upgrade itself is aborted or fails, none of either waits. */
function besides(all: ReadonlyMap<string, ShownApproval>, reason: string): ShownApproval[] {
  return [...all.values()].filter((one) => one.purpose !== 'cutover').map((one) => withdrawn(one, reason));
}

/** A cutover that was asked for, or approved, on a comparison that is made afresh. */
function outdated(
  all: ReadonlyMap<string, ShownApproval>,
  journal: readonly JournalEvent[],
  event: JournalEvent,
): ShownApproval[] {
  const reason = whyOutdated(journal, event);
  if (reason === undefined) return [];
  const live = [...all.values()].filter((one) => one.purpose === 'cutover' && LIVE.has(one.status));
  const by = { decidedBy: event.actor, decidedAtMs: event.atMs };
  return live.map((one) => ({ ...one, ...by, status: 'voided', reason }));
}

const LIVE = new Set<ShownApproval['status']>(['waiting', 'given']);

function whyOutdated(journal: readonly JournalEvent[], event: JournalEvent): string | undefined {
  if (event.type === 'verification_requested') return 'everything is compared again';
  const touched = event.type === 'step_succeeded' && event.step === 'repair-target';
  if (touched) return 'the target was repaired, and everything is compared again';
  if (event.type !== 'repair_called_off') return undefined;
  const since = journal.findLastIndex((one) => one.type === 'repair_requested' && one.seq < event.seq);
  const begun = journal.slice(since, journal.indexOf(event));
  return begun.some((one) => one.type === 'step_started' && one.step === 'repair-target')
    ? 'a repair of the target was called off, and everything is compared again'
    : undefined;
}

function withdrawn<Request extends ShownApproval>(one: Request, reason: string): Request {
  return one.status === 'waiting' ? { ...one, status: 'withdrawn', reason } : one;
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
