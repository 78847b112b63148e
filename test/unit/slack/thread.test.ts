import { describe, expect, it } from 'vitest';
import { createApprovers } from '../../../src/slack/approvers.ts';
import { SlackRateLimited, SlackRefused } from '../../../src/slack/slack-error.ts';
import { createThread, type Thread } from '../../../src/slack/thread.ts';
import type { ThreadRecord, ThreadStore } from '../../../src/slack/thread-record.ts';
import { FakeService } from './fake-service.ts';
import { FakeSlack, silence, silentLogger, textsIn } from './fake-slack.ts';
import {
  ANNA,
  APPROVAL_ID,
  before,
  EVERY_STANDING,
  RITA,
  requested,
  type Said,
  START_MS,
  step,
  UPGRADE_ID,
  undoneFrom,
  waitingForApproval,
} from './sample-upgrade.ts';

/** A store that can lose the process: a write that throws is a crash at that point. */
class MemoryStore implements ThreadStore {
  record: ThreadRecord | undefined;
  writes = 0;
  crashAtWrite: number | undefined;

  async read(): Promise<ThreadRecord | undefined> {
    return structuredClone(this.record);
  }

  async write(_id: string, record: ThreadRecord): Promise<void> {
    this.writes += 1;
    if (this.writes === this.crashAtWrite) throw new Error('crash');
    this.record = structuredClone(record);
  }
}

class World {
  readonly clock = { now: () => this.atMs };
  readonly slack = new FakeSlack(() => this.atMs);
  readonly store = new MemoryStore();
  readonly service: FakeService;
  atMs = START_MS;
  thread: Thread;

  constructor(bodies: readonly Said[]) {
    const approvers = createApprovers({ client: this.slack, ids: [ANNA.id], cacheMs: 0, clock: this.clock });
    this.service = new FakeService(approvers, this.clock.now);
    this.service.put(bodies);
    this.thread = this.restart();
  }

  restart(): Thread {
    const approvers = { configured: () => [ANNA.id] };
    const { slack: client, store, service, clock } = this;
    this.thread = createThread({ client, store, service, approvers, clock, logger: silentLogger });
    return this.thread;
  }

  publish(): Promise<{ again?: number }> {
    return this.thread.publish(UPGRADE_ID);
  }

  /** As the worker does: again and again until nothing is left, time passing. */
  async settle(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { again } = await this.publish();
      if (again === undefined) return;
      this.atMs += again;
    }
    throw new Error('Never settled');
  }

  threadTexts(): string[] {
    return this.slack.inThread().map((one) => one.text);
  }
}

describe('publishing', () => {
  it('posts the root once, with metadata, and the milestones in the order of the journal', async () => {
    const world = new World(before('verify-data'));
    await world.settle();
    await world.settle();
    expect(world.slack.roots()).toHaveLength(1);
    expect(world.slack.roots()[0]?.metadata).toEqual({
      event_type: 'redis_upgrade',
      event_payload: { upgrade_id: UPGRADE_ID, kind: 'root' },
    });
    expect(world.threadTexts()).toEqual([
      expect.stringContaining('the plan is made'),
      expect.stringContaining('is backed up'),
      expect.stringContaining('The full copy is done'),
    ]);
  });

  it('does nothing for an upgrade that does not exist', async () => {
    const world = new World([requested()]);
    expect(await world.thread.publish('up-00000000')).toEqual({});
    expect(world.slack.messages).toEqual([]);
  });

  it('edits the root only when it shows something else, and at most once in two seconds', async () => {
    const world = new World([requested()]);
    await world.publish();
    await world.publish();
    expect(world.slack.roots()[0]?.edits).toBe(0);
    world.service.append({ type: 'step_started', step: 'assess' });
    world.atMs += 500;
    expect(await world.publish()).toEqual({ again: 1_500 });
    expect(world.slack.roots()[0]?.edits).toBe(0);
    world.atMs += 1_500;
    expect(await world.publish()).toEqual({});
    expect(world.slack.roots()[0]?.edits).toBe(1);
  });

  it('shows the end at once, however recent the last edit', async () => {
    const world = new World((EVERY_STANDING['rolled back'] ?? []).slice(0, -1));
    await world.publish();
    world.service.append({ type: 'ended', outcome: 'rolled_back' });
    expect(await world.publish()).toEqual({});
    expect(world.slack.roots()[0]?.text).toContain('Rolled back.');
  });

  it('shows the end in the channel too, and milestones only in the thread', async () => {
    const world = new World(EVERY_STANDING['completed'] ?? []);
    await world.settle();
    const loud = world.slack.inThread().filter((one) => one.broadcast === true);
    expect(loud.map((one) => one.text)).toEqual([expect.stringContaining('The upgrade is complete.')]);
  });

  it('uses classic blocks for the life of the process once Slack refuses the others', async () => {
    const world = new World([requested()]);
    world.slack.refusedTypes = new Set(['plan', 'task_card']);
    await world.publish();
    expect(world.slack.roots()).toHaveLength(1);
    expect(JSON.stringify(world.slack.roots()[0]?.blocks)).not.toContain('task_card');
    world.service.append({ type: 'step_started', step: 'assess' });
    const callsBefore = world.slack.calls.length;
    await world.settle();
    expect(world.slack.calls.slice(callsBefore)).toEqual(['updateMessage']);
  });
});

