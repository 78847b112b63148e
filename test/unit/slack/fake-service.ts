import type {
  Approvers,
  Decision,
  InstanceRow,
  Person,
  PlanPreview,
  StartRequest,
  UpgradeService,
} from '../../../src/service/upgrade-service.ts';
import type { EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import { foldJournal } from '../../../src/upgrade/fold.ts';
import { whyIllegal } from '../../../src/upgrade/legality.ts';
import type { RollbackMode } from '../../../src/upgrade/plan.ts';
import { accept, type Outcome, refuse } from '../../../src/upgrade/refusal.ts';
import { type Progress, type UpgradeView, viewUpgrade } from '../../../src/upgrade/view.ts';
import { journalOf, type Said, STEP_WORDS, UPGRADE_ID } from './sample-upgrade.ts';

/** The service over journals in memory, with the real state machine behind it. */
export class FakeService implements UpgradeService {
  readonly journals = new Map<string, JournalEvent[]>();
  progress: Progress | undefined;
  rows: InstanceRow[] = [];
  preview: PlanPreview | undefined;
  /** Awaited inside every decision: lets a test hold two of them at the same point. */
  beforeDecision: () => Promise<void> = () => Promise.resolve();
  failure: Error | undefined;
  report: string | undefined;
  readonly #approvers: Approvers;
  readonly #now: () => number;
  #next = 0;

  constructor(approvers: Approvers, now: () => number = Date.now) {
    this.#approvers = approvers;
    this.#now = now;
  }

  /** Puts an upgrade in place. */
  put(bodies: readonly Said[], id: string = UPGRADE_ID): void {
    this.journals.set(id, journalOf(bodies));
  }

  append(
    body: EventBody,
    actor: JournalEvent['actor'] = { kind: 'worker', id: 'w1' },
    id = UPGRADE_ID,
  ): void {
    const journal = this.journals.get(id) ?? [];
    journal.push({ v: 1, seq: journal.length, atMs: this.#now(), actor, ...body });
    this.journals.set(id, journal);
  }

  async verificationReport(): Promise<string | undefined> {
    return this.report;
  }

  async list(): Promise<InstanceRow[]> {
    if (this.failure !== undefined) throw this.failure;
    return this.rows;
  }

  async plan(): Promise<Outcome<PlanPreview>> {
    return this.preview === undefined
      ? refuse('unknown_instance', 'There is no such instance.')
      : accept(this.preview);
  }

  async start(person: Person, request: StartRequest): Promise<Outcome<UpgradeView>> {
    if (request.source === request.target)
      return refuse('same_instance', 'Source and target are the same instance.');
    this.#next += 1;
    const id = `up-0000000${this.#next}`;
    this.journals.set(id, []);
    this.append({ type: 'requested', upgradeId: id, ...request }, person, id);
    return this.view(id);
  }

  async view(id: string): Promise<Outcome<UpgradeView>> {
    const journal = this.journals.get(id);
    if (journal === undefined) return refuse('unknown_upgrade', `There is no upgrade ${id}.`);
    return accept(viewUpgrade(foldJournal(journal), STEP_WORDS, this.progress));
  }

  async recent(limit: number): Promise<UpgradeView[]> {
    const all = await Promise.all([...this.journals.keys()].map((id) => this.view(id)));
    return all.flatMap((one) => (one.ok ? [one.value] : [])).slice(0, limit);
  }

  async journal(id: string): Promise<Outcome<JournalEvent[]>> {
    const journal = this.journals.get(id);
    return journal === undefined
      ? refuse('unknown_upgrade', `There is no upgrade ${id}.`)
      : accept([...journal]);
  }

  async decide(person: Person, decision: Decision): Promise<Outcome<UpgradeView>> {
    const id = [...this.journals].find(([, events]) =>
      events.some((event) => isRequest(event) && event.approvalId === decision.approvalId),
    )?.[0];
    const view = await this.view(id ?? '');
    const approval = view.ok ? view.value.approval : undefined;
    if (id === undefined || !view.ok || approval === undefined)
      return refuse('unknown_approval', 'There is no such approval request.');
    const allowed = await this.#approvers.check(person);
    if (!allowed.ok) return allowed;
    const { rollback, repair, requester } = view.value;
    const asker = rollback?.requestedBy ?? repair?.requestedBy ?? requester;
    if (decision.verdict === 'approve' && person.id === asker.id)
      return refuse('four_eyes', 'You asked for this upgrade, so somebody else must approve it.');
    await this.beforeDecision();
    return this.#record(id, person, decision);
  }

  async abort(person: Person, request: { upgradeId: string; reason: string }): Promise<Outcome<UpgradeView>> {
    return this.#tryAppend(request.upgradeId, person, { type: 'abort_requested', reason: request.reason });
  }

  async pause(person: Person, id: string): Promise<Outcome<UpgradeView>> {
    return this.#tryAppend(id, person, { type: 'paused' });
  }

  async resume(person: Person, id: string): Promise<Outcome<UpgradeView>> {
    return this.#tryAppend(id, person, { type: 'resumed' });
  }

  async finish(person: Person, id: string): Promise<Outcome<UpgradeView>> {
    return this.#tryAppend(id, person, { type: 'finish_requested' });
  }

  async verify(person: Person, id: string): Promise<Outcome<UpgradeView>> {
    return this.#tryAppend(id, person, { type: 'verification_requested' });
  }

  async repair(person: Person, id: string): Promise<Outcome<UpgradeView>> {
    const finding = { keysCompared: 1000, differences: 0, complete: true, byKind: {}, examples: [] };
    return this.#tryAppend(id, person, { type: 'repair_requested', automatic: false, finding });
  }

  async rollback(
    person: Person,
    { upgradeId, mode }: { upgradeId: string; mode: RollbackMode },
  ): Promise<Outcome<UpgradeView>> {
    return this.#tryAppend(upgradeId, person, { type: 'rollback_requested', mode });
  }

  /** The one compare-and-set: whoever comes second is told who was first. */
  async #record(id: string, person: Person, decision: Decision): Promise<Outcome<UpgradeView>> {
    const before = await this.view(id);
    const { approvalId } = decision;
    const digest = before.ok ? (before.value.approval?.digest ?? '') : '';
    const outcome = await this.#tryAppend(
      id,
      person,
      decision.verdict === 'approve'
        ? { type: 'approval_given', approvalId, digest }
        : { type: 'approval_rejected', approvalId, reason: decision.reason },
    );
    const after = await this.view(id);
    const first = after.ok ? after.value.approval?.decidedBy?.id : undefined;
    if (outcome.ok || first === undefined) return outcome;
    return refuse('already_decided', `Already decided by ${first}.`);
  }

  async #tryAppend(id: string, person: Person, body: EventBody): Promise<Outcome<UpgradeView>> {
    const journal = this.journals.get(id);
    if (journal === undefined) return refuse('unknown_upgrade', `There is no upgrade ${id}.`);
    const event: JournalEvent = { v: 1, seq: journal.length, atMs: this.#now(), actor: person, ...body };
    const why = whyIllegal(foldJournal(journal), event);
    if (why !== undefined) return refuse('not_now', `That is not possible now: ${why}.`);
    journal.push(event);
    return this.view(id);
  }
}

type Request = Extract<JournalEvent, { type: `${'' | 'rollback_' | 'repair_'}approval_requested` }>;

function isRequest(event: JournalEvent): event is Request {
  return event.type.endsWith('approval_requested');
}
