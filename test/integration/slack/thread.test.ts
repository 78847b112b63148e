import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../../src/sandbox/slack/message.ts';
import { type SandboxSlack, startSandboxSlack } from '../../../src/sandbox/slack/sandbox-slack.ts';
import { createThread, type Thread } from '../../../src/slack/thread.ts';
import type { ThreadRecord } from '../../../src/slack/thread-record.ts';
import { createSlackClient } from '../../../src/slack/web-client.ts';
import { FakeService } from '../../unit/slack/fake-service.ts';
import { silentLogger } from '../../unit/slack/fake-slack.ts';
import { ANNA, EVERY_STANDING, UPGRADE_ID, waitingForApproval } from '../../unit/slack/sample-upgrade.ts';
import { CHANNEL } from './slack-world.ts';

let slack: SandboxSlack;
let record: ThreadRecord | undefined;
/** The next write of the record is lost, and the process with it. */
let crashAtWrite: number | undefined;
let writes: number;
let service: FakeService;

const store = {
  read: async () => record,
  write: async (_id: string, next: ThreadRecord) => {
    writes += 1;
    if (writes === crashAtWrite) throw new Error('crash');
    record = next;
  },
};

function newThread(timeoutMs?: number): Thread {
  return createThread({
    client: createSlackClient({
      botToken: slack.botToken,
      apiUrl: slack.apiUrl,
      logger: silentLogger,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }),
    store,
    service,
    approvers: { configured: () => [ANNA.id] },
    clock: { now: () => Date.now() },
    logger: silentLogger,
    rootEditMinMs: 20,
  });
}

async function settle(thread: Thread): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { again } = await thread.publish(UPGRADE_ID);
    if (again === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, again));
  }
  throw new Error('Never settled');
}

function everything(): SlackMessage[] {
  const [root] = slack.messages(CHANNEL);
  return root === undefined ? [] : slack.thread(CHANNEL, root.ts);
}

beforeEach(async () => {
  slack = await startSandboxSlack({ rateLimits: false });
  record = undefined;
  crashAtWrite = undefined;
  writes = 0;
  service = new FakeService({ configured: () => [], check: async () => ({ ok: true, value: true }) });
  service.put(EVERY_STANDING['completed'] ?? []);
});

afterEach(() => slack.close());

describe('the thread in a workspace', () => {
  it('is written once, however often it is published', async () => {
    const thread = newThread();
    await settle(thread);
    const first = everything();
    await settle(thread);
    expect(first).toHaveLength(11);
    expect(everything()).toEqual(first);
  });

  it('shows the approval request and the end in the channel too', async () => {
    const thread = newThread();
    service.put(waitingForApproval());
    await settle(thread);
    service.put(EVERY_STANDING['completed'] ?? []);
    await settle(thread);
    const shown = slack.messages(CHANNEL).map((one) => one.text);
    expect(shown).toHaveLength(3);
    expect(shown[0]).toContain('Completed in');
    expect(shown[2]).toContain('The upgrade is complete.');
  });

  it('obeys a 429 and completes after it', async () => {
    slack.faults.add({ method: 'chat.postMessage', kind: 'rate_limited', retryAfterSeconds: 1, times: 1 });
    const thread = newThread();
    expect(await thread.publish(UPGRADE_ID)).toEqual({ again: 1_000 });
    await settle(thread);
    expect(everything()).toHaveLength(11);
  });

  it('keeps under the limits of Slack when they are enforced', async () => {
    slack.setRateLimits(true);
    await settle(newThread());
    expect(everything()).toHaveLength(11);
    expect(slack.apiCalls.some((call) => call.status === 429)).toBe(true);
  }, 60_000);

  it.each([
    ['HTTP 500', { kind: 'http' as const, status: 500 }],
    ['cut connections', { kind: 'drop' as const }],
    ['an answer lost after it was posted', { kind: 'drop_after' as const }],
    ['silence', { kind: 'hang' as const }],
  ])('survives %s without a doubled or a missing message', async (_what, fault) => {
    const thread = newThread(fault.kind === 'hang' ? 1_000 : undefined);
    for (let round = 0; round < 3; round += 1) {
      slack.faults.add({ method: 'chat.postMessage', times: 1, ...fault });
      await expect(thread.publish(UPGRADE_ID)).rejects.toMatchObject({
        code: 'SLACK_UNAVAILABLE',
        retryable: true,
      });
    }
    slack.faults.clear();
    await settle(newThread());
    const texts = everything().map((one) => one.text);
    expect(texts).toHaveLength(11);
    expect(new Set(texts).size).toBe(11);
  });

  it('has everything after an outage during which the upgrade went on and ended', async () => {
    service.put(waitingForApproval());
    const thread = newThread();
    await settle(thread);
    const end = slack.outage();
    service.put(EVERY_STANDING['rolled back'] ?? []);
    await expect(thread.publish(UPGRADE_ID)).rejects.toMatchObject({ retryable: true });
    end();
    await settle(thread);
    expect(everything()[0]?.text).toContain('Rolled back.');
    expect(everything().at(-1)?.text).toContain('The upgrade was undone.');
    expect(JSON.stringify(everything())).not.toContain('approve_cutover');
  });

  it('doubles nothing after a crash at any write', async () => {
    await settle(newThread());
    const whole = everything().map((one) => one.text);
    const all = writes;
    for (let at = 1; at <= all; at += 3) {
      await slack.close();
      slack = await startSandboxSlack({ rateLimits: false });
      record = undefined;
      writes = 0;
      crashAtWrite = at;
      await expect(settle(newThread()), `write ${at}`).rejects.toThrow('crash');
      await settle(newThread());
      expect(
        everything().map((one) => one.text),
        `write ${at}`,
      ).toEqual(whole);
    }
  }, 60_000);

  it('uses classic blocks where plan blocks are not known', async () => {
    await slack.close();
    slack = await startSandboxSlack({ rateLimits: false, refusedBlockTypes: ['plan', 'task_card'] });
    await settle(newThread());
    expect(everything()).toHaveLength(11);
    expect(JSON.stringify(everything()[0]?.blocks)).toContain('Copy snapshot');
  });

  it('says that a channel without the bot will not heal by itself', async () => {
    service.put([{ ...EVERY_STANDING['just requested']?.[0], channel: 'C0LEADS0001' } as never]);
    await expect(newThread().publish(UPGRADE_ID)).rejects.toMatchObject({
      code: 'SLACK_CHANNEL_UNUSABLE',
      retryable: false,
    });
  });
});
