import { describe, expect, it } from 'vitest';
import { reportFile, reportText } from '../../../src/slack/blocks/report-words.ts';
import { SlackRateLimited, SlackRefused } from '../../../src/slack/slack-error.ts';
import { createThread, type Thread } from '../../../src/slack/thread.ts';
import type { ThreadRecord } from '../../../src/slack/thread-record.ts';
import type { EventBody } from '../../../src/upgrade/events.ts';
import { FakeService } from './fake-service.ts';
import { FakeSlack, type StoredMessage, silence, silentLogger } from './fake-slack.ts';
import { before, type Said, START_MS, step, UPGRADE_ID } from './sample-upgrade.ts';

const LIST = '{"key":"cart:7","kind":"value"}\n{"key":"cart:8","kind":"missing"}\n';
const FAILED: Said = {
  type: 'step_failed',
  step: 'verify-data',
  error: { code: 'data_differs', message: 'Source and target differ in 2 keys' },
};
const NOTED: EventBody = {
  type: 'step_noted',
  step: 'verify-data',
  note: { code: 'data_differs', differences: 2 },
};
const COMPARING: Said[] = [...before('verify-data'), { type: 'step_started', step: 'verify-data' }];

class World {
  readonly clock = { now: () => this.atMs };
  readonly slack = new FakeSlack(() => this.atMs);
  readonly service = new FakeService({
    configured: () => [],
    check: async () => ({ ok: true, value: true }),
  });
  record: ThreadRecord | undefined;
  writes = 0;
  crashAtWrite: number | undefined;
  atMs = START_MS;
  readonly thread: Thread;

  constructor(bodies: readonly Said[], report = LIST) {
    this.service.put(bodies);
    this.service.report = report;
    const store = {
      read: async () => structuredClone(this.record),
      write: async (_id: string, record: ThreadRecord) => {
        this.writes += 1;
        if (this.writes === this.crashAtWrite) throw new Error('crash');
        this.record = structuredClone(record);
      },
    };
    const { slack: client, service, clock } = this;
    const approvers = { configured: () => [] };
    this.thread = createThread({ client, store, service, approvers, clock, logger: silentLogger });
  }

  publish(): Promise<{ again?: number }> {
    return this.thread.publish(UPGRADE_ID);
  }

  async settle(): Promise<void> {
    for (let tries = 0; tries < 50; tries += 1) {
      const { again } = await this.publish();
      if (again === undefined) return;
      this.atMs += again;
    }
    throw new Error('Never settled');
  }

  files(): StoredMessage[] {
    return this.slack.inThread().filter((one) => one.file !== undefined);
  }
}

