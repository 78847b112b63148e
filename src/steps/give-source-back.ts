import { formatAddress } from '../upgrade/instance.ts';
import type { StepContext, UndoResult } from '../upgrade/step-definition.ts';
import { moveAddress } from './address-move.ts';
import { openGate } from './fence.ts';
import { parkingAddressOf, requirePlan, type StepDeps } from './step-deps.ts';

/**
 * Clients write to the source at the old address again, whatever of the cutover had been done: a store that lost its last second
 * may not know that the fence was begun, or that the source was parked. Never while the target holds the address.
 */
export async function giveSourceBack(deps: StepDeps, context: StepContext): Promise<UndoResult> {
  const plan = requirePlan(context.state);
  const [source, target] = await Promise.all([
    deps.cloud.readInstance(plan.source),
    deps.cloud.readInstance(plan.target),
  ]);
  const old = formatAddress(plan.oldAddress);
  if (formatAddress(target.address) === old) {
    const message = `${plan.target.id} holds ${old}: the source stays read-only, or two instances would take writes. Move ${plan.target.id} to another address in the console, then /redis-upgrade resume.`;
    return { kind: 'failed', error: { code: 'target_holds_address', message } };
  }
  const parking = parkingAddressOf(context.state, plan);
  const isParked = formatAddress(source.address) === formatAddress(parking);
  if (plan.switch === 'address' && isParked) {
    const moved = await moveAddress(deps, context, {
      instance: plan.source,
      from: parking,
      to: plan.oldAddress,
      releasedBy: plan.target.id,
      whenTaken: 'Free it in the console, then go on with /redis-upgrade resume.',
    });
    if (moved.kind !== 'there') return moved;
  }
  const open = await openGate(deps, context, plan.source);
  return open.kind === 'there' ? { kind: 'undone' } : open;
}
