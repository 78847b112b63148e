import { z } from 'zod';
import type { Instance } from '../upgrade/instance.ts';
import type { InstanceFacts, Plan } from '../upgrade/plan.ts';
import type { StepContext, StepDefinition } from '../upgrade/step-definition.ts';
import { endOrdinaryConnections } from './connections.ts';
import { openGate } from './fence.ts';
import { pollDelay } from './settings.ts';
import { lookAt, type Settled, settle } from './settle.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

const SHOWN_ADDRESSES = 5;

/** Where an instance stands in the network: what `align-target` changes and its undo puts back. */
interface Place {
  vpcId: string;
  subnetId: string;
  port: number;
  securityGroups: string[];
  /** The address to ask for in the subnet; undefined: whichever Tencent gives. */
  ip: string | undefined;
}

/** Puts the target into the source's subnet, on its port, behind its security groups: all of it before the cutover. */
export function createAlignTarget(deps: StepDeps): StepDefinition {
  return {
    name: 'align-target',
    title: 'Align the target',
    describe: (plan) =>
      plan === undefined ? 'subnet, port and security groups of the source' : describeAlignment(plan),
    describeUndo: 'puts back the subnet, port and security groups that it changed',
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const plan = requirePlan(context.state);
      const moved = await moveTo(deps, context, placeOfSource(plan));
      if (moved.kind !== 'there') return moved;
      const open = context.state.replacesCopyOf === undefined ? moved : await reopen(deps, context, plan);
      if (open.kind !== 'there') return open;
      return { kind: 'succeeded', output: { summary: describeAlignment(plan) } };
    },
    async undo(context) {
      const plan = requirePlan(context.state);
      const moved = await moveTo(deps, context, placeBefore(plan.target));
      return moved.kind === 'there' ? { kind: 'undone' } : moved;
    },
  };
}

/** How many connections of clients were ended at the first look, and when. */
const SENT_AWAY = 'sentAway';
const SENT_AWAY_AT = 'sentAwayAtMs';
/** Whoever comes back has done so by then. */
const COMES_BACK_MS = 3_000;

/**
 * A rollback leaves its target read-only, so that no client left on it is told that its writes are kept. Whoever still is there is
 * sent away before it takes writes again; whoever comes back has the wrong address.
 */
async function reopen(deps: StepDeps, context: StepContext, plan: Plan): Promise<Settled> {
  if (context.step.intents.some(({ action }) => action === 'set-writable'))
    return openGate(deps, context, plan.target);
  const sentAwayAt = context.step.note[SENT_AWAY_AT];
  const leftMs = Number(sentAwayAt ?? 0) + COMES_BACK_MS - context.nowMs;
  if (leftMs > 0) return { kind: 'again', afterMs: leftMs };
  const target = await deps.cloud.readInstance(plan.target);
  const seen = await deps.access.use(target, endOrdinaryConnections);
  const clients = seen === 'unknown' ? [] : [...seen.ended, ...seen.left];
  if (clients.length === 0) return openGate(deps, context, plan.target);
  if (sentAwayAt === undefined) {
    await context.note({ [SENT_AWAY]: clients.length, [SENT_AWAY_AT]: context.nowMs });
    return { kind: 'again', afterMs: COMES_BACK_MS };
  }
  const ips = [...new Set(clients.map(({ ip }) => ip))].slice(0, SHOWN_ADDRESSES).join(', ');
  const message = `${clients.length} clients keep coming back to ${target.id} (from ${ips}), which a rollback left read-only. What they write once it is open would be lost: send them to ${plan.source.id}, then start again.`;
  return { kind: 'failed', error: { code: 'clients_on_target', message } };
}

function placeOfSource(plan: Plan): Place {
  const { vpcId, subnetId, securityGroups } = plan.source;
  return { vpcId, subnetId, securityGroups, port: plan.oldAddress.port, ip: undefined };
}

function placeBefore(target: InstanceFacts): Place {
  const { vpcId, subnetId, securityGroups, address } = target;
  return { vpcId, subnetId, securityGroups, port: address.port, ip: address.ip };
}

function describeAlignment(plan: Plan): string {
  const changes = [
    plan.target.subnetId === plan.source.subnetId ? '' : `subnet ${plan.source.subnetId}`,
    plan.target.address.port === plan.oldAddress.port ? '' : `port ${plan.oldAddress.port}`,
    plan.target.securityGroups.join() === plan.source.securityGroups.join()
      ? ''
      : 'security groups of the source',
  ].filter((change) => change !== '');
  return changes.length === 0
    ? 'the target is already in place'
    : `moves the target to ${changes.join(', ')}`;
}

