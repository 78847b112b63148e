import { setTimeout as delay } from 'node:timers/promises';
import type { SlackMessage } from '../slack/message.ts';
import { people, places } from '../slack/seed.ts';
import type { World } from '../world/world.ts';
import { followJournal, type JournalLine, type JournalTail } from './journal-tail.ts';

export interface RunOptions {
  /** Told every line of the bot's journal as it is written. */
  onLine?: (line: JournalLine) => void;
  /** Told what people do. */
  onDeed?: (what: string) => void;
  /** How often the journal is read. */
  pollMs?: number;
  /** For the whole upgrade. */
  timeoutMs?: number;
}

export interface FinishedRun {
  upgradeId: string;
  /** `completed`, `rolled_back`, or `failed` when the bot gave up. */
  outcome: string;
  lines: readonly JournalLine[];
}

const defaultTimeoutMs = 180_000;
const startTimeoutMs = 30_000;
const defaultPollMs = 50;
/** People try again when a click was answered with an error: the bot may be restarting. */
const clickAgainMs = 150;

/**
 * Plays one upgrade as people would: the requester types the command, waits for the message with the buttons, and another
 * person clicks on Approve. Resolves when the journal ends; rejects when the command is refused or nothing happens in time.
 */
export async function runUpgrade(world: World, options: RunOptions = {}): Promise<FinishedRun> {
  const deed = options.onDeed ?? (() => undefined);
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const upgradeId = await typeCommand(world, deed);
  const journal = followJournal({
    storeUrl: world.storeUrl,
    upgradeId,
    pollMs: options.pollMs ?? defaultPollMs,
    ...(options.onLine && { onLine: options.onLine }),
  });
  try {
    const end = journal.until(isEnd, { what: 'end', timeoutMs });
    const over = end.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([approve(world, { upgradeId, journal, deed, timeoutMs }), over]);
    const last = await end;
    return {
      upgradeId,
      outcome: last.type === 'ended' ? (last.outcome ?? '') : 'failed',
      lines: journal.lines,
    };
  } finally {
    journal.close();
  }
}

function isEnd({ type }: JournalLine): boolean {
  // A failed undo leaves it to people: nothing more happens by itself.
  return type === 'ended' || type === 'undo_failed';
}

async function typeCommand(world: World, deed: (what: string) => void): Promise<string> {
  const { slack, source, target } = world;
  const text = `/redis-upgrade start ${source.id} ${target.id}`;
  deed(`${people.requester} types ${text}`);
  const outcome = await slack.command({ user: people.requester, channel: places.redisOps, text });
  if (!outcome.ok) throw new Error(`${text} was answered with ${outcome.error}`);
  const refusal = slack
    .waitForEphemeral(people.requester, (message) => upgradeIdIn(message) === undefined, startTimeoutMs)
    .then((message) => {
      throw new Error(`${text} was refused: ${message.text}`);
    });
  const accepted = slack
    .waitForMessage((message) => upgradeIdIn(message) !== undefined, startTimeoutMs)
    .then((message) => upgradeIdIn(message) ?? '');
  // Whichever loses must not be reported as unhandled.
  refusal.catch(() => undefined);
  return await Promise.race([accepted, refusal]);
}

function upgradeIdIn(message: SlackMessage): string | undefined {
  return /\bup-[a-z0-9]{8}\b/.exec(JSON.stringify([message.text, message.blocks ?? []]))?.[0];
}

interface Approval {
  upgradeId: string;
  journal: JournalTail;
  deed: (what: string) => void;
  timeoutMs: number;
}

async function approve(world: World, { upgradeId, journal, deed, timeoutMs }: Approval): Promise<void> {
  const { slack } = world;
  const asks = (message: SlackMessage) =>
    upgradeIdIn(message) === upgradeId && JSON.stringify(message.blocks ?? []).includes('"approve_cutover"');
  const decided = () => journal.lines.some(({ type }) => type === 'approval_given');
  const deadline = performance.now() + timeoutMs;
  while (!decided() && performance.now() < deadline) {
    const message = await slack.waitForMessage(asks, Math.max(1, deadline - performance.now()));
    deed(`${people.approver} clicks on Approve`);
    const click = { user: people.approver, messageTs: message.ts, actionId: 'approve_cutover' };
    const outcome = await slack.click(click);
    if (outcome.ok) return;
    await delay(clickAgainMs);
  }
}
