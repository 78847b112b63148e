import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SlackMessage } from '../../src/sandbox/slack/message.ts';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import {
  answered,
  ask,
  asks,
  begin,
  click,
  emptyTarget,
  type Followed,
  fencingCalls,
  finishedThread,
  lostWrites,
  startStage,
  withBot,
  writesGoOn,
} from './stage.ts';
import { markupOf, wordsOf } from './words.ts';

/** What somebody would write who wants to wake everybody, or to lead them elsewhere. */
const hostile = '<!channel> <@U0STRANGER1> <https://evil.example|click here> *now* `x` & :boom:';
const editTimeoutMs = 20_000;

let world: World;

beforeAll(async () => {
  world = await startStage();
});

afterAll(async () => {
  await world?.close();
});

function isApproved({ lines }: Followed): boolean {
  return lines.some(({ type }) => type === 'approval_given');
}

/** The request's words once they begin with `title`; then it has no buttons. */
async function decided({ ts }: SlackMessage, title: string): Promise<string> {
  const isDecided = (message: SlackMessage) => message.ts === ts && wordsOf(message).startsWith(title);
  const message = await world.slack.waitForMessage(isDecided, editTimeoutMs);
  expect(JSON.stringify(message.blocks)).not.toContain('"button"');
  return wordsOf(message);
}

/** Clicks on Reject, fills the form in and answers what this person is told. */
async function rejectWith(user: string, request: SlackMessage, reason: string): Promise<string> {
  const clicked = await world.slack.click({ user, messageTs: request.ts, actionId: 'reject_cutover' });
  expect(clicked).toEqual({ ok: true });
  const view = await world.slack.waitForView(user, () => true, editTimeoutMs);
  return await answered(world, user, () =>
    world.slack.submitView({ user, viewId: view.id, values: { reason } }),
  );
}

/** The text is there to be read, and nothing in it works. */
function expectNotObeyed(thread: SlackMessage[]): void {
  expect(thread.some((message) => wordsOf(message).includes('<!channel>'))).toBe(true);
  expect(thread.map(markupOf).join('\n')).not.toMatch(/<!(channel|here|everyone)|<@U0STRANGER1>|<https?:/);
  expect(JSON.stringify(thread.map(({ blocks }) => blocks))).not.toContain('"broadcast"');
}

/** Undone: the source serves at the address, writes were never refused, the copy job is given back, the target is as before. */
async function expectUndone(upgrade: Followed): Promise<void> {
  expect(await upgrade.ended()).toBe('rolled_back');
  expect(world.holder()?.id).toBe(world.source.id);
  expect(fencingCalls(world)).toEqual([]);
  await writesGoOn(world);
  expect(world.traffic.figures()?.refusedWrites).toBe(0);
  await emptyTarget(world);
}

test('neither the requester nor a stranger may decide; an approver rejects with a reason, which is shown and not obeyed', async () => {
  const upgrade = await begin(world);
  const request = await upgrade.request();
  const approve = { message: request, actionId: 'approve_cutover' };

  for (const user of [people.requester, people.stranger]) {
    expect(await click(world, user, approve)).toContain('You are not an approver');
  }
  expect(await rejectWith(people.stranger, request, 'I do not like it')).toContain('You are not an approver');
  expect(upgrade.lines.at(-1)?.type).toBe('approval_requested');

  expect(await rejectWith(people.approver, request, hostile)).toContain('Your rejection is recorded');
  await decided(request, 'Cutover rejected');
  await expectUndone(upgrade);

  const thread = await finishedThread(world, upgrade.id);
  expectNotObeyed(thread);
  expect(thread.map(wordsOf).join('\n')).toContain(`@${people.approver} rejected the cutover`);

  // A late click finds out by whom it was decided.
  expect(await click(world, people.secondApprover, approve)).toContain(
    `This request was rejected by @${people.approver} already`,
  );
  expect(isApproved(upgrade)).toBe(false);
});

test('an approver who asked for the upgrade may not approve it, and the upgrade can be aborted meanwhile', async () => {
  const upgrade = await begin(world, { user: people.approver });
  const request = await upgrade.request();

  const answer = await click(world, people.approver, { message: request, actionId: 'approve_cutover' });
  expect(answer).toContain('You asked for this upgrade, so somebody else has to approve it');
  expect(isApproved(upgrade)).toBe(false);

  const aborted = await ask(world, people.requester, `/redis-upgrade abort ${upgrade.id} ${hostile}`);
  expect(aborted).toContain('is aborted');
  await decided(request, 'Approval no longer needed');
  await expectUndone(upgrade);
  expectNotObeyed(await finishedThread(world, upgrade.id));

  const late = await click(world, people.secondApprover, { message: request, actionId: 'approve_cutover' });
  expect(late).toContain('The upgrade has ended. There is nothing left to decide');
  expect(await ask(world, people.requester, `/redis-upgrade abort ${upgrade.id}`)).toContain(
    'has ended already',
  );
});

test('nobody decides in time: the request expires, nothing has moved, and a later click is told so', async () => {
  const hours = String(2.5 / 3_600);
  await withBot(world, { REDIS_UPGRADE_APPROVAL_HOURS: hours }, async () => {
    const upgrade = await begin(world);
    const request = await upgrade.request();
    await upgrade.until('approval_expired');
    const late = await click(world, people.approver, { message: request, actionId: 'approve_cutover' });
    expect(late).toContain('This request has expired. Nothing was moved');
    await decided(request, 'Approval request expired');
    await expectUndone(upgrade);
    await finishedThread(world, upgrade.id);
    expect(isApproved(upgrade)).toBe(false);
  });
});

test('what was approved changes before the cutover: it is asked again, and of two clicks at the same instant one decides', async () => {
  const upgrade = await begin(world);
  const first = await upgrade.request();
  // Somebody attaches another security group in the console.
  world.target.securityGroupIds.push('sg-default1');
  await click(world, people.approver, { message: first, actionId: 'approve_cutover' });

  await upgrade.until('approval_voided');
  expect(await decided(first, 'Approval request no longer valid')).toContain('sg-default1');
  const second = await world.slack.waitForMessage(
    (message) => asks(message) && message.ts !== first.ts && wordsOf(message).includes(upgrade.id),
    editTimeoutMs,
  );
  expect(world.holder()?.id).toBe(world.source.id);
  expect(await click(world, people.approver, { message: first, actionId: 'approve_cutover' })).toContain(
    'Decide the newer message',
  );

  const button = { message: second, actionId: 'approve_cutover' };
  const pair = [people.approver, people.secondApprover] as const;
  const answers = await Promise.all(pair.map((user) => click(world, user, button)));
  expect(answers.filter((answer) => answer.includes('Your approval is recorded'))).toHaveLength(1);
  const winner = pair[answers.findIndex((answer) => answer.includes('Your approval is recorded'))];
  const loser = answers.find((answer) => !answer.includes('Your approval is recorded'));
  expect(loser).toContain(`This request was approved by @${winner} already`);

  expect(await upgrade.ended()).toBe('completed');
  expect(upgrade.lines.filter(({ type }) => type === 'approval_given')).toHaveLength(2);
  expect(world.holder()?.id).toBe(world.target.id);
  await finishedThread(world, upgrade.id);
  expect(await lostWrites(world)).toBe(0);
});