describe('the list of differences', () => {
  it('follows the message of the failed comparison as a file, with a sentence', async () => {
    const world = new World([...COMPARING, FAILED]);
    await world.settle();
    await world.settle();
    expect(world.slack.inThread().at(-2)?.text).toContain('Source and target differ in 2 keys');
    expect(world.files()).toMatchObject([
      {
        file: { name: `differences-${UPGRADE_ID}.jsonl`, content: LIST },
        text: `The differences that comparison 1 of ${UPGRADE_ID} found, one a line: which key, and what differs where. What the keys hold is not in it.`,
      },
    ]);
  });

  it('comes once for each comparison that finds some, also while the upgrade goes on', async () => {
    const world = new World([...COMPARING, NOTED]);
    await world.settle();
    world.service.append(NOTED);
    world.service.report = '{"key":"cart:9","kind":"ttl"}\n';
    await world.settle();
    await world.settle();
    expect(world.files().map((one) => one.file?.content)).toEqual([LIST, world.service.report]);
    expect(world.files()[1]?.text).toContain('comparison 2');
  });

  it('of an earlier comparison is not taken from a later one after an outage', async () => {
    const world = new World([...COMPARING, NOTED, NOTED]);
    await world.settle();
    expect(world.files().map((one) => one.text)).toEqual([expect.stringContaining('comparison 2 of')]);
  });

  it.each([
    ['a comparison that found none', [...before('verify-data'), ...step('verify-data')], LIST],
    [
      'one that failed for another reason',
      [...COMPARING, { ...FAILED, error: { code: 'X', message: 'x' } }],
      LIST,
    ],
    ['a list that is lost', [...COMPARING, FAILED], ''],
    ['an empty list', [...COMPARING, FAILED], '\n'],
  ] as [string, Said[], string][])('is not there after %s', async (_what, bodies, report) => {
    const world = new World(bodies, report);
    await world.settle();
    // A list that comes too late would be that of another comparison.
    world.service.report = LIST;
    await world.settle();
    expect(world.slack.calls).not.toContain('shareFile');
    expect(world.files()).toEqual([]);
  });

  it('waits for Slack to come back, and keeps nothing else from being shown', async () => {
    const world = new World([...COMPARING, FAILED]);
    world.slack.before.shareFile = [silence(), new SlackRateLimited('files.uploadV2', 3_000)];
    await expect(world.publish()).rejects.toMatchObject({ retryable: true });
    expect(world.slack.inThread().at(-1)?.text).toContain('Source and target differ');
    expect(await world.publish()).toEqual({ again: 3_000 });
    await world.settle();
    expect(world.files()).toHaveLength(1);
  });

  it('is found again when only the answer was lost', async () => {
    const world = new World([...COMPARING, FAILED]);
    world.slack.after.shareFile = [silence()];
    await expect(world.publish()).rejects.toMatchObject({ retryable: true });
    await world.settle();
    expect(world.files()).toHaveLength(1);
  });

  it('is there once, wherever the process dies', async () => {
    const whole = new World([...COMPARING, FAILED]);
    await whole.settle();
    for (let write = 1; write <= whole.writes; write += 1) {
      const world = new World([...COMPARING, FAILED]);
      world.crashAtWrite = write;
      await expect(world.settle()).rejects.toThrow('crash');
      await world.settle();
      expect(world.files(), `crash at write ${write}`).toHaveLength(1);
    }
  });

  it('is left out with a sentence when the app lacks the permission, and not tried again', async () => {
    const world = new World([...COMPARING, FAILED]);
    world.slack.before.shareFile = [new SlackRefused('files.uploadV2', 'missing_scope')];
    await world.settle();
    await world.settle();
    expect(world.files()).toEqual([]);
    expect(world.slack.inThread().at(-1)?.text).toBe(
      `The differences that comparison 1 of ${UPGRADE_ID} found (2) could not be attached as a file. Slack refused files.uploadV2 with missing_scope. The app lacks a permission: reinstall it with the scopes of manifest.yml. What is said above about them holds.`,
    );
    expect(world.slack.inThread().filter((one) => one.text.includes('could not be attached'))).toHaveLength(
      1,
    );
  });

  it('is tried again when the bot is back in the channel', async () => {
    const world = new World([...COMPARING, FAILED]);
    world.slack.before.shareFile = [new SlackRefused('files.uploadV2', 'not_in_channel')];
    await expect(world.publish()).rejects.toMatchObject({ code: 'SLACK_CHANNEL_UNUSABLE' });
    await world.settle();
    expect(world.files()).toHaveLength(1);
  });

  it('is read from a record that was written before there were files', async () => {
    const world = new World([...COMPARING]);
    await world.settle();
    expect(world.record).not.toHaveProperty('report');
    world.service.append(FAILED);
    await world.settle();
    expect(world.files()).toHaveLength(1);
  });
});

describe('a list that is too long', () => {
  it('is cut after a whole line, and the sentence says so', () => {
    const line = `{"key":"${'ü'.repeat(20)}"}`;
    const size = Buffer.byteLength(line) + 1;
    const file = reportFile(`${`${line}\n`.repeat(2_500)}`, size * 1_500 + size - 1);
    expect(file).toMatchObject({ lines: 1_500, left: 1_000 });
    expect(Buffer.byteLength(file?.content ?? '')).toBe(size * 1_500);
    expect(file === undefined ? '' : reportText('comparison 1 of up-1', file)).toMatch(
      /They are the first 1,500 of 2,500; more would make the file too large\.$/u,
    );
  });

  it('is left out when not even one line fits', () => {
    expect(reportFile('{"key":"long"}\n', 5)).toBeUndefined();
  });
});
