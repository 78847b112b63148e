import type { Cloud } from '../cloud/cloud.ts';
import type { Journal } from '../engine/journal.ts';
import { type Scratch, viewProgress } from '../engine/scratch.ts';
import type { StepDeps } from '../steps/step-deps.ts';
import type { EventBody, JournalEvent } from '../upgrade/events.ts';
import { foldJournal } from '../upgrade/fold.ts';
import { whyIllegal } from '../upgrade/legality.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import type { StepName } from '../upgrade/steps.ts';
import { type UpgradeView, viewUpgrade } from '../upgrade/view.ts';
import type { Approvers, Person } from './upgrade-service.ts';

export interface ServiceDeps {
  cloud: Cloud;
  journal: Journal;
  scratch: Scratch;
  steps: Record<StepName, StepDefinition>;
  /** What an assessment needs; the same as the steps'. */
  stepDeps: StepDeps;
  approvers: Approvers;
  clock: { now(): number };
  newUpgradeId(): string;
  /** Rings the doorbell of an upgrade. */
  ring(upgradeId: string): Promise<void>;
  /** Called after every append. */
  onChange(upgradeId: string): void;
}

/** How often a decision is tried again when the journal moved on in between. */
const MAX_APPEND_TRIES = 20;

/** A decision to be written down, and the words for when the state does not allow it. */
export interface Proposal {
  body(state: UpgradeState): EventBody;
  refusal(state: UpgradeState, why: string): string;
}

/** What every use case shares: reading an upgrade, and appending a person's decision by compare-and-set. */
export class ServiceRoom {
  readonly deps: ServiceDeps;

  constructor(deps: ServiceDeps) {
    this.deps = deps;
  }

  async state(upgradeId: string): Promise<UpgradeState | undefined> {
    const events = await this.deps.journal.read(upgradeId);
    return events.length === 0 ? undefined : foldJournal(events);
  }

  async view(upgradeId: string): Promise<Outcome<UpgradeView>> {
    const state = await this.state(upgradeId);
    return state === undefined ? unknownUpgrade(upgradeId) : accept(await this.show(state));
  }

  async show(state: UpgradeState): Promise<UpgradeView> {
    const progress = viewProgress(await this.deps.scratch.readProgress(state.id));
    return viewUpgrade(state, this.deps.steps, progress);
  }

  /** Appends what a person decided if the state of that instant allows it; otherwise refuses and changes nothing. */
  async append(person: Person, upgradeId: string, proposal: Proposal): Promise<Outcome<UpgradeView>> {
    for (let attempt = 0; attempt < MAX_APPEND_TRIES; attempt += 1) {
      const state = await this.state(upgradeId);
      if (state === undefined) return unknownUpgrade(upgradeId);
      const event = {
        v: 1,
        seq: state.length,
        atMs: this.deps.clock.now(),
        actor: person,
        ...proposal.body(state),
      } as JournalEvent;
      const why = whyIllegal(state, event);
      if (why !== undefined) return refuse('not_now', proposal.refusal(state, why));
      if ((await this.deps.journal.append(upgradeId, event, undefined)) !== 'appended') continue;
      this.deps.onChange(upgradeId);
      await this.deps.ring(upgradeId);
      return this.view(upgradeId);
    }
    return refuse('busy', `Upgrade ${upgradeId} changes too fast right now. Nothing was done; try again.`);
  }
}

export function unknownUpgrade(upgradeId: string): Outcome<never> {
  return refuse(
    'unknown_upgrade',
    `There is no upgrade ${upgradeId}. See /redis-upgrade status for those there are.`,
  );
}
