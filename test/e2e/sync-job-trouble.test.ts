import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JournalLine } from '../../src/sandbox/demo/journal-tail.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import {
  begin,
  callsOf,
  emptyTarget,
  expectNothingTwice,
  finishedThread,
  lostWrites,
  runThrough,
  startStage,
  writesGoOn,
} from './stage.ts';
import { wordsOf } from './words.ts';

/** From the fence until clients write again when a cutover is undone: bounded by the bot's patience, not by a person's. */
const maxWriteGapMs = 8_000;

async function threadWords(world: World, id: string): Promise<string> {
  const thread = await finishedThread(world, id);
  expectNothingTwice(thread);
  return thread.map(wordsOf).join('\n');
}

function standOf(world: World) {
  const { target, source } = world;
  return {
    holder: world.holder()?.id,
    target: { address: target.address, subnet: target.subnet.id, groups: [...target.securityGroupIds] },
    source: { address: source.address, readOnly: source.node?.readOnly() },
  };
}

describe('from standard to standard', () => {
  let world: World;
  let before: ReturnType<typeof standOf>;

  beforeAll(async () => {
    world = await startStage();
    before = standOf(world);
  });

  afterAll(async () => {
    await world?.close();
  });

  test('a failed pre-check names the item and its cure, and everything is put back', async () => {
    const reason = 'The target has 2048 MB; 9000 MB are needed.';
    world.cloud.faults.add({ fault: { kind: 'fail-check-item', stepId: 'DstSpaceCheck', reason }, times: 1 });

    const upgrade = await begin(world);
    expect(await upgrade.ended()).toBe('rolled_back');

    const words = await threadWords(world, upgrade.id);
    expect(words).toContain(`Target capacity: ${reason}`);
    expect(words).toContain('enlarge the target to at least 1.5 times');
    expect(callsOf(world, 'IsolateMigrateJob').map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(standOf(world)).toEqual(before);
    await writesGoOn(world);
    expect(world.traffic.figures()?.refusedWrites).toBe(0);
    await emptyTarget(world);
  });

  test.for([
    { side: 'source', step: 'detach-source-address' },
    { side: 'target', step: 'attach-target-address' },
  ] as const)(
    'in the cutover the address of the $side cannot be changed: the source serves and takes writes again, at the old address',
    async ({ side, step }, { annotate }) => {
      const onLine = ({ type, step: at }: JournalLine) => {
        if (type !== 'step_started' || at !== 'check-gates') return;
        void world.traffic.measure();
        const fault = { kind: 'fail-task', message: 'The address could not be changed' } as const;
        const instanceId = world[side].id;
        // As often as the bot tries it.
        world.cloud.faults.add({ action: 'ModifyNetworkConfig', instanceId, times: 3, fault });
      };
      const upgrade = await runThrough(world, { onLine });
      expect(upgrade.lines.at(-1)).toMatchObject({ type: 'ended', outcome: 'rolled_back' });
      world.cloud.faults.clear();

      await writesGoOn(world);
      const gapMs = world.traffic.figures()?.writeGap.ms ?? Number.POSITIVE_INFINITY;
      await annotate(`${step} failed: clients could not write for ${Math.round(gapMs)} ms`);
      expect(gapMs).toBeLessThan(maxWriteGapMs);
      expect(upgrade.lines).toContainEqual(expect.objectContaining({ type: 'step_failed', step }));
      expect(standOf(world)).toEqual(before);
      const words = await threadWords(world, upgrade.id);
      expect(words).toMatch(
        /Moving crs-orders(28|40) to [\d.:]+ failed 3 times: The address could not be changed/,
      );
      expect(words).toContain(`${world.source.id} takes writes again`);
      await emptyTarget(world);
    },
  );

  test('after all of this no write is lost', async () => {
    expect(await lostWrites(world)).toBe(0);
  });
});

test('a client renames a key across slots while the copy to a cluster runs: undone, with the explanation', async () => {
  const world = await startStage({ to: 'cluster' });
  try {
    const before = standOf(world);
    const upgrade = await begin(world);
    await upgrade.until('step_succeeded', 'copy-snapshot');
    const { ip: host, port } = world.address;
    const { password } = await world.innerEndpoint(world.source);
    const client = new Redis({ host, port, ...(password !== undefined && { password }) });
    await client.set('cart:1', 'tea');
    await client.rename('cart:1', 'order:1');
    client.disconnect();

    expect(await upgrade.ended()).toBe('rolled_back');
    const words = await threadWords(world, upgrade.id);
    expect(words).toContain('CROSSSLOT');
    expect(words).toContain('A client wrote to keys of different slots at once, which a cluster refuses');
    expect(standOf(world)).toEqual(before);
    expect(callsOf(world, 'IsolateMigrateJob').at(-1)?.outcome).toBe('ok');
    await writesGoOn(world);
    expect(world.traffic.figures()?.refusedWrites).toBe(0);
    expect(await lostWrites(world)).toBe(0);
  } finally {
    await world.close();
  }
});
