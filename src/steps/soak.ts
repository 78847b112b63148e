import { formatAddress, type PrivateAddress } from '../upgrade/instance.ts';
import type { Plan } from '../upgrade/plan.ts';
import { fenceOf, type UpgradeState } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult } from '../upgrade/step-definition.ts';
import { beforeCutover } from './before-cutover.ts';
import { compareHealth, followHealth } from './health.ts';
import { lookForClients } from './returned-clients.ts';
import { lookAtSource, type SourceLook } from './source-look.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';
import { compareWatch, type Watch, type WatchedSource, watchSchema } from './watch.ts';
import { describeWatch, watchFigures } from './watch-summary.ts';

/** Watches both sides: nobody left on the source, nothing written there, every client back on the target. */
export function createSoak(deps: StepDeps): StepDefinition {
  return {
    name: 'soak',
    title: 'Watch',
    describe: () =>
      `ends connections left on the source, watches both sides for ${Math.round(deps.settings.soakMs / 1000)} s or until somebody finishes`,
    describeUndo: 'nothing to undo: it only watches',
    undo: { none: 'it only watches' },
    patienceMs: deps.settings.undoPatienceMs,
    run: (context) => run(deps, context),
  };
}

async function run(deps: StepDeps, context: StepContext): Promise<StepResult> {
  const plan = requirePlan(context.state);
  const source = watchedSource(context.state, plan);
  const target = await deps.cloud.readInstance(plan.target);
  if (formatAddress(target.address) !== formatAddress(source.newAddress)) {
    const message = `${plan.target.id} is at ${formatAddress(target.address)} and no longer at ${formatAddress(source.newAddress)}: somebody moved it.`;
    return { kind: 'failed', error: { code: 'address_moved', message } };
  }
  // Whatever is found from here on is told and decides nothing.
  const known = watchSchema.parse(context.step.note['watch'] ?? {});
  const tryGate = fenceOf(context.state) !== 'detach' && !known.unfenced;
  const look = await lookAtSource(deps, source, { tryGate, endConnections: source.endsConnections });
  const watch = 'unreachable' in look ? known : await tell(context, known, { look, source });
  const before = beforeCutover(context.state);
  const clients = await lookForClients(deps, context, { target, before });
  const watched = { source, look, watch, clients };
  context.progress(describeWatch(watched));

  const isLast = isOver(deps, context, look);
  const health = await followHealth(deps, context, { instance: plan.target, isLast });
  if (!isLast) return { kind: 'again', afterMs: untilNextLook(deps, context) };
  const summary = `${describeWatch(watched)} ${compareHealth(before.health, health)}`;
  const figures = { ...watchFigures(watched), healthBefore: before.health, healthSince: health };
  return { kind: 'succeeded', output: { ...figures, summary } };
}

/** Clients that change their address themselves are on the source until they have done so: nobody is sent away there. */
function watchedSource(state: UpgradeState, plan: Plan): WatchedSource {
  const byAddress = state.switch === 'address';
  const fenced = state.steps['fence-source'].output?.['writes'];
  const targetAddress: PrivateAddress = state.approval?.facts.target.address ?? plan.target.address;
  return {
    id: plan.source.id,
    address: byAddress ? parkingAddressOf(state, plan) : plan.oldAddress,
    newAddress: byAddress ? plan.oldAddress : targetAddress,
    writesAtFence: typeof fenced === 'number' ? fenced : undefined,
    endsConnections: byAddress,
  };
}

/** Journals what is new, with the words for the thread: each thing is told once. */
async function tell(
  context: StepContext,
  known: Watch,
  seen: { look: SourceLook; source: WatchedSource },
): Promise<Watch> {
  const { watch, said, urgent } = compareWatch(known, seen.look, seen.source);
  if (said.length > 0) await context.note({ watch, said: said.join(' '), urgent });
  return watch;
}

/** Where the team changes the address, the watch goes on until nobody is on the source any more, or somebody finishes. */
function isOver(deps: StepDeps, context: StepContext, look: SourceLook | { unreachable: string }): boolean {
  if (context.state.finishRequested) return true;
  if (context.elapsedMs < deps.settings.soakMs) return false;
  return context.state.switch === 'address' || ('left' in look && look.left === 0);
}

function untilNextLook(deps: StepDeps, context: StepContext): number {
  const leftMs = deps.settings.soakMs - context.elapsedMs;
  return leftMs <= 0 ? deps.settings.soakPollMs : Math.max(1, Math.min(deps.settings.soakPollMs, leftMs));
}
