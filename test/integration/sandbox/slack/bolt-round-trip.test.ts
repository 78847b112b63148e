import type { App } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { afterEach, describe, expect, it } from 'vitest';
import type { SandboxSlackOptions } from '../../../../src/sandbox/slack/options.ts';
import { type SandboxSlack, startSandboxSlack } from '../../../../src/sandbox/slack/sandbox-slack.ts';
import { approverGroup, people, places } from '../../../../src/sandbox/slack/seed.ts';
import { type Mode, type RunningApp, startBoltApp, until } from './bolt-app.ts';

let slack: SandboxSlack;
let running: RunningApp | undefined;

async function start(
  mode: Mode,
  listen: (app: App) => void,
  options: SandboxSlackOptions = {},
): Promise<SandboxSlack> {
  slack = await startSandboxSlack(options);
  running = await startBoltApp(slack, mode, listen);
  return slack;
}

afterEach(async () => {
  await running?.stop();
  running = undefined;
  await slack.close();
});

const ask = { user: people.requester, channel: places.redisOps };
const button = {
  type: 'actions',
  block_id: 'decision',
  elements: [
    {
      type: 'button',
      action_id: 'approve_cutover',
      value: 'ap-1',
      text: { type: 'plain_text', text: 'Approve' },
    },
  ],
} as const;
const reasonModal: ModalView = {
  type: 'modal',
  callback_id: 'reject_reason',
  private_metadata: 'ap-1',
  title: { type: 'plain_text', text: 'Reject' },
  submit: { type: 'plain_text', text: 'Reject' },
  notify_on_close: true,
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: { type: 'plain_text', text: 'Reason' },
      element: { type: 'plain_text_input', action_id: 'text', multiline: true },
    },
  ],
};

describe.each<Mode>(['signed HTTP', 'Socket Mode'])('over %s', (mode) => {
  it('shows the acknowledgement of a slash command only to the person who typed it', async () => {
    let seen: { text: string; user_id: string; channel_name: string } | undefined;
    await start(mode, (app) => {
      app.command('/redis-upgrade', async ({ ack, command }) => {
        seen = command;
        await ack({ response_type: 'ephemeral', text: `You said ${command.text}` });
      });
    });
    const outcome = await slack.command({ ...ask, text: '/redis-upgrade plan a <b> & @anna in #general' });
    expect(outcome).toEqual({ ok: true });
    expect(seen?.text).toBe(
      `plan a &lt;b&gt; &amp; <@${people.approver}|anna> in <#${places.general}|general>`,
    );
    expect(seen).toMatchObject({ user_id: people.requester, channel_name: 'redis-ops' });
    expect(slack.ephemerals(people.requester).map((message) => message.text)).toEqual([
      `You said ${seen?.text}`,
    ]);
    expect(slack.ephemerals(people.stranger)).toEqual([]);
    expect(slack.messages(places.redisOps)).toEqual([]);
  });

  it('carries a click to the app, which edits the message by response_url and by chat.update', async () => {
    const clicks: { user: { id: string; team_id?: string }; value: string | undefined; threadTs: unknown }[] =
      [];
    await start(mode, (app) => {
      app.action('approve_cutover', async ({ ack, body, respond, client }) => {
        await ack();
        if (body.type !== 'block_actions' || !body.message || !body.channel) throw new Error('no message');
        const [action] = body.actions;
        clicks.push({
          user: body.user,
          value: action && 'value' in action ? String(action.value) : undefined,
          threadTs: body.container['thread_ts'],
        });
        await respond({ replace_original: true, text: 'Approved', blocks: [] });
        await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'Approved by Anna' });
      });
    });
    const { ts } = await postRootAndButton();
    expect(await slack.click({ user: people.approver, messageTs: ts, actionId: 'approve_cutover' })).toEqual({
      ok: true,
    });
    const message = await slack.waitForMessage((candidate) => candidate.text === 'Approved by Anna', 5_000);
    expect(clicks).toEqual([
      {
        user: expect.objectContaining({ id: people.approver, team_id: slack.seed.team.id }),
        value: 'ap-1',
        threadTs: expect.any(String),
      },
    ]);
    expect(message.ts).toBe(ts);
    expect(message.edited?.user).toBe(people.bot);
    expect(slack.apiCalls.map((call) => call.method)).toEqual(
      expect.arrayContaining(['response_url', 'chat.update']),
    );
    await expect(
      slack.click({ user: people.approver, messageTs: ts, actionId: 'approve_cutover' }),
    ).rejects.toThrow('nothing to click');
  });

  it('keeps a modal open with errors until it is right, and tells the app when it is closed', async () => {
    const seen: string[] = [];
    await start(mode, (app) => {
      app.command('/redis-upgrade', async ({ ack, body, client }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view: reasonModal });
      });
      app.view('reject_reason', async ({ ack, view }) => {
        const reason = view.state.values['reason']?.['text']?.value ?? '';
        seen.push(`${view.private_metadata}: ${reason}`);
        if (reason.length < 5) await ack({ response_action: 'errors', errors: { reason: 'Too short' } });
        else await ack();
      });
      app.view({ callback_id: 'reject_reason', type: 'view_closed' }, async ({ ack }) => {
        await ack();
        seen.push('closed');
      });
    });
    await slack.command({ ...ask, text: '/redis-upgrade reject' });
    const { id } = await slack.waitForView(people.requester, () => true, 5_000);
    const submit = (values: Record<string, string>) =>
      slack.submitView({ user: people.requester, viewId: id, values });
    expect(await submit({})).toMatchObject({
      ok: false,
      error: 'input_errors',
      errors: { reason: expect.any(String) },
    });
    expect(seen).toEqual([]);
    expect(await submit({ reason: 'no' })).toMatchObject({ ok: false, errors: { reason: 'Too short' } });
    expect(slack.views(people.requester)).toHaveLength(1);
    expect(await submit({ reason: 'wrong window' })).toEqual({ ok: true });
    expect(slack.views(people.requester)).toEqual([]);
    expect(seen).toEqual(['ap-1: no', 'ap-1: wrong window']);

    await slack.command({ ...ask, text: '/redis-upgrade reject' });
    const again = await slack.waitForView(people.requester, () => true, 5_000);
    await slack.closeView(people.requester, again.id);
    expect(seen.at(-1)).toBe('closed');
  });

  it('shows operation_timeout to the person when the app does not acknowledge in time', async () => {
    await start(
      mode,
      (app) => {
        app.command('/redis-upgrade', () => Promise.resolve());
      },
      { limits: { ackDeadlineMs: 150 } },
    );
    const outcome = await slack.command({ ...ask, text: '/redis-upgrade list' });
    expect(outcome).toEqual({ ok: false, error: 'operation_timeout' });
    const [told] = slack.ephemerals(people.requester);
    expect(told?.text).toBe('/redis-upgrade failed with the error "operation_timeout"');
  });

  it('tells the app about Home tabs and user groups', async () => {
    const events: unknown[] = [];
    await start(mode, (app) => {
      app.event('app_home_opened', async ({ event, client }) => {
        events.push(event.user);
        await client.views.publish({
          user_id: event.user,
          view: { type: 'home', blocks: [{ type: 'divider' }] },
        });
      });
      app.event('subteam_members_changed', ({ event }) => {
        events.push([event.added_users, event.removed_users]);
        return Promise.resolve();
      });
      app.shortcut('start_upgrade', async ({ ack, shortcut }) => {
        await ack();
        events.push(shortcut.callback_id);
      });
    });
    await slack.openHome(people.requester);
    await until(() => slack.home(people.requester) !== undefined);
    await slack.setUsergroupMembers(approverGroup, [people.approver, people.stranger]);
    await until(() => events.length === 2);
    await slack.shortcut(people.requester, 'start_upgrade');
    await until(() => events.length === 3);
    expect(events).toEqual([people.requester, [[people.stranger], [people.secondApprover]], 'start_upgrade']);
  });
});

