import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../../src/sandbox/slack/message.ts';
import { people, places } from '../../../src/sandbox/slack/seed.ts';
import { createThread } from '../../../src/slack/thread.ts';
import type { ThreadRecord } from '../../../src/slack/thread-record.ts';
import { silentLogger } from '../../unit/slack/fake-slack.ts';
import { rollbackWaiting, SOAKING } from '../../unit/slack/sample-rollback.ts';
import { UPGRADE_ID, before as upTo, waitingForApproval } from '../../unit/slack/sample-upgrade.ts';
import { CHANNEL, DEADLINE_MS, type Mode, type SlackWorld, startWorld } from './slack-world.ts';

let world: SlackWorld;

afterEach(() => world.stop());

async function ask(
  text: string,
  user: string = people.requester,
  channel: string = CHANNEL,
): Promise<string> {
  const already = world.slack.ephemerals(user).length;
  const outcome = await world.slack.command({ user, channel, text: `/redis-upgrade ${text}` });
  expect(outcome).toEqual({ ok: true });
  return answerTo(user, already);
}

async function answerTo(user: string, already: number): Promise<string> {
  const message = await world.slack.waitForEphemeral(
    user,
    (one) => world.slack.ephemerals(user).indexOf(one) >= already,
    DEADLINE_MS,
  );
  return JSON.stringify([message.text, message.blocks]);
}

async function publish(): Promise<SlackMessage> {
  let record: ThreadRecord | undefined;
  const store = {
    read: async () => record,
    write: async (_id: string, next: ThreadRecord) => {
      record = next;
    },
  };
  const thread = createThread({
    client: world.app.client,
    store,
    service: world.service,
    approvers: { configured: () => [people.approver] },
    clock: { now: () => Date.now() },
    logger: silentLogger,
  });
  await thread.publish(UPGRADE_ID);
  const [root] = world.slack.messages(CHANNEL);
  if (root === undefined) throw new Error('No root message');
  return root;
}

async function approvalMessage(): Promise<SlackMessage> {
  world.service.put(waitingForApproval());
  await publish();
  return world.slack.waitForMessage(
    (one) => JSON.stringify(one.blocks ?? []).includes('approve_cutover'),
    DEADLINE_MS,
  );
}

async function click(user: string, message: SlackMessage, actionId: string): Promise<string> {
  const already = world.slack.ephemerals(user).length;
  expect(await world.slack.click({ user, messageTs: message.ts, actionId })).toEqual({ ok: true });
  return answerTo(user, already);
}

async function statusOf(): Promise<string | undefined> {
  const view = await world.service.view(UPGRADE_ID);
  return view.ok ? view.value.approval?.status : undefined;
}

