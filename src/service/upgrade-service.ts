import type { Actor, JournalEvent } from '../upgrade/events.ts';
import type { RollbackMode, Switch } from '../upgrade/plan.ts';
import type { Outcome } from '../upgrade/refusal.ts';
import type { StepName } from '../upgrade/steps.ts';
import type { UpgradeView } from '../upgrade/view.ts';

/** One row of `list`: an instance, what it could be upgraded to, and the upgrade that has it now. */
export interface InstanceRow {
  id: string;
  name: string;
  region: string;
  /** `2.8 standard`. */
  kind: string;
  address: string;
  status: string;
  memoryMb: number;
  /** Kinds it can be upgraded to, `4.0 standard`; empty when none. */
  upgradesTo: string[];
  upgradeId: string | undefined;
}

/** What `plan` answers: everything `start` would do, and what stands in the way. Nothing has been changed for it. */
export interface PlanPreview {
  source: { id: string; name: string; kind: string; address: string; region: string };
  target: { id: string; name: string; kind: string; address: string; region: string };
  switch: Switch;
  /** Why `start` would be refused now, each with its cure; empty when nothing stands in the way. */
  problems: string[];
  warnings: string[];
  advice: string[];
  /** The runbook in order, filled in with the plan's values. */
  steps: { name: StepName; title: string; what: string; undo: string }[];
}

/** Who asks, as the surface that took the request knows it. */
export type Person = Extract<Actor, { kind: 'person' }>;

/** Decides whether a person may approve; the answer of the directory at the moment of the decision. */
export interface Approvers {
  /** Refuses with words when nobody is configured, the directory cannot be read, or the person is not an approver. */
  check(person: Person): Promise<Outcome<true>>;
  /** Whom an approval request mentions: user and user-group ids as configured. */
  configured(): string[];
}

/**
 * What people can ask for. Slack and the terminal translate; this decides. A refusal is a value; an OperatingError means
 * that the answer could not be found out now. Every accepted request is in the journal when the call returns.
 */
export interface UpgradeService {
  list(): Promise<InstanceRow[]>;
  plan(request: { source: string; target: string; switch: Switch }): Promise<Outcome<PlanPreview>>;
  start(person: Person, request: StartRequest): Promise<Outcome<UpgradeView>>;
  /** One upgrade. */
  view(upgradeId: string): Promise<Outcome<UpgradeView>>;
  /** The unfinished upgrades and the most recently ended ones, newest first, at most `limit`. */
  recent(limit: number): Promise<UpgradeView[]>;
  /** The whole journal of an upgrade, oldest first. */
  journal(upgradeId: string): Promise<Outcome<JournalEvent[]>>;
  /**
   * Every difference that the latest comparison of an upgrade found, a JSON object a line, at most as many as are kept: which key,
   * what differs and where, never what it holds. Undefined when there is none, or none any more: nothing is decided by it.
   */
  verificationReport(upgradeId: string): Promise<string | undefined>;
  /**
   * Decides an approval. Checks in this order: the request exists, is waiting and not expired; the person is an approver
   * now; four eyes (who requested the upgrade may reject but not approve). One decision only: of two at the same instant
   * one is refused with the name of who was first.
   */
  decide(person: Person, decision: Decision): Promise<Outcome<UpgradeView>>;
  abort(person: Person, request: { upgradeId: string; reason: string }): Promise<Outcome<UpgradeView>>;
  pause(person: Person, upgradeId: string): Promise<Outcome<UpgradeView>>;
  resume(person: Person, upgradeId: string): Promise<Outcome<UpgradeView>>;
  /** Asks for the way back after the point of no return; it has an approval of its own. */
  rollback(person: Person, request: { upgradeId: string; mode: RollbackMode }): Promise<Outcome<UpgradeView>>;
  finish(person: Person, upgradeId: string): Promise<Outcome<UpgradeView>>;
  /** Has everything compared again before the cutover; an approval that was asked for or given counts no more. */
  verify(person: Person, upgradeId: string): Promise<Outcome<UpgradeView>>;
  /** Asks for the target to be made equal to the source before the cutover; it has an approval of its own. */
  repair(person: Person, upgradeId: string): Promise<Outcome<UpgradeView>>;
}

export interface StartRequest {
  source: string;
  target: string;
  switch: Switch;
  /** Channel for the root message. */
  channel: string;
}

export type Decision =
  | { approvalId: string; verdict: 'approve' }
  | { approvalId: string; verdict: 'reject'; reason: string };