describe('an approval request', () => {
  it('is a message of its own that is shown in the channel and mentions the approvers', async () => {
    const world = new World(waitingForApproval());
    await world.settle();
    const asked = world.slack
      .inThread()
      .find((one) => one.metadata.event_payload['kind'] === `approval:${APPROVAL_ID}`);
    expect(asked).toMatchObject({ broadcast: true });
    expect(asked?.text).toContain(`<@${ANNA.id}>`);
  });

  it('loses its buttons and names who and why after the decision', async () => {
    const world = new World(waitingForApproval());
    await world.settle();
    world.service.append(
      { type: 'approval_rejected', approvalId: APPROVAL_ID, reason: 'Not on a Friday' },
      ANNA,
    );
    await world.settle();
    const asked = world.slack.inThread().find((one) => one.text.includes('rejected the cutover'));
    expect(asked?.edits).toBe(1);
    expect(JSON.stringify(asked?.blocks)).not.toContain('action_id');
    expect(textsIn(asked?.blocks).join()).toContain('Not on a Friday');
  });

  it('loses its buttons when the upgrade is aborted while it waits', async () => {
    const world = new World(waitingForApproval());
    await world.settle();
    world.service.append({ type: 'abort_requested', reason: 'wrong day' }, RITA);
    await world.settle();
    const asked = world.slack
      .inThread()
      .find((one) => one.metadata.event_payload['kind'] === `approval:${APPROVAL_ID}`);
    expect(asked?.text).toContain('nothing left to approve');
    expect(JSON.stringify(asked?.blocks)).not.toContain('action_id');
  });

  it('calls nobody when it was decided before it could be shown', async () => {
    const world = new World([
      ...waitingForApproval(),
      { type: 'approval_rejected', approvalId: APPROVAL_ID, reason: 'no', by: ANNA },
    ]);
    await world.settle();
    const asked = world.slack
      .inThread()
      .find((one) => one.metadata.event_payload['kind'] === `approval:${APPROVAL_ID}`);
    expect(asked).toMatchObject({ broadcast: false });
    expect(JSON.stringify(asked?.blocks)).not.toContain('action_id');
  });

  it('is asked anew, in a second message, after it was voided', async () => {
    const world = new World(waitingForApproval());
    await world.settle();
    world.service.append({
      type: 'approval_voided',
      approvalId: APPROVAL_ID,
      changes: ['target.memoryMb: 1 became 2'],
    });
    world.service.append({ type: 'step_started', step: 'await-approval' });
    const again = waitingForApproval({ approvalId: 'ap-00000002' }).at(-1);
    if (again?.type === 'approval_requested') world.service.append(again);
    await world.settle();
    const asked = world.slack
      .inThread()
      .filter((one) => String(one.metadata.event_payload['kind']).startsWith('approval:'));
    expect(asked.map((one) => JSON.stringify(one.blocks).includes('approve_cutover'))).toEqual([false, true]);
  });
});

