import { setTimeout as delay } from 'node:timers/promises';
import type { JournalLine, JournalTail } from '../../src/sandbox/demo/journal-tail.ts';
import type { SlackMessage } from '../../src/sandbox/slack/message.ts';
import { people, places } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';

/** People repeat what seems to have gone unheard: Slack may be down, or the bot. */
const repeatMs = 2_000;
const lookMs = 100;
const answerTimeoutMs = 5_000;
const maxStarts = 10;
/** An upgrade that has said nothing for so long after something failed is looked at by a person. */
const quietMs = 3_000;

/** Types `start` until the bot says which upgrade began. */
export async function typeStart(world: World): Promise<string> {
  const text = `/redis-upgrade start ${world.source.id} ${world.target.id}`;
  let said = '';
  for (let attempt = 1; attempt <= maxStarts; attempt++) {
    said = await type(world, people.requester, text);
    const id = /\bup-[a-z0-9]{8}\b/.exec(said)?.[0];
    if (id !== undefined) return id;
    await delay(repeatMs / 4);
  }
  throw new Error(`The upgrade could not be started: ${said}`);
}

/** Types a command again until somebody answers, whatever the answer; gives up in the end, as people do. */
export async function typeUntilHeard(world: World, user: string, text: string): Promise<void> {
  for (let attempt = 1; attempt <= maxStarts; attempt++) {
    if ((await type(world, user, text)).startsWith('[')) return;
    await delay(repeatMs / 4);
  }
}

/** Types a command and answers what the person is told, as JSON, or why nobody heard it. */
async function type(world: World, user: string, text: string): Promise<string> {
  const before = new Set(world.slack.ephemerals(user).map(({ ts }) => ts));
  const answer = world.slack
    .waitForEphemeral(user, ({ ts }) => !before.has(ts), answerTimeoutMs)
    .then(
      (message) => JSON.stringify([message.text, message.blocks ?? []]),
      () => 'no answer',
    );
  const outcome = await world.slack.command({ user, channel: places.redisOps, text });
  return outcome.ok ? await answer : outcome.error;
}

export interface ApprovalHabits {
  lateMs: number;
  clicks: number;
}

/** Clicks on Approve whenever the bot asks, late and more than once if that is the habit, until `over` says so. */
export async function approveAlways(
  world: World,
  upgradeId: string,
  options: ApprovalHabits & { over: () => boolean },
): Promise<void> {
  const { lateMs, clicks, over } = options;
  const clickedAt = new Map<string, number>();
  while (!over()) {
    await delay(lookMs);
    const message = requestFor(world, upgradeId);
    if (message === undefined) continue;
    const clicked = clickedAt.get(message.ts);
    if (clicked !== undefined && performance.now() - clicked < repeatMs) continue;
    if (clicked === undefined) await delay(lateMs);
    clickedAt.set(message.ts, performance.now());
    const click = {
      user: people.approver,
      messageTs: message.ts,
      actionId: 'approve_cutover',
      seen: message,
    };
    await Promise.allSettled(Array.from({ length: clicks }, () => world.slack.click(click)));
  }
}

/** The newest request for approval that still has its buttons. */
function requestFor(world: World, upgradeId: string): SlackMessage | undefined {
  return world.slack
    .messages(places.redisOps)
    .flatMap((root) => world.slack.thread(places.redisOps, root.ts))
    .findLast((message) => {
      const words = JSON.stringify([message.text, message.blocks ?? []]);
      return words.includes(upgradeId) && words.includes('"approve_cutover"');
    });
}

/**
 * Resumes an upgrade that called for a person, as its message says; the trouble is over by then. Resolves once `over` says so,
 * with why it was stuck, each time.
 */
export async function resumeWhenStuck(
  world: World,
  upgradeId: string,
  options: { journal: JournalTail; over: () => boolean },
): Promise<string[]> {
  const { journal, over } = options;
  const whys: string[] = [];
  let seen = { lines: 0, atMs: performance.now() };
  while (!over()) {
    await delay(lookMs);
    const { lines } = journal;
    if (lines.length !== seen.lines) seen = { lines: lines.length, atMs: performance.now() };
    const last = lines.at(-1);
    const quiet = performance.now() - seen.atMs > quietMs;
    if (last === undefined || !quiet || !callsForPerson(last)) continue;
    world.cloud.faults.clear();
    const said = await type(world, people.approver, `/redis-upgrade resume ${upgradeId}`);
    if (!said.includes('nothing to resume')) whys.push(`${last.step}: ${last.error?.message ?? last.type}`);
    seen = { ...seen, atMs: performance.now() };
  }
  return whys;
}

/** Nothing but `resumed` may follow when the upgrade is stuck, so it shows in the last line. */
function callsForPerson({ type: what }: JournalLine): boolean {
  return ['undo_failed', 'step_failed', 'rollback_called_off'].includes(what);
}
