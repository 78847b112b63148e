import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from '../../../src/sandbox/slack/seed.ts';
import { startWorld, type World } from '../../../src/sandbox/world/world.ts';
import { findChromium, warnThatNothingIsLookedAt } from './chromium.ts';

/** Screenshots to be looked at by people; nothing compares them. */
const artifacts = join(import.meta.dirname, '../../../artifacts');
const stepTimeoutMs = 60_000;
const path = findChromium(process.env);
if (path === undefined) warnThatNothingIsLookedAt();

describe.skipIf(path === undefined)('the page of the sandbox', () => {
  let world: World;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    await mkdir(artifacts, { recursive: true });
    world = await startWorld({
      from: '2.8',
      to: 'standard',
      keys: 2_000,
      cloudSpeed: 'realistic',
      botMode: 'child',
      traffic: { writesPerSecond: 150, readsPerSecond: 50, clients: 3 },
      botSettings: { REDIS_UPGRADE_SOAK_SECONDS: '4', REDIS_UPGRADE_POLL_MAX_SECONDS: '0.5' },
    });
    browser = await chromium.launch({ executablePath: path ?? '', args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1440, height: 960 } });
    page.setDefaultTimeout(stepTimeoutMs);
    page.on('pageerror', (error) => complaints.push(`error on the page: ${error.message}`));
    page.on('console', (entry) => {
      if (entry.type() === 'error') complaints.push(`console: ${entry.text()}`);
    });
    await page.goto(world.slack.pageUrl);
  });

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  /** Switches the person and waits until the page is drawn as that person sees it: the switch asks the sandbox first. */
  const actAs = async (user: string) => {
    const persona = page.locator(`[data-do="persona"][data-user="${user}"]`);
    await persona.click();
    await persona.and(page.locator('[aria-checked="true"]')).waitFor();
  };
  const shot = (name: string) =>
    page.screenshot({ path: join(artifacts, `${name}.png`), animations: 'disabled' });
  const messages = () => page.locator('#message-list');
  const thread = () => page.locator('#thread-list');

  it('takes a command typed by the requester and answers without a reload', async () => {
    await actAs(people.requester);
    await page.locator('#composer-input').fill(`/redis-upgrade start ${world.source.id} ${world.target.id}`);
    await shot('page-1-start');
    await page.locator('#composer-input').press('Enter');
    await messages().getByText('has begun').first().waitFor();
    await messages()
      .getByText(/up-[a-z0-9]{8}/u)
      .first()
      .waitFor();
    expect(await page.locator('#composer-input').inputValue()).toBe('');
  });

  it('shows the steps as they are done', async () => {
    const threadBar = messages().locator('.thread-bar').first();
    await threadBar.click();
    await thread().getByText(`${world.source.id} is backed up.`).first().waitFor();
    await messages()
      .getByText(/[1-9]\d? of 20/u)
      .first()
      .waitFor();
    await shot('page-2-progress');
  });

  it('asks for an approval, and refuses the one who asked for the upgrade', async () => {
    const approve = thread().locator('[data-action="approve_cutover"]');
    await approve.waitFor();
    await approve.scrollIntoViewIfNeeded();
    await shot('page-3-approval');
    await approve.click();
    await thread().getByText('You are not an approver').waitFor();
    await approve.waitFor();
  });

  it('lets another person approve after a switch of the persona', async () => {
    await actAs(people.approver);
    const approve = thread().locator('[data-action="approve_cutover"]');
    await approve.waitFor();
    // What only the other person was told is not for this one.
    expect(await page.getByText('You are not an approver').count()).toBe(0);
    await shot('page-4-approver');
    await approve.click();
    await thread().getByText('approved the cutover.').waitFor();
  });

  it('shows the end, with the address held by the target', async () => {
    await thread().getByText('The upgrade is complete.').waitFor();
    await messages().getByText('20 of 20 steps done').waitFor();
    await page.locator('[data-action="approve_cutover"]').first().waitFor({ state: 'detached' });
    expect(world.holder()?.id).toBe(world.target.id);
    await page.locator('#panels .figure', { hasText: 'Held by' }).getByText(world.target.id).waitFor();
    await shot('page-5-finished');
  });

  it('had nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