/** One thing at a time: subnet, port, security groups. */
async function moveTo(deps: StepDeps, context: StepContext, place: Place): Promise<Settled> {
  const ref = requirePlan(context.state).target;
  const now = await deps.cloud.readInstance(ref);
  const isThere = now.vpcId === place.vpcId && now.subnetId === place.subnetId;
  // Nothing may be waited for between the intent and the call, or a process that stood still would make it late.
  const ip = isThere ? {} : await wantedIp(deps, place, now);
  const subnet = await settle(context, deps, {
    action: `move-to-${place.subnetId}`,
    what: `Moving ${ref.id} to subnet ${place.subnetId}`,
    detail: { instance: ref.id, vpcId: place.vpcId, subnetId: place.subnetId },
    look: async () => lookAt(now, isThere),
    act: () => deps.cloud.moveToSubnet(ref, { vpcId: place.vpcId, subnetId: place.subnetId, ...ip }),
  });
  if (subnet.kind !== 'there') return subnet;
  const port = await settle(context, deps, {
    action: `change-port-${place.port}`,
    what: `Changing the port of ${ref.id} to ${place.port}`,
    detail: { instance: ref.id, port: place.port },
    look: async () => lookAt(now, now.address.port === place.port),
    act: () => deps.cloud.changePort(ref, place.port),
  });
  return port.kind === 'there' ? alignSecurityGroups(deps, context, place) : port;
}

/** The address it had before is asked for again unless somebody took it meanwhile. */
async function wantedIp(deps: StepDeps, place: Place, now: Instance): Promise<{ ip?: string }> {
  if (place.ip === undefined) return {};
  const user = await deps.cloud.addressUser(
    { region: now.region, vpcId: place.vpcId, subnetId: place.subnetId },
    place.ip,
  );
  return user === undefined ? { ip: place.ip } : {};
}

const ALIGN_GROUPS = 'align-security-groups';
/** Not an attempt of its own. */
const NEXT_GROUP = 'align-next-security-group';
/** What was attached or detached is given this long to be seen before it is attempted again. */
const GROUPS_GRACE_MS = 5_000;

/** Attaching a group that is attached, or detaching one that is not, changes nothing: no task to follow. */
async function alignSecurityGroups(deps: StepDeps, context: StepContext, place: Place): Promise<Settled> {
  const ref = requirePlan(context.state).target;
  const present = await deps.cloud.securityGroups(ref);
  const missing = place.securityGroups.filter((group) => !present.includes(group));
  const extra = present.filter((group) => !place.securityGroups.includes(group));
  if (missing.length + extra.length === 0) return { kind: 'there' };
  const beganMs = context.nowMs - context.elapsedMs;
  const asked = context.step.intents.filter(({ action, atMs }) => action === ALIGN_GROUPS && atMs >= beganMs);
  const sinceLastMs = context.nowMs - (asked.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY);
  if (sinceLastMs < GROUPS_GRACE_MS) {
    return { kind: 'again', afterMs: pollDelay(deps.settings, sinceLastMs) };
  }
  // An attempt that only got lost on its way says nothing about the groups: those are repeated while there is patience.
  const answered = answeredAttempts(context).filter((atMs) => atMs >= beganMs);
  if (answered.length >= deps.settings.maxTaskAttempts) {
    const message = `The security groups of ${ref.id} are ${present.join(', ') || 'none'} after ${answered.length} attempts to make them ${place.securityGroups.join(', ')}. Look at them in the console.`;
    return { kind: 'failed', error: { code: 'security_groups_differ', message } };
  }
  await context.intend(ALIGN_GROUPS, { instance: ref.id, attach: missing, detach: extra });
  // Attach first: an instance is never left without a group, which would close it or open it to all.
  const changes = [
    ...missing.map((group) => ({ group, change: () => deps.cloud.attachSecurityGroup(ref, group) })),
    ...extra.map((group) => ({ group, change: () => deps.cloud.detachSecurityGroup(ref, group) })),
  ];
  for (const [index, { group, change }] of changes.entries()) {
    // Each call is made right after a line in the journal, which a process that lost its lease cannot write.
    if (index > 0) await context.intend(NEXT_GROUP, { instance: ref.id, group });
    await change();
  }
  await context.note({ [ANSWERED]: [...answered, context.nowMs] });
  return { kind: 'again', afterMs: deps.settings.pollFirstMs };
}

const ANSWERED = 'answered-alignments';

/** When attempts were made that the cloud answered throughout. */
function answeredAttempts({ step }: StepContext): number[] {
  return z.array(z.number()).catch([]).parse(step.note[ANSWERED]);
}
