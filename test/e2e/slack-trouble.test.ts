import { afterAll, beforeAll, expect, test } from 'vitest';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { begin, click, expectNothingTwice, finishedThread, lostWrites, startStage } from './stage.ts';
import { wordsOf } from './words.ts';

/** What Slack answers late may be posted this much after it is back: the longest wait between two attempts. */
const catchUpMs = 40_000;

const cutConnectionsMs = 5_000;

let world: World;

beforeAll(async () => {
  world = await startStage({ rateLimits: true });
});

afterAll(async () => {
  await world?.close();
});

test('Slack limits, fails, loses answers and then is gone for the whole cutover: the upgrade completes meanwhile, and the thread is complete afterwards with nothing twice', async () => {
  const { slack } = world;
  slack.faults.add({ method: 'chat.postMessage', kind: 'rate_limited', retryAfterSeconds: 1, times: 1 });
  slack.faults.add({ method: 'chat.postMessage', kind: 'http', status: 500, times: 1 });
  // Posted, and the bot is never told.
  slack.faults.add({ method: 'chat.postMessage', kind: 'drop_after', times: 2 });
  slack.faults.add({ method: 'chat.update', kind: 'http', status: 503, times: 2 });
  const begun: { outage?: () => void } = {};
  const upgrade = await begin(world, {
    onLine: ({ type, step }) => {
      if (type === 'step_started' && step === 'fence-source')
        begun.outage ??= slack.faults.add({ method: '*', kind: 'hang' });
    },
  });
  const message = await upgrade.request();

  // Who somebody is cannot be found out: nothing is taken from them.
  const blind = slack.faults.add({ method: 'users.info', kind: 'http', status: 500 });
  expect(await click(world, people.approver, { message, actionId: 'approve_cutover' })).toContain(
    'I could not check with Slack who you are, so nothing was done',
  );
  blind();
  expect(upgrade.lines.map(({ type }) => type)).not.toContain('approval_given');

  await slack.click({ user: people.approver, messageTs: message.ts, actionId: 'approve_cutover' });
  expect(await upgrade.ended()).toBe('completed');
  expect(world.holder()?.id).toBe(world.target.id);
  expect(begun.outage).toBeDefined();
  const shownBefore = slack.messages(message.channel).map(wordsOf).join('\n');
  expect(shownBefore).not.toContain('The upgrade is complete');

  // Silence turns into refused connections for a while longer, as when a network comes back in parts.
  slack.outage(cutConnectionsMs);
  begun.outage?.();
  await slack.waitForMessage(({ text }) => text.includes('The upgrade is complete'), catchUpMs);
  const thread = await finishedThread(world, upgrade.id);
  expectNothingTwice(thread);
  const words = thread.map(wordsOf);
  for (const said of [
    'Both instances are checked',
    'crs-orders28 is backed up',
    'The full copy is done',
    'hold the same data',
    'Cutover approved',
    'approved the cutover. Next',
    'The cutover begins',
    'The cutover is done',
    'The upgrade is complete',
  ])
    expect(
      words.filter((text) => text.includes(said)),
      said,
    ).toHaveLength(1);
  // 0: cut or never answered.
  const answers = new Set(slack.apiCalls.map(({ status }) => status));
  expect([...answers].sort((a, b) => a - b)).toEqual([0, 200, 429, 500, 503]);
  expect(await lostWrites(world)).toBe(0);
});
