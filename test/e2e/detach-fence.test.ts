import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { begin, click, lostWrites, startStage } from './stage.ts';
import { wordsOf } from './words.ts';

/** Long enough for writes to be under way when the job dies. */
const lagMs = 400;

let world: World | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test('where the cloud refuses the read-only switch, the approver is told, the address is the fence, and no write is lost', async () => {
  const stage = await startStage({ refuseReadOnly: true });
  world = stage;
  const upgrade = await begin(stage);
  const message = await upgrade.request();
  expect(wordsOf(message)).toMatch(/refuses the read-only switch.*address is taken away first/isu);
  await click(stage, people.approver, { message, actionId: 'approve_cutover' });
  expect(await upgrade.ended()).toBe('completed');
  expect(stage.holder()?.id).toBe(stage.target.id);
  expect(await lostWrites(stage)).toBe(0);
}, 120_000);

test('behind such a fence, a job that died with the address is given up, and the bot copies what it missed', async () => {
  const stage = await startStage({ refuseReadOnly: true });
  world = stage;
  const errorLog = 'errmsg:the source went away';
  const upgrade = await begin(stage, {
    onLine: ({ type, step }) => {
      // The job dies with the first move of the address, and what was written last is on the source alone.
      if (type === 'step_started' && step === 'fence-source')
        stage.cloud.faults.add({
          fault: { kind: 'fail-sync-job', phase: 'incremental', errorLog },
          times: 1,
        });
    },
  });
  const message = await upgrade.request();
  stage.cloud.setReplicationDelay(lagMs);
  await click(stage, people.approver, { message, actionId: 'approve_cutover' });
  expect(await upgrade.ended()).toBe('completed');
  const delta = upgrade.lines.find(({ type, step }) => type === 'step_succeeded' && step === 'verify-delta');
  const { keysRepaired } = z.object({ keysRepaired: z.number() }).parse(delta?.['output']);
  expect(keysRepaired).toBeGreaterThan(0);
  expect(await lostWrites(stage)).toBe(0);
}, 120_000);
