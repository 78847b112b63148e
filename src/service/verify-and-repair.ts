import type { Finding } from '../upgrade/finding.ts';
import type { Outcome } from '../upgrade/refusal.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import type { ServiceRoom } from './service-room.ts';
import type { Person } from './upgrade-service.ts';

/** Everything is compared afresh; an approval that was asked for or given counts no more. */
export function verify(room: ServiceRoom, person: Person, upgradeId: string): Promise<Outcome<UpgradeView>> {
  return room.append(person, upgradeId, {
    body: () => ({ type: 'verification_requested' }),
    refusal: (state, why) => whyNot(state, why, 'compared again'),
  });
}

/** Asks for the target to be made equal to the source; it has an approval of its own. */
export function repair(room: ServiceRoom, person: Person, upgradeId: string): Promise<Outcome<UpgradeView>> {
  return room.append(person, upgradeId, {
    body: (state) => ({ type: 'repair_requested', automatic: false, finding: findingOf(state) }),
    refusal: (state, why) => whyNot(state, why, 'repaired'),
  });
}

/** What the latest comparison found: that is what an approver is shown. */
function findingOf({ differences, steps }: UpgradeState): Finding {
  if (differences !== undefined) return differences.finding;
  const keysCompared = Number(steps['verify-data'].output?.['keysCompared'] ?? 0);
  return { keysCompared, differences: 0, complete: true, byKind: {}, examples: [] };
}

function whyNot(state: UpgradeState, why: string, what: string): string {
  const { id, source, target } = state;
  if (state.ended !== undefined) return `Upgrade ${id} has ended; there is nothing left to be ${what}.`;
  if (state.stuck !== undefined)
    return `Upgrade ${id} is stuck at ${state.stuck.step}: ${state.stuck.message} When that is repaired, go on with /redis-upgrade resume ${id}.`;
  if (state.rollback !== undefined) return `Upgrade ${id} is being rolled back, so nothing is ${what}.`;
  if (state.goingBack !== undefined) return `Upgrade ${id} is going back, so nothing is ${what}.`;
  if (state.repair !== undefined)
    return `A repair of ${target} is under way already, and everything is compared afresh after it. To end it: /redis-upgrade abort ${id} undoes the upgrade, or an approver rejects the request.`;
  if (state.steps['fence-source'].status !== 'never_started')
    return `Upgrade ${id} is past the beginning of its cutover: clients may write to ${target} by now, so that it and ${source} differ rightly. Nothing is ${what}. The way back, if the data is wrong: /redis-upgrade rollback ${id}.`;
  if (state.paused) return `Upgrade ${id} is paused. Go on with /redis-upgrade resume ${id}, then ask again.`;
  return `Upgrade ${id} cannot be ${what} now: ${why}.`;
}
