import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SandboxSlack, startSandboxSlack } from '../../../src/sandbox/slack/sandbox-slack.ts';
import { createThread } from '../../../src/slack/thread.ts';
import type { ThreadRecord } from '../../../src/slack/thread-record.ts';
import { createSlackClient } from '../../../src/slack/web-client.ts';
import { FakeService } from '../../unit/slack/fake-service.ts';
import { silentLogger } from '../../unit/slack/fake-slack.ts';
import { before, UPGRADE_ID } from '../../unit/slack/sample-upgrade.ts';
import { findChromium } from './chromium.ts';

const artifacts = join(import.meta.dirname, '../../../artifacts');
const path = findChromium(process.env);
const LIST = '{"db":0,"key":"cart:7","type":"hash","kind":"value","where":"field total"}\n'.repeat(42);

/** The workspace and the thread alone: no upgrade runs. */
describe.skipIf(path === undefined)('a file in a thread, on the page', () => {
  let slack: SandboxSlack;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(artifacts, { recursive: true });
    slack = await startSandboxSlack({ rateLimits: false });
    const service = new FakeService({ configured: () => [], check: async () => ({ ok: true, value: true }) });
    service.report = LIST;
    service.put([
      ...before('verify-data'),
      { type: 'step_started', step: 'verify-data' },
      {
        type: 'step_failed',
        step: 'verify-data',
        error: {
          code: 'data_differs',
          message: 'Source and target differ in 42 keys: 42 with another value.',
        },
      },
    ]);
    let record: ThreadRecord | undefined;
    const thread = createThread({
      client: createSlackClient({ botToken: slack.botToken, apiUrl: slack.apiUrl, logger: silentLogger }),
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
    });
    await thread.publish(UPGRADE_ID);
    browser = await chromium.launch({ executablePath: path ?? '', args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser?.close();
    await slack?.close();
  });

  it('shows its name and size, and is downloaded with a click', async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 960 } });
    page.setDefaultTimeout(60_000);
    await page.goto(slack.pageUrl);
    await page.locator('#message-list .thread-bar').first().click();
    const file = page.locator('#thread-list a.file');
    await file.scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(artifacts, 'page-file.png'), animations: 'disabled' });
    expect(await file.textContent()).toContain(`differences-${UPGRADE_ID}.jsonl`);
    expect(await file.textContent()).toContain(`${LIST.length.toLocaleString('en')} bytes`);
    const [download] = await Promise.all([page.waitForEvent('download'), file.click()]);
    expect(download.suggestedFilename()).toBe(`differences-${UPGRADE_ID}.jsonl`);
    expect(await readFile(await download.path(), 'utf8')).toBe(LIST);
  });
});
