import { WebAPIRateLimitedError, WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { methodCoverage } from '../../../../src/sandbox/slack/coverage.ts';
import type { SandboxSlackOptions } from '../../../../src/sandbox/slack/options.ts';
import { type SandboxSlack, startSandboxSlack } from '../../../../src/sandbox/slack/sandbox-slack.ts';
import { approverGroup, defaultSeed, people, places } from '../../../../src/sandbox/slack/seed.ts';
import { webApiMethods } from '../../../../src/sandbox/slack/web-api/methods.ts';
import { until } from './bolt-app.ts';

let slack: SandboxSlack;
let client: WebClient;
const channel = places.redisOps;

async function restart(options: SandboxSlackOptions): Promise<void> {
  await slack.close();
  slack = await startSandboxSlack(options);
  client = clientWith(slack.botToken);
}

function clientWith(token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 2_000,
  });
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('was not refused'),
    (reason: Error & { data?: { error?: string } }) => reason,
  );
  return ('data' in error && error.data?.error) || error.message;
}

beforeEach(async () => {
  slack = await startSandboxSlack();
  client = clientWith(slack.botToken);
});
afterEach(() => slack.close());

it('states for every method whether it is modelled, and answers exactly those', () => {
  const stated = methodCoverage.filter(({ support }) => support !== 'not modelled').map(({ name }) => name);
  expect(stated.sort()).toEqual([...webApiMethods.keys()].sort());
});

describe('who may call what', () => {
  it('refuses unknown tokens, wrong kinds of token, missing scopes and unknown methods with HTTP 200', async () => {
    expect(await refusal(clientWith('xoxb-other').auth.test())).toBe('invalid_auth');
    expect(await refusal(clientWith('').auth.test())).toBe('not_authed');
    expect(await refusal(client.apps.connections.open({}))).toBe('not_allowed_token_type');
    expect(await refusal(client.reactions.add({ channel, timestamp: '1', name: 'eyes' }))).toBe(
      'missing_scope',
    );
    expect(await refusal(client.apiCall('pins.add'))).toBe('unknown_method');
    expect(slack.apiCalls.every((call) => call.status === 200)).toBe(true);
  });

  it('names the team and the bot', async () => {
    expect(await client.auth.test()).toMatchObject({ team_id: slack.seed.team.id, user_id: people.bot });
  });
});

describe('messages', () => {
  it('keep metadata and give it back only on request', async () => {
    const metadata = { event_type: 'upgrade_milestone', event_payload: { upgradeId: 'up-1' } };
    const root = await client.chat.postMessage({ channel, text: 'root' });
    const thread = { channel, ts: root.ts ?? '' };
    await client.chat.postMessage({ channel, thread_ts: thread.ts, text: 'milestone', metadata });
    const plain = await client.conversations.replies(thread);
    const full = await client.conversations.replies({ ...thread, include_all_metadata: true });
    expect(plain.messages?.map((message) => message.metadata)).toEqual([undefined, undefined]);
    expect(full.messages?.[1]?.metadata).toEqual(metadata);
    expect(full.messages?.[0]).toMatchObject({ reply_count: 1, thread_ts: thread.ts });
    expect(slack.messages(channel)).toHaveLength(1);
    await client.chat.update({ channel, ts: full.messages?.[1]?.ts ?? '', text: 'edited' });
    expect(slack.thread(channel, thread.ts)[1]).toMatchObject({ text: 'edited', metadata });
  });

  it('obey the limits of posting and editing', async () => {
    const long = await client.chat.postMessage({ channel, text: 'x'.repeat(40_001) });
    expect(long.response_metadata?.warnings).toContain('message_truncated');
    expect(slack.messages(channel)[0]?.text).toHaveLength(40_000);
    const ts = long.ts ?? '';
    expect(await refusal(client.chat.update({ channel, ts, text: 'x'.repeat(4_001) }))).toBe('msg_too_long');
    expect(await refusal(client.chat.update({ channel, ts: '1.2', text: 'x' }))).toBe('message_not_found');
    expect(await refusal(client.chat.postMessage({ channel, text: '' }))).toBe('no_text');
    expect(await refusal(client.chat.postMessage({ channel: places.leads, text: 'x' }))).toBe(
      'channel_not_found',
    );
    expect(
      await refusal(client.chat.postEphemeral({ channel: places.general, user: people.guest, text: 'x' })),
    ).toBe('user_not_in_channel');
  });

  it('are refused with the place of every fault in their blocks', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }];
    const answer = await client.chat
      .postMessage({ channel, text: 'x', blocks })
      .catch((error: { data: { error: string; response_metadata: { messages: string[] } } }) => error.data);
    expect(answer).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: {
        messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
      },
    });
    expect(await refusal(client.apiCall('blocks.validate', { blocks: JSON.stringify(blocks) }))).toBe(
      'invalid_blocks',
    );
  });

  it('with a plan are refused on an older workspace', async () => {
    await restart({ refusedBlockTypes: ['plan', 'task_card'] });
    const blocks = [{ type: 'plan' as const, title: 'Upgrade', tasks: [] }];
    expect(await refusal(client.chat.postMessage({ channel, text: 'x', blocks }))).toBe('invalid_blocks');
  });
});

