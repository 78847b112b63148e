import type { Cloud } from '../cloud/cloud.ts';
import type { Journal } from '../engine/journal.ts';
import { type Scratch, viewProgress } from '../engine/scratch.ts';
import { assessPair } from '../steps/assessment.ts';
import type { StepDeps } from '../steps/step-deps.ts';
import { upgradesTo } from '../upgrade/editions.ts';
import type { EventBody, JournalEvent } from '../upgrade/events.ts';
import { describeKind, formatAddress, type Instance } from '../upgrade/instance.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import { foldJournal, type UpgradeState, whyIllegal } from '../upgrade/state.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { STEP_NAMES, type StepName } from '../upgrade/steps.ts';
import { type UpgradeView, viewUpgrade } from '../upgrade/view.ts';
import { decide } from './decide.ts';
import type {
  Approvers,
  InstanceRow,
  Person,
  PlanPreview,
  StartRequest,
  UpgradeService,
} from './upgrade-service.ts';

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

export function createUpgradeService(deps: ServiceDeps): UpgradeService {
  const room = new ServiceRoom(deps);
  return {
    list: () => list(deps),
    plan: (request) => plan(deps, request),
    start: (person, request) => start(room, person, request),
    view: (upgradeId) => room.view(upgradeId),
    recent: async (limit) => {
      const views = await Promise.all((await deps.journal.newest(limit)).map((id) => room.view(id)));
      return views.flatMap((view) => (view.ok ? [view.value] : []));
    },
    journal: async (upgradeId) => {
      const events = await deps.journal.read(upgradeId);
      return events.length === 0 ? unknownUpgrade(upgradeId) : accept(events);
    },
    decide: (person, decision) => decide(room, person, decision),
    abort: (person, { upgradeId, reason }) =>
      room.append(person, upgradeId, {
        body: () => ({ type: 'abort_requested', reason }),
        refusal: whyNoAbort,
      }),
    pause: (person, upgradeId) =>
      room.append(person, upgradeId, { body: () => ({ type: 'paused' }), refusal: whyNoPause }),
    resume: (person, upgradeId) =>
      room.append(person, upgradeId, {
        body: () => ({ type: 'resumed' }),
        refusal: (state) => `Upgrade ${state.id} is neither paused nor stuck; there is nothing to resume.`,
      }),
    finish: (person, upgradeId) =>
      room.append(person, upgradeId, { body: () => ({ type: 'finish_requested' }), refusal: whyNoFinish }),
  };
}

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

async function list(deps: ServiceDeps): Promise<InstanceRow[]> {
  const instances = await deps.cloud.listInstances();
  return Promise.all(
    instances
      .filter((instance) => instance.engine === 'redis')
      .map(async (instance) => ({
        id: instance.id,
        name: instance.name,
        region: instance.region,
        kind: describeKind(instance),
        address: formatAddress(instance.address),
        status: instance.status,
        memoryMb: instance.memoryMb,
        upgradesTo: upgradesTo(instance).map(describeKind),
        upgradeId: await deps.journal.holderOf(instance.id),
      })),
  );
}

async function plan(
  deps: ServiceDeps,
  request: { source: string; target: string; switch: 'address' | 'code' },
): Promise<Outcome<PlanPreview>> {
  const assessed = await assessPair(deps.stepDeps, request);
  if (!assessed.ok) return assessed;
  const { source, target, problems, warnings, advice, plan: made } = assessed.value;
  const held = await heldBy(deps, request);
  const approver = deps.approvers.configured().length === 0 ? [NO_APPROVERS] : [];
  return accept({
    source: side(source),
    target: side(target),
    switch: request.switch,
    problems: [...problems, ...(held === undefined ? [] : [held])],
    warnings: [...approver, ...warnings],
    advice,
    steps: STEP_NAMES.map((name) => ({
      name,
      title: deps.steps[name].title,
      what: deps.steps[name].describe(made),
      undo: deps.steps[name].describeUndo,
    })),
  });
}

const NO_APPROVERS =
  'No approvers are configured, so nobody could approve the cutover. Set REDIS_UPGRADE_APPROVERS and restart the bot.';

function side(instance: Instance) {
  const { id, name, region } = instance;
  return { id, name, region, kind: describeKind(instance), address: formatAddress(instance.address) };
}

async function heldBy(
  deps: ServiceDeps,
  request: { source: string; target: string },
): Promise<string | undefined> {
  for (const instance of [request.source, request.target]) {
    const upgradeId = await deps.journal.holderOf(instance);
    if (upgradeId !== undefined) return inUse(instance, upgradeId);
  }
  return undefined;
}

function inUse(instance: string, upgradeId: string): string {
  return `${instance} is part of upgrade ${upgradeId}, which has not ended. See /redis-upgrade status ${upgradeId}.`;
}

async function start(
  room: ServiceRoom,
  person: Person,
  request: StartRequest,
): Promise<Outcome<UpgradeView>> {
  const { deps } = room;
  const held = await heldBy(deps, request);
  if (held !== undefined && request.source !== request.target) return refuse('in_use', held);
  const assessed = await assessPair(deps.stepDeps, request);
  if (!assessed.ok) return assessed;
  if (assessed.value.problems.length > 0) return refuse('not_ready', assessed.value.problems.join('\n'));
  const upgradeId = deps.newUpgradeId();
  const created = await deps.journal.create({
    v: 1,
    seq: 0,
    atMs: deps.clock.now(),
    actor: person,
    type: 'requested',
    upgradeId,
    source: request.source,
    target: request.target,
    switch: request.switch,
    channel: request.channel,
  });
  if (created !== 'created') return refuse('in_use', inUse(created.instance, created.heldBy));
  deps.onChange(upgradeId);
  await deps.ring(upgradeId);
  return room.view(upgradeId);
}

function whyNoAbort(state: UpgradeState): string {
  if (state.ended !== undefined) return `Upgrade ${state.id} has ended already; there is nothing to abort.`;
  if (state.goingBack !== undefined) return `Upgrade ${state.id} is going back already.`;
  return `Upgrade ${state.id} is past the point of no return: ${state.target} has the old address or is just taking it. It goes on.`;
}

function whyNoPause(state: UpgradeState, why: string): string {
  if (state.ended !== undefined) return `Upgrade ${state.id} has ended already.`;
  return `Upgrade ${state.id} cannot be paused now: ${why}.`;
}

function whyNoFinish(state: UpgradeState): string {
  if (state.ended !== undefined) return `Upgrade ${state.id} has ended already.`;
  return `Upgrade ${state.id} is not being watched yet, so there is nothing to finish. It can be finished once the old address answers as ${state.target}.`;
}
