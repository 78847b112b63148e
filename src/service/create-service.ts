import { assessPair } from '../steps/assessment.ts';
import { VERIFICATION_REPORT } from '../steps/verify-data.ts';
import { upgradesTo } from '../upgrade/editions.ts';
import { describeKind, formatAddress, type Instance } from '../upgrade/instance.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import { upgradeSteps } from '../upgrade/steps.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import { decide } from './decide.ts';
import { findEarlierCopy } from './earlier-copy.ts';
import { type ServiceDeps, ServiceRoom, unknownUpgrade } from './service-room.ts';
import type { InstanceRow, Person, PlanPreview, StartRequest, UpgradeService } from './upgrade-service.ts';
import { repair, verify } from './verify-and-repair.ts';

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
    verificationReport: async (upgradeId) =>
      (await deps.scratch.read(upgradeId, VERIFICATION_REPORT)) || undefined,
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
        refusal: (state) =>
          state.ended === undefined
            ? `Upgrade ${state.id} is neither paused nor stuck; there is nothing to resume.`
            : `Upgrade ${state.id} has ended already; there is nothing to resume.`,
      }),
    rollback: (person, { upgradeId, mode }) =>
      room.append(person, upgradeId, {
        body: () => ({ type: 'rollback_requested', mode }),
        refusal: whyNoRollback,
      }),
    verify: (person, upgradeId) => verify(room, person, upgradeId),
    repair: (person, upgradeId) => repair(room, person, upgradeId),
    finish: (person, upgradeId) =>
      room.append(person, upgradeId, { body: () => ({ type: 'finish_requested' }), refusal: whyNoFinish }),
  };
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
  const replacesCopyOf = await findEarlierCopy(deps.journal, request);
  const assessed = await assessPair(deps.stepDeps, { ...request, replacesCopyOf });
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
    steps: upgradeSteps(request.switch).map((name) => ({
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
  const replacesCopyOf = await findEarlierCopy(deps.journal, request);
  const assessed = await assessPair(deps.stepDeps, { ...request, replacesCopyOf });
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
    ...(replacesCopyOf === undefined ? {} : { replacesCopyOf }),
  });
  if (created !== 'created') return refuse('in_use', inUse(created.instance, created.heldBy));
  deps.onChange(upgradeId);
  await deps.ring(upgradeId);
  return room.view(upgradeId);
}

function whyNoRollback(state: UpgradeState): string {
  if (state.ended !== undefined) {
    return `Upgrade ${state.id} has ended, and with it the way back. To return, upgrade the other way or restore a backup.`;
  }
  if (state.rollback !== undefined) return `Upgrade ${state.id} is being rolled back already.`;
  if (state.steps['tidy-up'].status !== 'never_started') {
    return `Upgrade ${state.id} is being finished, and with it the way back ends.`;
  }
  if (state.goingBack !== undefined) return `Upgrade ${state.id} is going back already.`;
  return `Upgrade ${state.id} has not handed the clients over to ${state.target} yet, so there is nothing to roll back. To undo what was done: /redis-upgrade abort ${state.id}.`;
}

function whyNoAbort(state: UpgradeState, why: string): string {
  if (state.ended !== undefined) return `Upgrade ${state.id} has ended already; there is nothing to abort.`;
  if (state.stuck !== undefined) return stuckWords(state, state.stuck);
  if (state.rollback !== undefined)
    return `The rollback of ${state.id} cannot be called off any more: ${why}.`;
  if (state.goingBack !== undefined) return `Upgrade ${state.id} is going back already.`;
  return `Upgrade ${state.id} is past the point of no return: ${state.target} has the old address or is just taking it. It goes on. The way back from here: /redis-upgrade rollback ${state.id} --lossless or --fast.`;
}

function whyNoPause(state: UpgradeState, why: string): string {
  if (state.ended !== undefined) return `Upgrade ${state.id} has ended already.`;
  if (state.stuck !== undefined) return stuckWords(state, state.stuck);
  if (state.paused)
    return `Upgrade ${state.id} is paused already. Go on with /redis-upgrade resume ${state.id}.`;
  if (state.repair !== undefined)
    return `A repair of ${state.target} is under way in upgrade ${state.id}; it can be paused after that.`;
  return `Upgrade ${state.id} cannot be paused now: ${why}.`;
}

function stuckWords(state: UpgradeState, stuck: { step: string; message: string }): string {
  return `Upgrade ${state.id} is stuck at ${stuck.step}: ${stuck.message} When that is repaired, go on with /redis-upgrade resume ${state.id}.`;
}

function whyNoFinish(state: UpgradeState): string {
  if (state.ended !== undefined) return `Upgrade ${state.id} has ended already.`;
  if (state.stuck !== undefined) return stuckWords(state, state.stuck);
  if (state.rollback !== undefined)
    return `Upgrade ${state.id} is being rolled back; there is nothing to finish.`;
  if (state.finishRequested) return `Upgrade ${state.id} was asked to finish already.`;
  if (state.goingBack !== undefined)
    return `Upgrade ${state.id} is going back, so there is nothing to finish.`;
  return `Upgrade ${state.id} is not being watched yet, so there is nothing to finish. It can be finished once the old address answers as ${state.target}.`;
}