describe('people', () => {
  it('are looked up with what decides about approvals', async () => {
    const group = await client.usergroups.users.list({ usergroup: approverGroup });
    expect(group.users).toEqual([people.approver, people.secondApprover]);
    const all = await client.usergroups.list({ include_users: true });
    expect(all.usergroups?.[0]).toMatchObject({ handle: 'redis-approvers', users: group.users });
    const info = async (user: string) => (await client.users.info({ user })).user;
    expect(await info(people.guest)).toMatchObject({ is_restricted: true, deleted: false });
    expect(await info(people.deactivated)).toMatchObject({ deleted: true });
    expect(await info(people.bot)).toMatchObject({ is_bot: true });
    expect(await refusal(client.usergroups.users.list({ usergroup: 'S1' }))).toBe('no_such_subteam');
    const im = await client.conversations.open({ users: people.requester });
    await client.chat.postMessage({ channel: people.requester, text: 'hello' });
    expect(slack.messages(im.channel?.id ?? '').map(({ text }) => text)).toEqual(['hello']);
  });
});

describe('views', () => {
  const view = { type: 'modal' as const, title: { type: 'plain_text' as const, text: 'T' }, blocks: [] };

  it('open once for each trigger, in time, and change only from the state the app knows', async () => {
    let now = Date.now();
    await restart({ clock: { now: () => now } });
    const trigger = async (): Promise<string> => {
      const { createServer } = await import('node:http');
      const server = createServer();
      const listening = new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
      });
      slack.setAppUrl(`http://127.0.0.1:${await listening}/`);
      const body = new Promise<string>((resolve) => {
        server.once('request', (request, response) => {
          request.on('data', (chunk: Buffer) => resolve(chunk.toString()));
          response.end();
        });
      });
      await slack.command({ user: people.requester, channel, text: '/redis-upgrade help' });
      server.close();
      return new URLSearchParams(await body).get('trigger_id') ?? '';
    };
    const first = await trigger();
    const opened = await client.views.open({ trigger_id: first, view });
    expect(await refusal(client.views.open({ trigger_id: first, view }))).toBe('exchanged_trigger_id');
    const late = await trigger();
    now += 3_001;
    expect(await refusal(client.views.open({ trigger_id: late, view }))).toBe('expired_trigger_id');
    const id = { view_id: opened.view?.id ?? '', view };
    await client.views.update({ ...id, hash: opened.view?.hash ?? '' });
    expect(await refusal(client.views.update({ ...id, hash: opened.view?.hash ?? '' }))).toBe(
      'hash_conflict',
    );
  });
});

