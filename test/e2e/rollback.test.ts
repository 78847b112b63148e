import { afterEach, expect, test } from 'vitest';
import type { SlackMessage } from '../../src/sandbox/slack/message.ts';
import { people, places } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import {
  answered,
  ask,
  begin,
  click,
  expectNothingTwice,
  type Followed,
  lostWrites,
  startStage,
  writesGoOn,
} from './stage.ts';
import { wordsOf } from './words.ts';

const waitMs = 60_000;
/** Nobody waits for it to end: each test goes back from it. */
const longWatch = { REDIS_UPGRADE_SOAK_SECONDS: '600' };

let world: World;

afterEach(async () => {
  await world?.close();
});

/** An upgrade that is cut over, with clients that have written to the target. */
async function cutOver(): Promise<Followed> {
  const upgrade = await begin(world);
  await click(world, people.approver, { message: await upgrade.request(), actionId: 'approve_cutover' });
  await upgrade.until('step_started', 'soak');
  expect(world.holder()?.id).toBe(world.target.id);
  await writesGoOn(world);
  return upgrade;
}

/** The first message, from now or before, that says this. */
function said(words: string | RegExp): Promise<SlackMessage> {
  return world.slack.waitForMessage((message) => {
    const text = wordsOf(message);
    return typeof words === 'string' ? text.includes(words) : words.test(text);
  }, waitMs);
}

function rollbackRequest(): Promise<SlackMessage> {
  return said('Approve the rollback');
}

/** Clicks on the root message's button and sends the form. */
async function askInForm(user: string, upgrade: Followed, mode: string): Promise<string> {
  const root = await world.slack.waitForMessage(
    (message) => message.text.includes(upgrade.id) && JSON.stringify(message.blocks).includes('"roll_back"'),
    waitMs,
  );
  expect(await world.slack.click({ user, messageTs: root.ts, actionId: 'roll_back' })).toEqual({ ok: true });
  const form = await world.slack.waitForView(user, () => true, waitMs);
  expect(JSON.stringify(form.content)).toContain('Every write that ');
  return await answered(world, user, () =>
    world.slack.submitView({ user, viewId: form.id, values: { mode } }),
  );
}

async function reject(user: string, request: SlackMessage, reason: string): Promise<string> {
  const clicked = await world.slack.click({ user, messageTs: request.ts, actionId: 'reject_cutover' });
  expect(clicked).toEqual({ ok: true });
  const form = await world.slack.waitForView(user, () => true, waitMs);
  return await answered(world, user, () =>
    world.slack.submitView({ user, viewId: form.id, values: { reason } }),
  );
}

/** The whole thread, once it says that the upgrade was rolled back. */
async function threadAtTheEnd(upgrade: Followed): Promise<SlackMessage[]> {
  await said('The upgrade was rolled back.');
  const root = await world.slack.waitForMessage(
    (message) =>
      message.text.startsWith(`Redis upgrade ${upgrade.id}`) && message.text.includes('Rolled back.'),
    waitMs,
  );
  expect(JSON.stringify(root.blocks)).not.toContain('"button"');
  return world.slack.thread(places.redisOps, root.ts);
}

