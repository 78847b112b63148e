import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxSlackOptions } from '../../../../src/sandbox/slack/options.ts';
import { type SandboxSlack, startSandboxSlack } from '../../../../src/sandbox/slack/sandbox-slack.ts';
import { defaultSeed, places } from '../../../../src/sandbox/slack/seed.ts';

const channel = places.redisOps;
const content = '{"key":"a"}\n{"key":"b"}\n';
const report = { channel_id: channel, filename: 'report.jsonl', content };

let slack: SandboxSlack;
let client: WebClient;
let nowMs: number;

async function start(options: SandboxSlackOptions = {}): Promise<void> {
  nowMs = Date.parse('2026-11-23T08:00:00Z');
  slack = await startSandboxSlack({ clock: { now: () => nowMs }, ...options });
  client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    timeout: 2_000,
  });
}

async function restart(options: SandboxSlackOptions): Promise<void> {
  await slack.close();
  await start(options);
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('was not refused'),
    (reason: Error & { data?: { error?: string } }) => reason,
  );
  return ('data' in error && error.data?.error) || error.message;
}

async function announce(length = Buffer.byteLength(content)): Promise<{ url: string; id: string }> {
  const { upload_url: url, file_id: id } = await client.files.getUploadURLExternal({
    filename: 'report.jsonl',
    length,
  });
  return { url: url ?? '', id: id ?? '' };
}

async function send(url: string, bytes: string = content): Promise<number> {
  return (await fetch(url, { method: 'POST', body: bytes })).status;
}

const complete = (id: string, more: { channel_id?: string; thread_ts?: string } = { channel_id: channel }) =>
  client.files.completeUploadExternal({ files: [{ id }], ...more } as Parameters<
    typeof client.files.completeUploadExternal
  >[0]);

beforeEach(() => start());
afterEach(() => slack.close());

describe('a file', () => {
  it('stands in the thread with its comment, its name and its size, and can be downloaded from the page', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'root' });
    await client.filesUploadV2({ ...report, thread_ts: ts, initial_comment: 'Here it is.' });
    const [, reply] = slack.thread(channel, ts);
    expect(reply).toMatchObject({
      text: 'Here it is.',
      thread_ts: ts,
      files: [{ name: 'report.jsonl', title: 'report.jsonl', size: Buffer.byteLength(content) }],
    });
    const answer = await fetch(`${slack.pageUrl}_page/files/${reply?.files?.[0]?.id}`);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="report.jsonl"');
    expect(await answer.text()).toBe(content);
  });

  it('is shown to an app in the history only when it may read files', async () => {
    await client.filesUploadV2(report);
    expect((await client.conversations.history({ channel })).messages?.[0]).not.toHaveProperty('files');
    const seed = defaultSeed();
    seed.app.scopes.push('files:read');
    await restart({ seed });
    await client.filesUploadV2(report);
    expect((await client.conversations.history({ channel })).messages?.[0]).toMatchObject({
      files: [{ name: 'report.jsonl' }],
    });
  });

  it('without a channel is uploaded and shown to nobody', async () => {
    const { url, id } = await announce();
    await send(url);
    await complete(id, {});
    expect(slack.messages(channel)).toEqual([]);
  });

  it('is cut off by an outage at each of its three calls', async () => {
    for (const method of ['files.getUploadURLExternal', 'upload_url', 'files.completeUploadExternal']) {
      slack.faults.add({ method, kind: 'drop', times: 1 });
      expect(await refusal(client.filesUploadV2(report))).toMatch(/http request|request error/iu);
    }
    expect(slack.messages(channel)).toEqual([]);
    expect(slack.apiCalls.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'files.getUploadURLExternal 0',
      'files.getUploadURLExternal 200',
      'upload_url 0',
      'files.getUploadURLExternal 200',
      'upload_url 200',
      'files.completeUploadExternal 0',
    ]);
  });
});

describe('an upload is refused', () => {
  it('without the scope', async () => {
    const seed = defaultSeed();
    seed.app.scopes = seed.app.scopes.filter((scope) => scope !== 'files:write');
    await restart({ seed });
    expect(await refusal(client.filesUploadV2(report))).toBe('missing_scope');
  });

  it('when it is announced without a length, too long, or as a snippet of more than 1 MB', async () => {
    const announced = (more: object) =>
      refusal(client.apiCall('files.getUploadURLExternal', { filename: 'a.txt', ...more }));
    expect(await announced({})).toBe('missing_argument');
    expect(await announced({ length: 0 })).toBe('missing_argument');
    expect(await announced({ length: 1_000_001, snippet_type: 'text' })).toBe('snippet_too_large');
    expect(await announced({ length: 10, alt_txt: 'x'.repeat(1_001) })).toBe('alt_txt_too_large');
    expect(await announced({ length: 4 * 1_024 * 1_024 + 1 })).toBe('file_upload_size_restricted');
  });

  it('at an address that is unknown, used or too old, and with another length than announced', async () => {
    const { url, id } = await announce();
    expect(await send(`${url}X`)).toBe(400);
    expect(await send(url, `${content}more`)).toBe(400);
    expect(await refusal(complete(id))).toBe('file_not_found');
    expect(await send(url)).toBe(200);
    await complete(id);
    expect(await send(url)).toBe(400);
    const late = await announce();
    nowMs += 10 * 60_000 + 1;
    expect(await send(late.url)).toBe(400);
  });

  it('when it is completed for an unknown file, before its bytes came, or a second time', async () => {
    expect(await refusal(complete('F0UNKNOWN01'))).toBe('file_not_found');
    const { url, id } = await announce();
    expect(await refusal(complete(id))).toBe('file_not_found');
    await send(url);
    await complete(id);
    expect(await refusal(complete(id))).toBe('file_not_found');
    expect(slack.messages(channel)).toHaveLength(1);
  });

  it('when the channel is unknown, private, archived or without the app, also where it may post', async () => {
    const seed = defaultSeed();
    seed.app.scopes.push('chat:write.public');
    const [general] = seed.channels.filter((one) => one.id === places.general);
    general?.members.splice(0, general.members.length);
    seed.channels.push({ id: 'C0ARCHIVED1', name: 'old', isArchived: true, members: [seed.app.botUserId] });
    await restart({ seed });
    const { url, id } = await announce();
    await send(url);
    expect(await refusal(complete(id, { channel_id: 'C0NOWHERE01' }))).toBe('channel_not_found');
    expect(await refusal(complete(id, { channel_id: places.leads }))).toBe('channel_not_found');
    expect(await refusal(complete(id, { channel_id: 'C0ARCHIVED1' }))).toBe('is_archived');
    expect(await refusal(complete(id, { channel_id: places.general }))).toBe('not_in_channel');
    await client.chat.postMessage({ channel: places.general, text: 'a message may go there' });
    // Nothing of it used the file up.
    await complete(id);
    expect(slack.messages(channel)).toHaveLength(1);
  });

  it('under a reply instead of the message that the thread is about', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'root' });
    const reply = await client.chat.postMessage({ channel, text: 'reply', thread_ts: ts });
    const { url, id } = await announce();
    await send(url);
    expect(await refusal(complete(id, { channel_id: channel, thread_ts: reply.ts ?? '' }))).toBe(
      'invalid_arguments',
    );
  });
});
