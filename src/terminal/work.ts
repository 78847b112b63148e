import { accept, refuse } from '../upgrade/refusal.ts';
import type { UpgradeView } from '../upgrade/view.ts';
import { type Answered, type Desk, fromStore } from './desk.ts';
import { timeOf } from './words.ts';

/** Between two looks at how far it is. */
const LOOK_MS = 500;
/** A lost doorbell is rung again this often. */
const RING_MS = 15_000;

/**
 * Performs steps in this process until the upgrade has ended, is stuck, or a person interrupts. It shares the work with
 * whatever bots there are, as every bot does, so it may take up other unfinished upgrades as well.
 */
export async function work(desk: Desk, upgradeId: string): Promise<Answered> {
  const { connection, program } = desk;
  const found = await fromStore(connection, connection.service.view(upgradeId));
  if (!found.ok) return found;
  if (found.value.endedAtMs === undefined && found.value.stuck === undefined) {
    const refusals = await connection.work();
    if (refusals.length > 0) return refuse('store_unfit', refusals.join('\n'));
    desk.say([
      `This terminal performs the steps now, as a bot does. Do not close it; Ctrl-C stops after what is being done.`,
    ]);
  }
  const { view, interrupted } = await follow(desk, found.value);
  if (interrupted)
    return refuse(
      'interrupted',
      `Stopped; ${upgradeId} has NOT ended (${view.status}). To go on: ${program} work --until-ended ${upgradeId}`,
    );
  if (view.stuck !== undefined)
    return refuse(
      'stuck',
      `Stuck at ${view.stuck.step}: ${view.stuck.message}\nSee ${program} status ${upgradeId}`,
    );
  return accept({ lines: [`${upgradeId} has ended: ${view.status}.`], data: view });
}

async function follow(desk: Desk, first: UpgradeView): Promise<{ view: UpgradeView; interrupted: boolean }> {
  const { connection } = desk;
  let view = first;
  let shown = '';
  let rungAtMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const line = `${view.status}${view.currentStep === undefined ? '' : ` at ${view.currentStep}`}`;
    if (line !== shown) desk.say([`${timeOf(desk.now())}  ${line}`]);
    shown = line;
    if (view.endedAtMs !== undefined || view.stuck !== undefined) return { view, interrupted: false };
    if (desk.now() - rungAtMs >= RING_MS) {
      rungAtMs = desk.now();
      await fromStore(connection, connection.ring(view.id));
    }
    if (await desk.pause(LOOK_MS)) return { view, interrupted: true };
    const looked = await fromStore(connection, connection.service.view(view.id));
    if (looked.ok) view = looked.value;
  }
}
