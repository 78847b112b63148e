import { holderOf } from '../../upgrade/holder.ts';
import { formatAddress, type PrivateAddress } from '../../upgrade/instance.ts';
import type { Plan } from '../../upgrade/plan.ts';
import type { StepName } from '../../upgrade/steps.ts';
import { handOverFacts, type StepView, type UpgradeView } from '../../upgrade/view.ts';

type Side = 'source' | 'target';

/** Which instance clients reach now. */
export function whoServes(view: UpgradeView): string {
  if (view.switch === 'code') return whoServesByCode(view);
  const address = oldAddressOf(view, 'The old address');
  const holder = holderOf(view);
  if (holder === 'moving') return `${address} is between the two instances: clients may not reach either.`;
  const refuses = gateOf(view, holder) === 'open' ? '' : ', which may still refuse writes';
  return `${address} is served by ${view[holder]}${refuses}.`;
}

function whoServesByCode(view: UpgradeView): string {
  if (!hasBegun(view, 'hand-out-address') || statusOf(view, 'hand-back-address') === 'succeeded') {
    const refuses = gateOf(view, 'source') === 'open' ? '' : ', which may still refuse writes';
    return `Clients use ${view.source} at ${oldAddressOf(view, 'its address')}${refuses}.`;
  }
  const refuses = gateOf(view, 'target') === 'open' ? '' : ', which may still refuse writes';
  return `Clients are to use ${view.target} at ${targetAddressOf(view, 'its own address')}${refuses}; ${view.source} answers reads only.`;
}

/** Where each instance is and whether it takes writes, by the journal: for people who have to decide. */
export function whatIsWhere(view: UpgradeView): string {
  if (view.plan === undefined) return 'Nothing has been changed.';
  const between =
    view.switch === 'address' && holderOf(view) === 'moving'
      ? `${formatAddress(view.plan.oldAddress)} is between the two instances, so clients may not reach either; `
      : '';
  const { plan } = view;
  return `As far as my journal says, ${between}${placeOf(view, plan, 'source')}; ${placeOf(view, plan, 'target')}.`;
}

function placeOf(view: UpgradeView, plan: Plan, side: Side): string {
  const id = view[side];
  const holder = holderOf(view);
  const gate = isUnused(view, side) ? 'no client uses it' : GATE_WORDS[gateOf(view, side)];
  if (view.switch === 'code') return `${id} is at ${formatAddress(ownAddress(view, plan, side))} and ${gate}`;
  if (holder === side) return `${id} holds ${formatAddress(plan.oldAddress)} and ${gate}`;
  if (holder === 'moving') return `${id} ${gate}`;
  return `${id} is at ${formatAddress(ownAddress(view, plan, side))} and ${gate}`;
}

/** The target before clients were handed to it: that it would take writes is no news. */
function isUnused(view: UpgradeView, side: Side): boolean {
  if (side === 'source' || hasBegun(view, 'fence-target')) return false;
  return view.switch === 'code' ? !hasBegun(view, 'hand-out-address') : holderOf(view) === 'source';
}

/** Where an instance is while it does not hold the old address; in a code switch, where it always is. */
function ownAddress(view: UpgradeView, plan: Plan, side: Side): PrivateAddress {
  const { approval } = view;
  if (side === 'source') {
    if (view.switch === 'code') return plan.oldAddress;
    if (approval?.purpose === 'rollback') return approval.facts.source.address;
    return handOverFacts(view)?.parkingAddress ?? plan.parkingAddress;
  }
  if (approval?.purpose === 'rollback' && view.switch === 'address') return approval.facts.parkingAddress;
  return approval?.facts.target.address ?? plan.target.address;
}

type Gate = 'open' | 'closed' | 'unsure' | 'cut off';

const GATE_WORDS: Record<Gate, string> = {
  open: 'takes writes',
  closed: 'is read-only',
  unsure: 'may be read-only',
  'cut off': 'is cut off from its clients, but not read-only: the cloud refuses that switch',
};

/** Whether an instance takes writes, by the steps that close and open it. */
function gateOf(view: UpgradeView, side: Side): Gate {
  const fence = statusOf(view, side === 'source' ? 'fence-source' : 'fence-target');
  if (fence === undefined || fence === 'never_started' || fence === 'undone') return 'open';
  if (side === 'source') {
    const opened = statusOf(view, 'open-source');
    if (opened === 'succeeded') return 'open';
    if (hasBegun(view, 'open-source')) return 'unsure';
  }
  if (fence !== 'succeeded') return 'unsure';
  return handOverFacts(view)?.fence === 'detach' && view.switch === 'address' ? 'cut off' : 'closed';
}

/** True from the first call of a step until it was undone. */
function hasBegun(view: UpgradeView, name: StepName): boolean {
  const status = statusOf(view, name);
  return status !== undefined && status !== 'never_started' && status !== 'undone';
}

function statusOf(view: UpgradeView, name: StepName): StepView['status'] | undefined {
  return view.steps.find((step) => step.name === name)?.status;
}

/** `10.0.0.7:6379`, or other words while there is no plan. */
export function oldAddressOf(view: UpgradeView, otherwise: string): string {
  return view.plan === undefined ? otherwise : formatAddress(view.plan.oldAddress);
}

function targetAddressOf(view: UpgradeView, otherwise: string): string {
  return view.plan === undefined ? otherwise : formatAddress(ownAddress(view, view.plan, 'target'));
}
