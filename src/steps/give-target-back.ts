import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, UndoResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { openGate } from './fence.ts';
import { targetParkingAddress } from './rollback-plan.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/**
 * Clients write to the target at the old address again, whatever of the rollback had been done: a store that lost its last second
 * may not know that the target was fenced, or moved. Never while the source holds the address.
 */
export async function giveTargetBack(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  const old = formatAddress(plan.oldAddress);
  const byAddress = plan.switch === 'address';
  if (byAddress && formatAddress(source.address) === old) {
    const message = `${source.id} holds ${old} and serves the clients; ${target.id} stays fenced, or two instances would take writes. Leave it so, or move ${source.id} to another address in the console, then /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'source_holds_address', message } };
  }
  const parking = targetParkingAddress(context.state, plan);
  if (byAddress && formatAddress(target.address) === formatAddress(parking)) {
    const moved = await moveAddress(deps, context, {
      instance: plan.target,
      from: parking,
      to: plan.oldAddress,
      releasedBy: plan.source.id,
      whenTaken: 'Free it in the console, then go on with /redis-upgrade resume.',
    });
    if (moved.kind !== 'there') return moved;
  }
  const open = await openGate(deps, context, plan.target);
  return open.kind === 'there' ? { kind: 'undone' } : open;
}
