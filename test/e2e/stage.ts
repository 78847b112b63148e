import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { followJournal, type JournalLine, type JournalTail } from '../../src/sandbox/demo/journal-tail.ts';
import type { SlackMessage } from '../../src/sandbox/slack/message.ts';
import { people, places } from '../../src/sandbox/slack/seed.ts';
import { type BotProcess, createBotProcess } from '../../src/sandbox/world/bot-process.ts';
import { startWorld, type World, type WorldOptions } from '../../src/sandbox/world/world.ts';
import { wordsOf } from './words.ts';

/** Waits that production needs and a test does not; everything else is as in production. */
const quickSettings = {
  REDIS_UPGRADE_SOAK_SECONDS: '0.3',
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.2',
  // A killed process holds its lease until it runs out.
  REDIS_UPGRADE_LEASE_MS: '1000',
};
/** Enough to lose some, little enough to leave the machine to the bot. */
const lightTraffic = { writesPerSecond: 150, readsPerSecond: 50, clients: 3 };
const fewKeys = 300;
const answerTimeoutMs = 20_000;
const upgradeTimeoutMs = 90_000;
const journalPollMs = 10;

/** A world of a few keys and light traffic, with Slack's rate limits off unless `rateLimits` is set. */
export async function startStage(
  options: Partial<WorldOptions> & { rateLimits?: boolean } = {},
): Promise<World> {
  const { rateLimits = false, botSettings, ...rest } = options;
  const world = await startWorld({
    from: '2.8',
    to: 'standard',
    keys: fewKeys,
    cloudSpeed: 'instant',
    botMode: 'child',
    traffic: lightTraffic,
    ...rest,
    botSettings: { ...quickSettings, ...botSettings },
  });
  world.slack.setRateLimits(rateLimits);
  return world;
}

/** Types a command and answers what this person, and nobody else, is told. */
export async function ask(world: World, user: string, text: string): Promise<string> {
  return await answered(world, user, () => world.slack.command({ user, channel: places.redisOps, text }));
}

/** Clicks a button and answers what this person, and nobody else, is told. */
export async function click(
  world: World,
  user: string,
  button: { message: SlackMessage; actionId: string },
): Promise<string> {
  const { message, actionId } = button;
  return await answered(world, user, () =>
    // As this person still saw it: a click races with the edit that takes the button away.
    world.slack.click({ user, messageTs: message.ts, actionId, seen: message }),
  );
}

/** Does something as a person and answers the private message that comes of it. */
export async function answered(
  world: World,
  user: string,
  act: () => Promise<{ ok: boolean }>,
): Promise<string> {
  const before = new Set(world.slack.ephemerals(user).map(({ ts }) => ts));
  const answer = world.slack.waitForEphemeral(user, ({ ts }) => !before.has(ts), answerTimeoutMs);
  expect(await act()).toEqual({ ok: true });
  return wordsOf(await answer);
}

/** One upgrade as the test follows it. */
export interface Followed {
  id: string;
  journal: JournalTail;
  lines: readonly JournalLine[];
  until(type: string, step?: string): Promise<JournalLine>;
  /** Resolves with the outcome once the journal ends; the thread may still be behind. */
  ended(): Promise<string | undefined>;
  /** The newest request for approval that has buttons. */
  request(): Promise<SlackMessage>;
}

export interface BeginOptions {
  source?: string;
  target?: string;
  user?: string;
  /** The switch; by address unless given. */
  how?: 'address' | 'code';
  onLine?: (line: JournalLine) => void;
}

/** Types `start` and follows the upgrade that begins. */
export async function begin(world: World, options: BeginOptions = {}): Promise<Followed> {
  const {
    source = world.source.id,
    target = world.target.id,
    user = people.requester,
    how,
    onLine,
  } = options;
  const answer = await ask(
    world,
    user,
    `/redis-upgrade start ${source} ${target}${how === undefined ? '' : ` --switch ${how}`}`,
  );
  const id = /\bup-[a-z0-9]{8}\b/.exec(answer)?.[0];
  if (id === undefined || !answer.includes('has begun')) throw new Error(`Not started: ${answer}`);
  const journal = followJournal({
    storeUrl: world.storeUrl,
    upgradeId: id,
    pollMs: journalPollMs,
    ...(onLine && { onLine }),
  });
  const { lines } = journal;
  const until: Followed['until'] = (type, step) =>
    journal.until((line) => line.type === type && (step === undefined || line.step === step), {
      what: step === undefined ? type : `${type} of ${step}`,
      timeoutMs: upgradeTimeoutMs,
    });
  return {
    id,
    journal,
    lines,
    until,
    async ended() {
      const last = await journal.until(({ type }) => type === 'ended' || type === 'undo_failed', {
        what: 'end',
        timeoutMs: upgradeTimeoutMs,
      });
      journal.close();
      return last.type === 'ended' ? last.outcome : `stuck: ${last.error?.message}`;
    },
    request: () =>
      world.slack.waitForMessage(
        (message) => asks(message) && wordsOf(message).includes(id),
        upgradeTimeoutMs,
      ),
  };
}