async function postRootAndButton(): Promise<{ ts: string }> {
  if (!running) throw new Error('the app is not running');
  const { chat } = running.app.client;
  const root = await chat.postMessage({ channel: places.redisOps, text: 'Upgrade' });
  const reply = await chat.postMessage({
    channel: places.redisOps,
    thread_ts: root.ts ?? '',
    text: 'Approve?',
    blocks: [button],
  });
  return { ts: reply.ts ?? '' };
}

describe('when the app is away', () => {
  it('tells the person that a command could not be dispatched', async () => {
    slack = await startSandboxSlack();
    expect(await slack.command({ ...ask, text: '/redis-upgrade list' })).toEqual({
      ok: false,
      error: 'dispatch_failed',
    });
    slack.setAppUrl('http://127.0.0.1:1/slack/events');
    expect(await slack.command({ ...ask, text: '/redis-upgrade list' })).toEqual({
      ok: false,
      error: 'dispatch_failed',
    });
  });

  it('refuses commands that do not exist and commands in threads before the app hears of them', async () => {
    slack = await startSandboxSlack();
    expect(await slack.command({ ...ask, text: '/nonsense' })).toEqual({
      ok: false,
      error: 'unknown_command',
    });
    expect(await slack.command({ ...ask, text: '/redis-upgrade list', threadTs: '1.1' })).toEqual({
      ok: false,
      error: 'thread_not_supported',
    });
    await expect(
      slack.command({ user: people.deactivated, channel: places.redisOps, text: '/redis-upgrade' }),
    ).rejects.toThrow('deactivated');
    await expect(
      slack.command({ user: people.stranger, channel: places.leads, text: '/redis-upgrade' }),
    ).rejects.toThrow('does not see');
  });
});

describe('Socket Mode connections', () => {
  it('come again after Slack asks them to', async () => {
    await start('Socket Mode', (app) => {
      app.command('/redis-upgrade', async ({ ack }) => ack());
    });
    await until(() => slack.socketConnections() === 1);
    slack.refreshSockets();
    const opens = () => slack.apiCalls.filter((call) => call.method === 'apps.connections.open').length;
    await until(() => opens() === 2 && slack.socketConnections() === 1, 15_000);
    expect(await slack.command({ ...ask, text: '/redis-upgrade list' })).toEqual({ ok: true });
  });

  it('are refused without a ticket that was given out', async () => {
    slack = await startSandboxSlack();
    const answer = await fetch(`${slack.pageUrl}link/?ticket=GUESSED`, {
      headers: { accept: '*/*' },
    });
    expect(answer.status).toBe(404);
    const { default: WebSocket } = await import('ws');
    const socket = new WebSocket(`${slack.pageUrl.replace('http', 'ws')}link/?ticket=GUESSED`);
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(error.message).toContain('401');
  });
});