describe.each<Mode>(['http', 'socket'])('over %s', (mode) => {
  beforeEach(async () => {
    world = await startWorld(mode);
  });

  it('answers every subcommand so that only the person sees it', async () => {
    world.service.put(upTo('copy-snapshot'));
    expect(await ask('help')).toContain('/redis-upgrade start SOURCE TARGET');
    expect(await ask('list')).toContain('I see no instances');
    expect(await ask('plan crs-aaaa1111 crs-bbbb2222')).toContain('There is no such instance.');
    expect(await ask('status')).toContain(UPGRADE_ID);
    expect(await ask(`status ${UPGRADE_ID}`)).toContain('Asked for by ');
    expect(await ask('status up-00000000')).toContain('There is no upgrade up-00000000.');
    expect(await ask(`pause ${UPGRADE_ID}`)).toContain('is paused');
    expect(await ask(`resume ${UPGRADE_ID}`)).toContain('goes on');
    expect(await ask(`finish ${UPGRADE_ID}`)).toContain('That is not possible now');
    expect(await ask(`rollback ${UPGRADE_ID}`)).toContain('nothing to roll back');
    expect(await ask(`rollback ${UPGRADE_ID} --fast`)).toContain('That is not possible now');
    expect(await ask(`abort ${UPGRADE_ID} wrong day`)).toContain('is aborted');
    expect(await ask('strat a b')).toContain('Did you mean');
    expect(world.slack.messages(CHANNEL)).toEqual([]);
  });

  it('starts an upgrade with its thread in the channel of the command', async () => {
    const answer = await ask('start crs-aaaa1111 crs-bbbb2222 —switch code');
    expect(answer).toContain('has begun. Follow it in ');
    expect(answer).toContain(CHANNEL);
    const [view] = await world.service.recent(1);
    expect(view).toMatchObject({
      channel: CHANNEL,
      switch: 'code',
      source: 'crs-aaaa1111',
      requester: { id: people.requester, via: 'slack' },
    });
  });

  it('refuses to start where the thread could not be kept', async () => {
    expect(await ask('start crs-aaaa1111 crs-bbbb2222', people.approver, places.leads)).toContain(
      'I cannot keep the thread of the upgrade in this channel',
    );
    expect(await world.service.recent(1)).toEqual([]);
  });

  it('refuses guests', async () => {
    expect(await ask('list', people.guest)).toContain('Guests cannot do this');
  });

  it('says so when it cannot find out who asks, and does nothing', async () => {
    world.slack.faults.add({ method: 'users.info', kind: 'http', status: 500 });
    expect(await ask('start crs-aaaa1111 crs-bbbb2222')).toContain(
      'I could not check with Slack who you are',
    );
    expect(await world.service.recent(1)).toEqual([]);
  });

  it('answers with an ephemeral message when the response address fails', async () => {
    world.slack.faults.add({ method: 'response_url', kind: 'http', status: 500 });
    expect(await ask('help')).toContain('without losing a write');
    expect(world.slack.apiCalls.map((call) => call.method)).toContain('chat.postEphemeral');
  });

  it('gives a reference, not the words of an unforeseen error', async () => {
    world.service.failure = new Error('password=hunter2');
    const answer = await ask('list');
    expect(answer).toContain('under the reference');
    expect(answer).not.toContain('hunter2');
  });

  it('takes the approval of an approver, and of nobody else', async () => {
    const message = await approvalMessage();
    expect(await click(people.requester, message, 'approve_cutover')).toContain('You are not an approver');
    expect(await click(people.stranger, message, 'approve_cutover')).toContain('You are not an approver');
    expect(await statusOf()).toBe('waiting');
    expect(await click(people.approver, message, 'approve_cutover')).toContain('Your approval is recorded');
    expect(await statusOf()).toBe('given');
    expect(await click(people.secondApprover, message, 'approve_cutover')).toContain(
      'Already decided by <@U0APPROVER1>',
    );
  });

  it('keeps four eyes: who asked may reject, but not approve', async () => {
    await world.stop();
    world = await startWorld(mode, { approvers: [people.requester] });
    const message = await approvalMessage();
    expect(await click(people.requester, message, 'approve_cutover')).toContain(
      'somebody else must approve it',
    );
    expect(await statusOf()).toBe('waiting');
  });

  it('refuses the approval when the approver group cannot be read', async () => {
    const message = await approvalMessage();
    world.slack.faults.add({
      method: 'usergroups.users.list',
      kind: 'error',
      error: 'plan_upgrade_required',
    });
    expect(await click(people.approver, message, 'approve_cutover')).toContain('list user ids (U…)');
    expect(await statusOf()).toBe('waiting');
  });

  it('takes one of two decisions at the same instant', async () => {
    const message = await approvalMessage();
    let arrived = 0;
    let release = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.service.beforeDecision = () => {
      arrived += 1;
      if (arrived === 2) release();
      return both;
    };
    const answers = await Promise.all([
      click(people.approver, message, 'approve_cutover'),
      click(people.secondApprover, message, 'approve_cutover'),
    ]);
    expect(answers.filter((one) => one.includes('Your approval is recorded'))).toHaveLength(1);
    expect(answers.filter((one) => one.includes('Already decided by'))).toHaveLength(1);
  });

  it('asks for the reason of a rejection, and puts it on record', async () => {
    const message = await approvalMessage();
    const { approver: user } = people;
    expect(await world.slack.click({ user, messageTs: message.ts, actionId: 'reject_cutover' })).toEqual({
      ok: true,
    });
    const view = await world.slack.waitForView(user, () => true, DEADLINE_MS);
    expect(await world.slack.submitView({ user, viewId: view.id, values: { reason: '   ' } })).toMatchObject({
      ok: false,
      errors: { reason: expect.stringContaining('Say in a few words why') },
    });
    expect(await statusOf()).toBe('waiting');
    const already = world.slack.ephemerals(user).length;
    const values = { reason: '*Not* on a <!channel> Friday' };
    expect(await world.slack.submitView({ user, viewId: view.id, values })).toEqual({ ok: true });
    expect(await answerTo(user, already)).toContain('Your rejection is recorded');
    const decided = await world.service.view(UPGRADE_ID);
    expect(decided.ok && decided.value.approval).toMatchObject({ status: 'rejected', reason: values.reason });
  });

  it('says that a button of another version does nothing', async () => {
    await world.app.client.postMessage({
      channel: CHANNEL,
      text: 'old',
      blocks: [
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              action_id: 'gone_since',
              value: 'x',
              text: { type: 'plain_text', text: 'Old' },
            },
          ],
        },
      ],
      metadata: { event_type: 'old', event_payload: {} },
    });
    const old = await world.slack.waitForMessage((one) => one.text === 'old', DEADLINE_MS);
    expect(await click(people.requester, old, 'gone_since')).toContain('belongs to another version');
  });

  it('tells who asks for a rollback without saying how what each way costs, and changes nothing', async () => {
    world.service.put(SOAKING);
    const answer = await ask(`rollback ${UPGRADE_ID}`);
    expect(answer).toContain(`/redis-upgrade rollback ${UPGRADE_ID} --lossless`);
    expect(answer).toContain(`/redis-upgrade rollback ${UPGRADE_ID} --fast`);
    expect(answer).toContain('Every write that crs-target01 took since the cutover');
    expect(answer).toContain('about 25 s');
    const view = await world.service.view(UPGRADE_ID);
    expect(view.ok && view.value.rollback).toBeUndefined();
    expect(view.ok && view.value.journalLength).toBe(SOAKING.length);
  });

  it('lets a person choose the way back in a form, with none chosen beforehand', async () => {
    world.service.put(SOAKING);
    const root = await publish();
    const { requester: user } = people;
    expect(await world.slack.click({ user, messageTs: root.ts, actionId: 'roll_back' })).toEqual({
      ok: true,
    });
    const form = await world.slack.waitForView(user, () => true, DEADLINE_MS);
    expect(await world.slack.submitView({ user, viewId: form.id, values: {} })).toMatchObject({ ok: false });
    const already = world.slack.ephemerals(user).length;
    expect(await world.slack.submitView({ user, viewId: form.id, values: { mode: 'lossless' } })).toEqual({
      ok: true,
    });
    expect(await answerTo(user, already)).toContain('A lossless rollback of ');
    const view = await world.service.view(UPGRADE_ID);
    expect(view.ok && view.value.rollback).toMatchObject({ mode: 'lossless', requestedBy: { id: user } });
  });

  it('says why there is no way back to whoever clicks on a button of yesterday', async () => {
    world.service.put(SOAKING);
    const root = await publish();
    world.service.append({ type: 'rollback_requested', mode: 'fast' });
    expect(await click(people.requester, root, 'roll_back')).toContain('is being rolled back already');
    expect(world.slack.views(people.requester)).toEqual([]);
  });

  it('takes the decision about a rollback with the same two buttons', async () => {
    world.service.put(rollbackWaiting('fast'));
    await publish();
    const message = await world.slack.waitForMessage(
      (one) => JSON.stringify(one.blocks ?? []).includes('Approve the rollback'),
      DEADLINE_MS,
    );
    expect(await click(people.stranger, message, 'approve_cutover')).toContain('You are not an approver');
    expect(await click(people.approver, message, 'approve_cutover')).toContain('The rollback begins now');
    expect(await statusOf()).toBe('given');
  });

  it('aborts with the button of the root message', async () => {
    world.service.put(upTo('copy-snapshot'));
    const root = await publish();
    expect(await click(people.requester, root, 'abort_upgrade')).toContain('is aborted');
    const view = await world.service.view(UPGRADE_ID);
    expect(view.ok && view.value.status).toBe('going back');
  });
});
