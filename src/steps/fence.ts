import type { RedisConnection } from '../compare/wire/redis-connection.ts';
import type { PrivateAddress } from '../upgrade/instance.ts';
import type { Fence, InstanceFacts } from '../upgrade/plan.ts';
import type { StepContext, StepResult } from '../upgrade/step-definition.ts';
import { type AddressMove, moveAddress } from './address-move.ts';
import { endOrdinaryConnections } from './connections.ts';
import { countWrites, probeWrites, type WriteGate } from './fence-probe.ts';
import { lookAt, type Settled, settle } from './settle.ts';
import type { StepDeps } from './step-deps.ts';

/** An instance that is to take no writes any more, and how that is brought about. */
export interface Subject {
  instance: InstanceFacts;
  kind: Fence;
  /** `detach`: from the first to the second. */
  home: PrivateAddress;
  parking: PrivateAddress;
  whenTaken: string;
  /** Notes how often it was looked at before it was known to be closed: a look at an open gate writes itself. */
  notesLooks?: boolean;
}

/** Executed write commands at the last look; equal twice in a row proves that the instance has gone quiet. */
const WRITES_SEEN = 'writes-seen-by:';
/** A metric point covers the time before it: only one that is this much younger than the fence speaks of the fenced time. */
const METRIC_PERIOD_MS = 10_000;

/** Keeps an instance from taking writes, and proves it without touching data. */
export async function fence(deps: StepDeps, context: StepContext, subject: Subject): Promise<StepResult> {
  const key = `${WRITES_SEEN}${context.step.startedAtMs}`;
  const before = await context.scratch.read(key);
  const notesLook = subject.notesLooks === true && before === undefined;
  const fenced =
    subject.kind === 'read-only'
      ? await closeGate(deps, context, { ...subject, notesLooks: notesLook })
      : await takeAddressAway(deps, context, subject);
  if (fenced.kind !== 'there') return fenced;
  if (before !== String(fenced.writes)) {
    await context.scratch.write(key, String(fenced.writes));
    return { kind: 'again', afterMs: 0 };
  }
  if (subject.kind === 'read-only' && (await metricSaysWrites(deps, context, subject)))
    return { kind: 'again', afterMs: deps.settings.pollLastMs };
  return { kind: 'succeeded', output: { writes: fenced.writes, summary: PROVED[subject.kind] } };
}

const PROVED: Record<Fence, string> = {
  'read-only': 'plain and scripted writes are refused, none is executed any more',
  detach: 'no client has a connection any more, and no write is executed',
};

type Fenced = Exclude<Settled, { kind: 'there' }> | { kind: 'there'; writes: number };

async function closeGate(
  deps: StepDeps,
  context: StepContext,
  { instance, notesLooks }: Subject,
): Promise<Fenced> {
  let writes = Number.NaN;
  const settled = await settle(context, deps, {
    action: 'set-read-only',
    what: `Making ${instance.id} read-only`,
    detail: { instance: instance.id },
    async look() {
      // Before anything was asked for there is nothing to see, and a probe of an open gate is itself a write that is counted.
      if (!context.step.intents.some(({ action }) => action === 'set-read-only')) return 'absent';
      const now = await deps.cloud.readInstance(instance);
      if (now.status === 'in-flow') return 'busy';
      if (notesLooks) await context.note({ looks: Number(context.step.note['looks'] ?? 0) + 1 });
      const seen = await deps.access.use(now, lookInside);
      writes = seen.writes;
      return lookAt(now, seen.gate === 'closed');
    },
    act: () => deps.cloud.setReadOnly(instance, true),
  });
  return settled.kind === 'there' ? { kind: 'there', writes } : settled;
}

async function lookInside(connection: RedisConnection): Promise<{ gate: WriteGate; writes: number }> {
  const [gate, writes] = await Promise.all([probeWrites(connection), countWrites(connection)]);
  return { gate, writes };
}

/** Nobody reaches the instance by the old address, and whoever still has a connection loses it. */
async function takeAddressAway(deps: StepDeps, context: StepContext, subject: Subject): Promise<Fenced> {
  const moved = await moveAddress(deps, context, awayFrom(subject));
  if (moved.kind !== 'there') return moved;
  const now = { id: subject.instance.id, address: subject.parking };
  const seen = await deps.access.use(now, async (connection) => ({
    ended: await endOrdinaryConnections(connection),
    writes: await countWrites(connection),
  }));
  if (seen.ended === 'unknown') {
    const message = `${subject.instance.id} does not let its connections be seen, so it cannot be proved that no client writes to it any more.`;
    return { kind: 'failed', error: { code: 'connections_unknown', message } };
  }
  if (seen.ended.left.length === 0) return { kind: 'there', writes: seen.writes };
  context.progress(`${seen.ended.left.length} clients are still connected to ${subject.instance.id}`);
  return { kind: 'again', afterMs: deps.settings.pollFirstMs };
}

function awayFrom({ instance, home, parking, whenTaken }: Subject): AddressMove {
  return { instance, from: home, to: parking, whenTaken };
}

/** The cloud's own write metric, where it already speaks of the time since the fence. */
async function metricSaysWrites(
  deps: StepDeps,
  context: StepContext,
  { instance }: Subject,
): Promise<boolean> {
  const fencedAtMs =
    context.step.intents.findLast((intent) => intent.action === 'set-read-only')?.atMs ?? context.nowMs;
  if (context.nowMs - fencedAtMs < METRIC_PERIOD_MS) return false;
  const { CmdWrite } = await deps.cloud.readMetrics(instance, ['CmdWrite'], fencedAtMs);
  return CmdWrite !== undefined && CmdWrite.atMs - fencedAtMs > METRIC_PERIOD_MS && CmdWrite.value > 0;
}

/** Makes an instance writable, and sees a plain and a scripted write accepted. */
export function openGate(deps: StepDeps, context: StepContext, instance: InstanceFacts): Promise<Settled> {
  return settle(context, deps, {
    action: 'set-writable',
    what: `Making ${instance.id} writable`,
    detail: { instance: instance.id },
    async look() {
      const now = await deps.cloud.readInstance(instance);
      if (now.status === 'in-flow') return 'busy';
      return lookAt(now, (await deps.access.use(now, probeWrites)) === 'open');
    },
    act: () => deps.cloud.setReadOnly(instance, false),
  });
}