export function asks(message: SlackMessage): boolean {
  return JSON.stringify(message.blocks ?? []).includes('"approve_cutover"');
}

/** Begins, approves as the approver, and waits for the end. */
export async function runThrough(world: World, options: BeginOptions = {}): Promise<Followed> {
  const upgrade = await begin(world, options);
  const message = await upgrade.request();
  await click(world, people.approver, { message, actionId: 'approve_cutover' });
  await upgrade.ended();
  return upgrade;
}

/** The thread of an upgrade once it says how it ended: root first. */
export async function finishedThread(world: World, id: string): Promise<SlackMessage[]> {
  const root = await rootOf(world, id);
  const isLast = ({ text }: SlackMessage) => /The upgrade (is complete|was undone)/.test(text);
  await world.slack.waitForMessage(
    (message) => message.thread_ts === root.ts && isLast(message),
    answerTimeoutMs,
  );
  await world.slack.waitForMessage(
    (message) => message.ts === root.ts && /Completed|Rolled back/.test(wordsOf(message)),
    answerTimeoutMs,
  );
  return world.slack.thread(places.redisOps, root.ts);
}

async function rootOf(world: World, id: string): Promise<SlackMessage> {
  return await world.slack.waitForMessage(
    (message) => message.text.startsWith(`Redis upgrade ${id}`),
    answerTimeoutMs,
  );
}

/** After a rollback the target holds copied data; the next upgrade wants it empty. */
export async function emptyTarget(world: World): Promise<void> {
  await world.target.node?.clear();
}

/** Ends the traffic and looks every acknowledged write up on the instance that holds the address. */
export async function lostWrites(world: World): Promise<number> {
  await world.traffic.stop();
  const holder = world.holder();
  if (holder === undefined) throw new Error('Nobody holds the address');
  const audit = await world.traffic.audit(await world.innerEndpoint(holder));
  expect(audit.keysCompared).toBeGreaterThan(0);
  return audit.lostWrites;
}

/** Resolves when clients have written again after this moment. */
export async function writesGoOn(world: World): Promise<void> {
  const before = world.traffic.figures()?.acknowledgedWrites ?? 0;
  await world.traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > before + 50, answerTimeoutMs);
}

/** Runs the world's bot with other variables for the time of `work`, and as before afterwards. */
export async function withBot<T>(
  world: World,
  changes: Record<string, string>,
  work: () => Promise<T>,
): Promise<T> {
  const other = anotherBot(world, changes);
  await world.bot.stop();
  await other.start();
  try {
    return await work();
  } finally {
    await other.stop();
    await world.bot.start();
  }
}

/** The same bot with other variables, not started. */
export function anotherBot(world: World, changes: Record<string, string>): BotProcess {
  const environment = { ...world.botEnvironment, ...changes };
  return createBotProcess({ environment, logPath: world.botLogPath, port: Number(environment['PORT']) });
}

/** A file of credentials in the world's own directory, for a bot that is told something else. */
export async function credentialsFile(
  world: World,
  passwords: Record<string, string | undefined>,
): Promise<Record<string, string>> {
  const path = join(`${world.botLogPath}.credentials.${Object.keys(passwords).join('.')}.json`);
  const entries = Object.entries(passwords).flatMap(([id, password]) =>
    password === undefined ? [] : [[id, { password }]],
  );
  await writeFile(path, JSON.stringify(Object.fromEntries(entries)), { mode: 0o600 });
  return { REDIS_UPGRADE_CREDENTIALS: path };
}

/** The calls of an action, as the cloud saw them, oldest first. */
export function callsOf(world: World, action: string): readonly { outcome: string; parameters: unknown }[] {
  return world.cloud.calls.filter((call) => call.action === action);
}

/** Calls that made an instance read-only; the rehearsal, which sets the switch to what it is, is not among them. */
export function fencingCalls(world: World): readonly { outcome: string }[] {
  return callsOf(world, 'ModifyInstanceReadOnly').filter(
    ({ parameters }) => !JSON.stringify(parameters).includes('"InputMode":"0"'),
  );
}

/** Nothing is said twice: each message of the bot carries a name of its own. */
export function expectNothingTwice(thread: readonly SlackMessage[]): void {
  const names = thread.map(({ metadata }) => metadata?.event_payload['kind']);
  expect(names).not.toContain(undefined);
  expect([...new Set(names)]).toEqual(names);
}
