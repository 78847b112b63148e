import { afterEach, expect, test } from 'vitest';
import { people } from '../../src/sandbox/slack/seed.ts';
import { freePort } from '../../src/sandbox/world/free-port.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import {
  anotherBot,
  begin,
  callsOf,
  click,
  expectNothingTwice,
  fencingCalls,
  finishedThread,
  lostWrites,
  runThrough,
  startStage,
} from './stage.ts';

let world: World | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

function expectEachMutationOnce(stage: World): void {
  for (const action of [
    'ManualBackupInstance',
    'CreateMigrationService',
    'StartMigrateJob',
    'CompleteMigrateJob',
    'IsolateMigrateJob',
  ])
    expect(callsOf(stage, action), action).toHaveLength(1);
  expect(fencingCalls(stage)).toHaveLength(1);
  expect(callsOf(stage, 'ModifyNetworkConfig')).toHaveLength(4);
}

test('two processes share one upgrade: each call is made once, each message is posted once', async () => {
  world = await startStage();
  const port = await freePort();
  const second = anotherBot(world, { PORT: String(port) });
  await second.start();
  try {
    const upgrade = await begin(world);
    const message = await upgrade.request();
    // The other process is the one that hears the click.
    world.slack.setAppUrl(`http://127.0.0.1:${port}/slack/events`);
    await click(world, people.approver, { message, actionId: 'approve_cutover' });

    expect(await upgrade.ended()).toBe('completed');
    expect(world.holder()?.id).toBe(world.target.id);
    const workers = upgrade.lines.flatMap(({ actor }) => (actor?.kind === 'worker' ? [actor.id] : []));
    expect(new Set(workers).size).toBe(2);
    expectEachMutationOnce(world);
    expectNothingTwice(await finishedThread(world, upgrade.id));
    expect(await lostWrites(world)).toBe(0);
  } finally {
    await second.stop();
  }
});

test('the bot is killed again and again and started anew: the upgrade completes as if nothing had happened', async () => {
  const stage = await startStage();
  world = stage;
  const killIn = new Set(['create-sync-job', 'verify-data', 'fence-source', 'attach-target-address', 'soak']);
  const restarts: Promise<void>[] = [];
  const upgrade = await runThrough(stage, {
    onLine: ({ type, step }) => {
      if (type !== 'step_started' || step === undefined || !killIn.delete(step)) return;
      restarts.push(stage.bot.kill('SIGKILL').then(() => stage.bot.start()));
    },
  });
  await Promise.all(restarts);

  expect(restarts).toHaveLength(5);
  expect(upgrade.lines.at(-1)).toMatchObject({ type: 'ended', outcome: 'completed' });
  expect(stage.holder()?.id).toBe(stage.target.id);
  expect(callsOf(stage, 'CreateMigrationService')).toHaveLength(1);
  expectNothingTwice(await finishedThread(stage, upgrade.id));
  expect(await lostWrites(stage)).toBe(0);
});
