import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../../src/sandbox/slack/message.ts';
import { type SandboxSlack, startSandboxSlack } from '../../../src/sandbox/slack/sandbox-slack.ts';
import { defaultSeed } from '../../../src/sandbox/slack/seed.ts';
import { createThread, type Thread } from '../../../src/slack/thread.ts';
import type { ThreadRecord } from '../../../src/slack/thread-record.ts';
import { createSlackClient } from '../../../src/slack/web-client.ts';
import { FakeService } from '../../unit/slack/fake-service.ts';
import { silentLogger } from '../../unit/slack/fake-slack.ts';
import { before, UPGRADE_ID } from '../../unit/slack/sample-upgrade.ts';
import { CHANNEL } from './slack-world.ts';

const LIST = '{"key":"cart:7 <!channel> & Ünïcode","kind":"value"}\n'.repeat(300);
const FILE_CALLS = ['files.getUploadURLExternal', 'upload_url', 'files.completeUploadExternal'];

let slack: SandboxSlack;
let service: FakeService;
let thread: Thread;
let record: ThreadRecord | undefined;

async function start(scopes = defaultSeed().app.scopes): Promise<void> {
  const { app } = defaultSeed();
  slack = await startSandboxSlack({ rateLimits: false, seed: { app: { ...app, scopes } } });
  record = undefined;
  thread = newThread(8_000);
}

function newThread(timeoutMs: number): Thread {
  return createThread({
    client: createSlackClient({
      botToken: slack.botToken,
      apiUrl: slack.apiUrl,
      logger: silentLogger,
      timeoutMs,
    }),
    store: {
      read: async () => record,
      write: async (_id, next) => {
        record = next;
      },
    },
    service,
    approvers: { configured: () => [] },
    clock: { now: () => Date.now() },
    logger: silentLogger,
    rootEditMinMs: 20,
  });
}

async function settle(): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { again } = await thread.publish(UPGRADE_ID);
    if (again === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, again));
  }
  throw new Error('Never settled');
}

function replies(): SlackMessage[] {
  const [root] = slack.messages(CHANNEL);
  return root === undefined ? [] : slack.thread(CHANNEL, root.ts).slice(1);
}

function withFiles(): SlackMessage[] {
  return replies().filter((one) => one.files !== undefined);
}

beforeEach(async () => {
  service = new FakeService({ configured: () => [], check: async () => ({ ok: true, value: true }) });
  service.report = LIST;
  service.put([
    ...before('verify-data'),
    { type: 'step_started', step: 'verify-data' },
    { type: 'step_failed', step: 'verify-data', error: { code: 'data_differs', message: '300 keys differ' } },
  ]);
  await start();
});
afterEach(() => slack.close());

describe('the list of differences in a workspace', () => {
  it('is a file in the thread that anybody can download, byte by byte', async () => {
    await settle();
    await settle();
    const [shared, ...more] = withFiles();
    expect(more).toEqual([]);
    expect(replies().at(-1)).toBe(shared);
    expect(shared).toMatchObject({
      text: expect.stringContaining(`The differences that comparison 1 of ${UPGRADE_ID} found`),
      files: [{ name: `differences-${UPGRADE_ID}.jsonl`, size: Buffer.byteLength(LIST) }],
    });
    const answer = await fetch(`${slack.pageUrl}_page/files/${shared?.files?.[0]?.id}`);
    expect(await answer.text()).toBe(LIST);
  });

  it.each(
    FILE_CALLS.flatMap((method) => [
      { method, fault: { kind: 'http' as const, status: 500 } },
      { method, fault: { kind: 'drop_after' as const } },
    ]),
  )('is there once although $method met $fault.kind', async ({ method, fault }) => {
    slack.faults.add({ method, times: 1, ...fault });
    await expect(settle()).rejects.toMatchObject({ code: 'SLACK_UNAVAILABLE', retryable: true });
    // Everything else is shown before it.
    expect(replies().some((one) => one.text.includes('300 keys differ'))).toBe(true);
    slack.faults.clear();
    await settle();
    expect(withFiles()).toHaveLength(1);
  });

  it('is there once although Slack fell silent', async () => {
    const patient = thread;
    thread = newThread(1_000);
    for (const method of FILE_CALLS) {
      slack.faults.add({ method, times: 1, kind: 'hang' });
      await expect(settle()).rejects.toMatchObject({ code: 'SLACK_UNAVAILABLE' });
      slack.faults.clear();
    }
    thread = patient;
    await settle();
    expect(withFiles()).toHaveLength(1);
  });

  it('obeys a 429', async () => {
    slack.faults.add({
      method: 'files.getUploadURLExternal',
      kind: 'rate_limited',
      retryAfterSeconds: 1,
      times: 1,
    });
    await settle();
    expect(withFiles()).toHaveLength(1);
  });

  it('comes after an outage', async () => {
    const end = slack.outage();
    await expect(settle()).rejects.toMatchObject({ retryable: true });
    end();
    await settle();
    expect(withFiles()).toHaveLength(1);
  });

  it('is left out with a sentence when the app was installed without the scope', async () => {
    await slack.close();
    await start(defaultSeed().app.scopes.filter((scope) => scope !== 'files:write'));
    await settle();
    await settle();
    expect(withFiles()).toEqual([]);
    expect(
      replies().filter((one) => one.text.includes('reinstall it with the scopes of manifest.yml')),
    ).toHaveLength(1);
    expect(slack.apiCalls.filter((call) => FILE_CALLS.includes(call.method))).toHaveLength(1);
  });
});