describe('when Slack is slow, silent or refuses', () => {
  it('comes back when a 429 says so, and still edits the root meanwhile', async () => {
    const world = new World([requested()]);
    await world.publish();
    for (const said of step('assess')) world.service.append(said);
    world.atMs += 5_000;
    world.slack.before.postMessage = [new SlackRateLimited('chat.postMessage', 7_000)];
    expect(await world.publish()).toEqual({ again: 7_000 });
    expect(world.slack.roots()[0]?.edits).toBe(1);
    world.atMs += 7_000;
    expect(await world.publish()).toEqual({});
    expect(world.threadTexts()).toHaveLength(1);
  });

  it('says that it may be repeated when Slack is silent, and loses nothing of it', async () => {
    const world = new World(EVERY_STANDING['completed'] ?? []);
    world.slack.before.postMessage = Array.from({ length: 5 }, silence);
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(world.publish()).rejects.toMatchObject({ code: 'SLACK_UNAVAILABLE', retryable: true });
    }
    await world.settle();
    expect(world.slack.roots()[0]?.text).toContain('Completed in');
    expect(world.threadTexts().at(-1)).toContain('The upgrade is complete.');
  });

  it.each(['channel_not_found', 'not_in_channel', 'is_archived'])(
    'says with the cure that %s will not heal',
    async (reason) => {
      const world = new World([requested()]);
      world.slack.before.postMessage = [new SlackRefused('chat.postMessage', reason)];
      await expect(world.publish()).rejects.toMatchObject({
        code: 'SLACK_CHANNEL_UNUSABLE',
        retryable: false,
        message: expect.stringMatching(/invite|unarchive/u),
      });
    },
  );

  it('goes on with the thread when somebody deleted the root', async () => {
    const world = new World([requested()]);
    await world.publish();
    const rootTs = world.slack.roots()[0]?.ts;
    world.slack.messages.length = 0;
    for (const said of step('assess')) world.service.append(said);
    world.atMs += 5_000;
    expect(await world.publish()).toEqual({});
    expect(world.slack.inThread().map((one) => one.threadTs)).toEqual([rootTs]);
  });
});

describe('a crash', () => {
  it('at any write of the record, and a restart, double no message and lose none', async () => {
    const whole = new World(EVERY_STANDING['completed'] ?? []);
    await whole.settle();
    const expected = whole.slack.messages.map((one) => one.text);
    expect(whole.store.writes).toBeGreaterThan(10);
    for (let crashAt = 1; crashAt <= whole.store.writes; crashAt += 1) {
      const world = new World(EVERY_STANDING['completed'] ?? []);
      world.store.crashAtWrite = crashAt;
      await expect(world.settle(), `write ${crashAt}`).rejects.toThrow('crash');
      world.restart();
      await world.settle();
      expect(
        world.slack.messages.map((one) => one.text),
        `write ${crashAt}`,
      ).toEqual(expected);
    }
  });

  it('that hid an answer of Slack doubles no message', async () => {
    const world = new World(waitingForApproval());
    world.slack.after.postMessage = Array.from({ length: 6 }, silence);
    for (let tries = 0; tries < 6; tries += 1) await world.settle().catch(() => undefined);
    await world.settle();
    const kinds = world.slack.messages.map((one) => one.metadata.event_payload['kind']);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds).toContain(`approval:${APPROVAL_ID}`);
  });

  it('brings a message found afterwards up to date', async () => {
    const world = new World(waitingForApproval());
    world.slack.after.postMessage = [silence()];
    await expect(world.publish()).rejects.toMatchObject({ code: 'SLACK_UNAVAILABLE' });
    world.service.append({ type: 'approval_rejected', approvalId: APPROVAL_ID, reason: 'no' }, ANNA);
    for (const said of undoneFrom('await-approval')) world.service.append(said);
    world.service.append({ type: 'ended', outcome: 'rolled_back' });
    await world.settle();
    expect(world.slack.roots()).toHaveLength(1);
    expect(world.slack.roots()[0]?.text).toContain('Rolled back.');
  });

  it('does not take a message of somebody else for its own', async () => {
    const world = new World([requested()]);
    await world.publish();
    const root = world.slack.roots()[0];
    if (root === undefined) throw new Error('No root');
    world.slack.messages.length = 0;
    world.slack.messages.push({
      ...root,
      metadata: { ...root.metadata, event_payload: { upgrade_id: 'up-other000', kind: 'root' } },
    });
    world.store.record = {
      v: 1,
      channel: root.channel,
      publishedThrough: -1,
      approvals: {},
      pending: { key: 'root', sinceMs: START_MS },
    };
    await world.publish();
    expect(world.slack.roots()).toHaveLength(2);
  });

  it('posts when it may not look, rather than staying silent', async () => {
    const world = new World([requested()]);
    world.slack.before.postMessage = [silence()];
    await expect(world.publish()).rejects.toMatchObject({ retryable: true });
    world.slack.before.history = [new SlackRefused('conversations.history', 'missing_scope')];
    await world.publish();
    expect(world.slack.roots()).toHaveLength(1);
  });
});
