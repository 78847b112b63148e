import { accept } from '../upgrade/refusal.ts';
import { type Answered, type Desk, fromCloud, fromStore } from './desk.ts';
import { instanceLines, journalLines } from './journal-text.ts';
import { botsLine, statusLines, statusRow } from './status-text.ts';
import { columns } from './words.ts';

/** The unfinished and the newest upgrades that `status` lists. */
const LISTED_UPGRADES = 20;

export async function list({ connection }: Desk): Promise<Answered> {
  const rows = await fromCloud(connection, connection.service.list());
  return accept({ lines: instanceLines(rows), data: rows });
}

export async function status(desk: Desk, upgradeId: string | undefined): Promise<Answered> {
  return upgradeId === undefined ? await recent(desk) : await statusOf(desk, upgradeId);
}

async function recent({ connection, program }: Desk): Promise<Answered> {
  const views = await fromStore(connection, connection.service.recent(LISTED_UPGRADES));
  const bots = await fromStore(connection, connection.bots());
  const rows = [['upgrade', 'status', 'step', 'instances', 'last change'], ...views.map(statusRow)];
  const lines =
    views.length === 0
      ? [`There has been no upgrade in the store at ${connection.store}.`]
      : [...columns(rows), '', `One of them: ${program} status UPGRADE`];
  return accept({ lines: [...lines, `Bots: ${botsLine(bots)}.`], data: views });
}

async function statusOf(desk: Desk, upgradeId: string): Promise<Answered> {
  const { connection, program } = desk;
  const view = await fromStore(connection, connection.service.view(upgradeId));
  if (!view.ok) return view;
  const bots = await fromStore(connection, connection.bots());
  return accept({
    lines: statusLines({ view: view.value, nowMs: desk.now(), program, bots }),
    data: { ...view.value, bots },
  });
}

export async function journal({ connection }: Desk, upgradeId: string): Promise<Answered> {
  const events = await fromStore(connection, connection.service.journal(upgradeId));
  return events.ok ? accept({ lines: journalLines(events.value), data: events.value }) : events;
}