test('a fast rollback is chosen by a person, approved by another, and says how many writes it lost', async () => {
  world = await startStage({ botSettings: longWatch });
  const upgrade = await cutOver();

  // Without a way nothing is chosen for the person.
  const before = upgrade.lines.length;
  const prices = await ask(world, people.approver, `/redis-upgrade rollback ${upgrade.id}`);
  expect(prices).toContain(`/redis-upgrade rollback ${upgrade.id} --fast`);
  expect(prices).toContain(`/redis-upgrade rollback ${upgrade.id} --lossless`);
  expect(upgrade.lines.slice(before).map(({ type }) => type)).not.toContain('rollback_requested');

  const asked = await ask(world, people.approver, `/redis-upgrade rollback ${upgrade.id} --fast`);
  expect(asked).toContain('an approver other than you decides');
  const message = await rollbackRequest();
  const approve = { message, actionId: 'approve_cutover' };
  expect(wordsOf(message)).toMatch(/Fast: [\d,]+ writes and counting made on/u);
  expect(message.text).toContain('<!subteam^');
  expect(await click(world, people.approver, approve)).toContain(
    'You asked for this rollback, so somebody else has to approve it',
  );
  for (const user of [people.requester, people.stranger])
    expect(await click(world, user, approve)).toContain('You are not an approver');
  expect(world.holder()?.id).toBe(world.target.id);
  expect(await click(world, people.secondApprover, approve)).toContain('Your approval is recorded');

  expect(await upgrade.ended()).toBe('rolled_back');
  expect(world.holder()?.id).toBe(world.source.id);
  await writesGoOn(world);

  const thread = await threadAtTheEnd(upgrade);
  const words = thread.map(wordsOf);
  const counted = words.map((text) => /^(\d+) writes made on .* are lost\./mu.exec(text)?.[1]).find(Boolean);
  expect(Number(counted)).toBeGreaterThan(50);
  expect(words.at(-1)).toContain(`${counted} writes made on ${world.target.id} since the cutover are lost`);
  expect(words.find((text) => text.startsWith('Rollback approved'))).toContain(`@${people.secondApprover}`);
  expect(words.join('\n')).not.toContain('The upgrade was undone');
  expectNothingTwice(thread);
  // Not one less than the clients miss, nor were all of them lost.
  const lost = await lostWrites(world);
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThanOrEqual(Number(counted));
});

test('a rejected rollback is called off and the watch goes on; a lossless one, asked for with the button, loses nothing', async () => {
  world = await startStage({ botSettings: longWatch });
  const upgrade = await cutOver();

  expect(await askInForm(people.requester, upgrade, 'fast')).toContain('A fast rollback of ');
  const request = await rollbackRequest();
  expect(await reject(people.approver, request, 'It was the network')).toContain(
    'The rollback is being called off',
  );
  await upgrade.until('rollback_called_off');
  const off = await said('The rollback is called off.');
  expect(wordsOf(off)).toContain('It was the network');
  await said(/Running: Watch\..*The fast rollback was called off: .*It was the network/su);
  expect(world.holder()?.id).toBe(world.target.id);
  await writesGoOn(world);

  expect(await askInForm(people.requester, upgrade, 'lossless')).toContain('A lossless rollback of ');
  const second = await said(/Lossless: nothing will be lost.*Approve the rollback/su);
  expect(await click(world, people.approver, { message: request, actionId: 'approve_cutover' })).toContain(
    'Decide the newer message',
  );
  await click(world, people.approver, { message: second, actionId: 'approve_cutover' });
  expect(await upgrade.ended()).toBe('rolled_back');
  expect(world.holder()?.id).toBe(world.source.id);
  await writesGoOn(world);

  const thread = await threadAtTheEnd(upgrade);
  expect(wordsOf(thread.at(-1) as SlackMessage)).toContain('No write is lost');
  expectNothingTwice(thread);
  expect(await lostWrites(world)).toBe(0);
});

test('a rollback that waits for approval is called off with the button, and the upgrade can be finished', async () => {
  world = await startStage({ botSettings: longWatch });
  const upgrade = await cutOver();
  await ask(world, people.requester, `/redis-upgrade rollback ${upgrade.id} --lossless`);
  const request = await rollbackRequest();
  const root = await world.slack.waitForMessage(
    (message) => message.text.includes(upgrade.id) && wordsOf(message).includes('Call off the rollback'),
    waitMs,
  );
  expect(await click(world, people.requester, { message: root, actionId: 'abort_upgrade' })).toContain(
    'is not rolled back any more',
  );
  await upgrade.until('rollback_called_off');
  const withdrawn = await world.slack.waitForMessage(
    (message) => message.ts === request.ts && wordsOf(message).includes('no longer needed'),
    waitMs,
  );
  expect(JSON.stringify(withdrawn.blocks)).not.toContain('"button"');
  expect(await ask(world, people.requester, `/redis-upgrade finish ${upgrade.id}`)).toContain(
    'ends its watch',
  );
  expect(await upgrade.ended()).toBe('completed');
  expect(await ask(world, people.requester, `/redis-upgrade rollback ${upgrade.id}`)).toContain(
    'has ended, and with it the way back',
  );
  expect(await lostWrites(world)).toBe(0);
});
