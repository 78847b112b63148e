import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Instance } from '../../src/sandbox/cloud/world/instances.ts';
import type { SlackMessage } from '../../src/sandbox/slack/message.ts';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { ask, asks, begin, click, type Followed, lostWrites, startStage } from './stage.ts';
import { wordsOf } from './words.ts';

const answerTimeoutMs = 60_000;
const lookMs = 50;
/** Keys that live so short that they run out on the way, and are renewed all the time on the source. */
const session = {
  keys: Array.from({ length: 5 }, (_, index) => `session:${index}`),
  ttlMs: 3_000,
  renewMs: 100,
};
/** Longer than a session lives: what renews one comes to a target that has none. */
const lagMs = 5_000;
const longTtlMs = 600_000;
const COMPARED = new Set(['approval_requested', 'differences_found', 'repair_requested']);

let world: World | undefined;
const clients: Redis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await world?.close();
  world = undefined;
});

async function connect(stage: World, instance: Instance): Promise<Redis> {
  const client = new Redis(await stage.innerEndpoint(instance));
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function renew(client: Redis, ttlMs: number): Promise<void> {
  await Promise.all(session.keys.map((key) => client.pexpire(key, ttlMs)));
}

/** Approves the cutover, and sees to the end of the upgrade. */
async function cutOver(stage: World, upgrade: Followed, message: SlackMessage): Promise<void> {
  await click(stage, people.approver, { message, actionId: 'approve_cutover' });
  expect(await upgrade.ended()).toBe('completed');
  expect(await lostWrites(stage)).toBe(0);
}

test('keys that were renewed while the copy was made are found missing, copied again without asking, and not lost', async () => {
  const stage = await startStage();
  world = stage;
  const [source, target] = [await connect(stage, stage.source), await connect(stage, stage.target)];
  await Promise.all(session.keys.map((key) => source.set(key, `of ${key}`, 'PX', session.ttlMs)));
  let ttlMs = session.ttlMs;
  const renewing = setInterval(() => void renew(source, ttlMs).catch(() => undefined), session.renewMs);
  try {
    stage.cloud.setReplicationDelay(lagMs);
    const upgrade = await begin(stage);
    await upgrade.until('step_succeeded', 'copy-snapshot');
    await expect
      .poll(() => target.exists(...session.keys), { timeout: answerTimeoutMs, interval: lookMs })
      .toBe(0);
    ttlMs = longTtlMs;
    await renew(source, ttlMs);
    stage.cloud.setReplicationDelay(0);
    expect(await source.exists(...session.keys), 'the source lost them too').toBe(session.keys.length);
    // The comparison was under way meanwhile and may have seen them before they ran out.
    const first = await upgrade.journal.until(({ type }) => COMPARED.has(type), {
      what: 'verdict',
      timeoutMs: answerTimeoutMs,
    });
    const early = first.type === 'approval_requested' ? await upgrade.request() : undefined;
    if ((await target.exists(...session.keys)) < session.keys.length)
      await ask(stage, people.requester, `/redis-upgrade verify ${upgrade.id}`);

    const repair = await upgrade.until('repair_requested');
    expect(repair['automatic']).toBe(true);
    const repaired = await upgrade.until('step_succeeded', 'repair-target');
    const { keysRepaired } = z.object({ keysRepaired: z.number() }).parse(repaired['output']);
    expect(keysRepaired).toBeGreaterThanOrEqual(session.keys.length);
    const message = await stage.slack.waitForMessage(
      (one) => asks(one) && wordsOf(one).includes('be cut over to') && one.ts !== early?.ts,
      answerTimeoutMs,
    );
    expect(await target.mget(...session.keys)).toEqual(session.keys.map((key) => `of ${key}`));
    expect(upgrade.lines.some(({ type }) => type === 'repair_approval_requested')).toBe(false);
    await cutOver(stage, upgrade, message);
  } finally {
    clearInterval(renewing);
  }
}, 180_000);

test('anything else that differs waits for people: a repair with an approval of its own makes it equal, and the cutover follows', async () => {
  const stage = await startStage();
  world = stage;
  const [source, target] = [await connect(stage, stage.source), await connect(stage, stage.target)];
  await source.set('price', '100');
  const upgrade = await begin(stage);
  const early = await upgrade.request();
  // Past every gate, as no client could.
  await Promise.all([target.set('price', '1'), target.set('stranger', 'x')]);
  expect(await ask(stage, people.requester, `/redis-upgrade verify ${upgrade.id}`)).toMatch(
    /compared again/u,
  );
  await upgrade.until('differences_found');
  const called = await stage.slack.waitForMessage(
    (message) => wordsOf(message).includes('The data differs'),
    answerTimeoutMs,
  );
  expect(wordsOf(called)).toContain(`/redis-upgrade repair ${upgrade.id}`);

  expect(await ask(stage, people.requester, `/redis-upgrade repair ${upgrade.id}`)).toMatch(
    /waits for the approval/u,
  );
  const request = await stage.slack.waitForMessage(
    (message) => asks(message) && wordsOf(message).includes('be repaired from'),
    answerTimeoutMs,
  );
  expect(wordsOf(request)).toMatch(/price|stranger/u);
  expect(await click(stage, people.requester, { message: request, actionId: 'approve_cutover' })).toMatch(
    /not an approver/u,
  );
  await click(stage, people.approver, { message: request, actionId: 'approve_cutover' });
  await upgrade.until('step_succeeded', 'repair-target');
  expect(await target.mget('price', 'stranger')).toEqual(['100', null]);
  // The gate is shut again behind the repair.
  expect(stage.target.node?.readOnly()).toBe(true);

  const message = await stage.slack.waitForMessage(
    (one) => asks(one) && wordsOf(one).includes('be cut over to') && one.ts !== early.ts,
    answerTimeoutMs,
  );
  await cutOver(stage, upgrade, message);
}, 180_000);