describe('limits and faults', () => {
  it('answers 429 with Retry-After above one message a second in a channel', async () => {
    const posts = await Promise.allSettled(
      Array.from({ length: 7 }, () => client.chat.postMessage({ channel, text: 'x' })),
    );
    const refused = posts.flatMap((post) => (post.status === 'rejected' ? [post.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toBeInstanceOf(WebAPIRateLimitedError);
    expect(refused[0].retryAfter).toBe(1);
    slack.setRateLimits(false);
    await client.chat.postMessage({ channel, text: 'again' });
  });

  it('fails on demand, a given number of times', async () => {
    slack.faults.add({ method: 'chat.update', kind: 'rate_limited', retryAfterSeconds: 7, times: 1 });
    slack.faults.add({ method: 'auth.test', kind: 'error', error: 'fatal_error', times: 1 });
    slack.faults.add({ method: 'users.list', kind: 'http', status: 503, times: 1 });
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'x' });
    await expect(client.chat.update({ channel, ts, text: 'y' })).rejects.toMatchObject({ retryAfter: 7 });
    expect(await refusal(client.auth.test())).toBe('fatal_error');
    await expect(client.users.list({})).rejects.toThrow('503');
    await client.chat.update({ channel, ts, text: 'z' });
    expect(slack.messages(channel)[0]?.text).toBe('z');
  });

  it('can do the work and lose the answer, or never answer', async () => {
    slack.faults.add({ method: 'chat.postMessage', kind: 'drop_after', times: 1 });
    await expect(client.chat.postMessage({ channel, text: 'twice?' })).rejects.toThrow();
    expect(slack.messages(channel)).toHaveLength(1);
    const clear = slack.faults.add({ method: '*', kind: 'hang' });
    const hanging = client.auth.test();
    const failure = expect(hanging).rejects.toThrow();
    await until(() => slack.apiCalls.at(-1)?.method === 'auth.test');
    clear();
    await failure;
    await client.auth.test();
  });

  it('can be away altogether and come back', async () => {
    const end = slack.outage();
    await expect(client.auth.test()).rejects.toThrow();
    expect(
      await slack.command({ user: people.requester, channel, text: '/redis-upgrade list' }),
    ).toMatchObject({ ok: false });
    end();
    await client.auth.test();
    slack.outage(30);
    await expect(client.auth.test()).rejects.toThrow();
    await slack.waitForMessage(() => false, 60).catch(() => undefined);
    await client.auth.test();
  });
});

describe('response addresses', () => {
  it('take five answers within thirty minutes', async () => {
    let now = Date.now();
    await restart({ clock: { now: () => now } });
    const { createServer } = await import('node:http');
    const server = createServer();
    const urls: string[] = [];
    server.on('request', (request, response) => {
      request.on('data', (chunk: Buffer) =>
        urls.push(new URLSearchParams(chunk.toString()).get('response_url') ?? ''),
      );
      request.on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    slack.setAppUrl(`http://127.0.0.1:${(server.address() as { port: number }).port}/`);
    const command = () => slack.command({ user: people.requester, channel, text: '/redis-upgrade list' });
    const answer = async (url: string) =>
      (
        await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"text":"hi"}',
        })
      ).status;
    await command();
    const statuses: number[] = [];
    for (let use = 0; use < 6; use += 1) statuses.push(await answer(urls[0] ?? ''));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect(slack.ephemerals(people.requester)).toHaveLength(5);
    await command();
    now += 30 * 60_000 + 1;
    expect(await answer(urls[1] ?? '')).toBe(404);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("the page's own requests", () => {
  const post = (headers: Record<string, string>) =>
    fetch(`${slack.pageUrl}_page/say`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ user: people.requester, channel, text: 'hello <b> @anna' }),
    });

  it('are refused when they come from a page elsewhere', async () => {
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post({ 'content-type': 'text/plain' })).status).toBe(415);
    expect(slack.messages(channel)).toEqual([]);
    expect((await post({ origin: slack.pageUrl.replace(/\/$/u, '') })).status).toBe(200);
    expect(slack.messages(channel)[0]?.text).toBe(`hello &lt;b&gt; <@${people.approver}|anna>`);
  });

  it('show a person only what they may see, live', async () => {
    await restart({ panels: () => [{ title: 'Traffic', rows: [['Lost', '0', 'good']] }] });
    const stop = new AbortController();
    const response = await fetch(`${slack.pageUrl}_page/events?user=${people.stranger}`, {
      signal: stop.signal,
    });
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString());
    })().catch(() => undefined);
    await client.chat.postEphemeral({ channel, user: people.requester, text: 'secret refusal' });
    slack.say({ user: people.approver, channel: places.leads, text: 'private talk' });
    await client.chat.postMessage({ channel, text: 'for everybody' });
    await until(() => chunks.join('').includes('for everybody'));
    stop.abort();
    await reading;
    expect(chunks.join('')).toContain('Traffic');
    expect(chunks.join('')).not.toMatch(/secret refusal|private talk|leads/u);
  });
});

it('starts from a seed of its own', async () => {
  const seed = defaultSeed();
  await restart({ seed: { team: { ...seed.team, id: 'T0OTHER0001' }, commands: [] } });
  expect((await client.auth.test()).team_id).toBe('T0OTHER0001');
  expect(slack.seed.users).toEqual(seed.users);
});
