import type { Decision } from '../service/upgrade-service.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import type { ApprovalView, UpgradeView } from '../upgrade/view.ts';
import { approvalLine, approvalLines } from './approval-text.ts';
import type { DecidingCommand } from './command-line.ts';
import { type Answered, changed, type Desk, fromStore, personAt } from './desk.ts';
import { botsLine } from './status-text.ts';
import { actorOf } from './words.ts';

const NO_REASON = 'At the terminal; no reason was given.';

/** Takes a person's decision to the service and says what became of it. */
export async function decideAtTerminal(desk: Desk, command: DecidingCommand): Promise<Answered> {
  const said = await ask(desk, command);
  if (!said.ok) return said;
  const view = said.value;
  const bots = await fromStore(desk.connection, desk.connection.bots());
  return accept({
    lines: [
      `Written to the journal of ${view.id}: ${DONE[command.name]} by ${actorOf(personAt(desk, command.as))}.`,
      `The upgrade is now: ${view.status}.`,
      ...whatNow(desk, { view, bots }),
    ],
    data: { ...view, bots },
  });
}

const DONE: Record<DecidingCommand['name'], string> = {
  approve: 'approved',
  reject: 'rejected',
  abort: 'aborted',
  rollback: 'a rollback was asked for',
  pause: 'paused',
  resume: 'resumed',
  finish: 'asked to finish',
  verify: 'asked to be compared again',
  repair: 'a repair was asked for',
};

/** A decision is one line in the store: somebody has to act on it. */
function whatNow(desk: Desk, { view, bots }: { view: UpgradeView; bots: number | undefined }): string[] {
  const look = `To follow it: ${desk.program} status ${view.id}`;
  if (bots !== 0) return [`${capital(botsLine(bots))}. ${look}`];
  return [
    `${capital(botsLine(bots))}.`,
    'Your decision is kept and counts as soon as one runs. Start the bot (node dist/main.js, with its environment),',
    `or perform the steps in this terminal: ${desk.program} work --until-ended ${view.id}`,
  ];
}

async function ask(desk: Desk, command: DecidingCommand): Promise<Outcome<UpgradeView>> {
  const { connection } = desk;
  const { service } = connection;
  const { upgradeId } = command;
  const person = personAt(desk, command.as);
  switch (command.name) {
    case 'approve':
      return await approve(desk, command);
    case 'reject':
      return await reject(desk, command);
    case 'abort':
      return await changed(
        connection,
        service.abort(person, { upgradeId, reason: command.reason || NO_REASON }),
      );
    case 'rollback':
      return await changed(connection, service.rollback(person, { upgradeId, mode: command.mode }));
    case 'pause':
    case 'resume':
    case 'finish':
    case 'verify':
    case 'repair':
      return await changed(connection, service[command.name](person, upgradeId));
  }
}

/** Shows what is asked, has the source's id typed, and approves exactly the request that was shown. */
async function approve(desk: Desk, command: DecidingCommand): Promise<Outcome<UpgradeView>> {
  const found = await requestOf(desk, command.upgradeId);
  if (!found.ok) return found;
  const { view, approval } = found.value;
  // Closed for good: the service says by whom, when there is nothing to confirm any more.
  if (approval.status === 'waiting') {
    desk.say([...approvalLines(approval), '', approvalLine(approval, desk.now()), '']);
    const refused = await whyNotConfirmed(desk, command, view.source);
    if (refused !== undefined) return refused;
  }
  return await take(desk, command, { approvalId: approval.id, verdict: 'approve' });
}

async function reject(desk: Desk, command: DecidingCommand): Promise<Outcome<UpgradeView>> {
  const found = await requestOf(desk, command.upgradeId);
  if (!found.ok) return found;
  const reason = command.reason || NO_REASON;
  return await take(desk, command, { approvalId: found.value.approval.id, verdict: 'reject', reason });
}

async function take(desk: Desk, command: DecidingCommand, decision: Decision): Promise<Outcome<UpgradeView>> {
  const { connection } = desk;
  return await changed(connection, connection.service.decide(personAt(desk, command.as), decision));
}

async function requestOf(
  { connection, program }: Desk,
  upgradeId: string,
): Promise<Outcome<{ view: UpgradeView; approval: ApprovalView }>> {
  const found = await fromStore(connection, connection.service.view(upgradeId));
  if (!found.ok) return found;
  const { approval, status } = found.value;
  if (approval !== undefined) return accept({ view: found.value, approval });
  return refuse(
    'no_request',
    `Upgrade ${upgradeId} is ${status} and has not asked for an approval. See ${program} status ${upgradeId}.`,
  );
}

/** A person who types the id has read which instance it is about. */
async function whyNotConfirmed(
  desk: Desk,
  command: DecidingCommand,
  source: string,
): Promise<Outcome<never> | undefined> {
  let typed = command.confirm;
  if (typed === undefined) {
    desk.say([`Type the id of the source instance to approve (anything else approves nothing):`]);
    typed = await desk.readLine();
  }
  if (typed?.trim() === source) return undefined;
  const what =
    typed === undefined || typed.trim() === '' ? 'Nothing was typed' : `"${typed.trim()}" was typed`;
  return refuse(
    'not_confirmed',
    `${what}, which is not the id of the source, ${source}. Nothing was approved and nothing has changed.`,
  );
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
