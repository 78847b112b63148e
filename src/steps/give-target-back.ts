import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, UndoResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { openGate } from './fence.ts';
import { targetParkingAddress } from './rollback-plan.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';
import { takeAddressBack } from './take-address-back.ts';

/**
 * Clients write to the target at the old address again, whatever of the rollback had been done: a store that lost its last second
 * may not know that the target was fenced, or moved. Never while the source takes writes at the address.
 */
export async function giveTargetBack(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const byAddress = plan.switch === 'address';
  const taken = byAddress ? await takeAddressBack(deps, context) : undefined;
  if (taken !== undefined && taken.kind !== 'undone') return taken;
  const target = await deps.cloud.readInstance(plan.target);
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
