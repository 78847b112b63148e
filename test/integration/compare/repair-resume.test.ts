import { afterEach, describe, expect, it } from 'vitest';
import { temporaryKey } from '../../../src/compare/names/temporary-key.ts';
import type { RepairCheckpoint } from '../../../src/compare/repair/repair-checkpoint.ts';
import type { RepairAdvance } from '../../../src/compare/repair.ts';
import { createRepair } from '../../../src/compare/repair.ts';
import { startRedis, type TestServer, until } from './redis-servers.ts';
import { BREAKS, expectEqual, oldTypes, range, run, SMALL_PAGES } from './repair-data.ts';
import { clock, runComparison } from './run-comparison.ts';
import { runRepair } from './run-repair.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
async function start(...settings: string[]): Promise<TestServer> {
  const server = await startRedis(...settings);
  servers.push(server);
  return server;
}
async function pair(): Promise<[TestServer, TestServer]> {
  return Promise.all([start(), start()]);
}

describe('a repair that is cut off', () => {
  async function broken(): Promise<[TestServer, TestServer]> {
    const [source, target] = await pair();
    for (const server of [source, target]) await run(server, oldTypes());
    await run(target, BREAKS);
    return [source, target];
  }
  const advanceAll = async (parts: Parameters<typeof createRepair>[0]): Promise<RepairAdvance[]> => {
    const steps: RepairAdvance[] = [];
    for (;;) {
      const repair = createRepair(parts);
      const checkpoint = steps.at(-1)?.checkpoint;
      const copy: RepairCheckpoint | undefined = checkpoint && JSON.parse(JSON.stringify(checkpoint));
      steps.push(await repair.advance(copy, { budgetMs: 0 }));
      await repair.close();
      if (steps.at(-1)?.outcome !== undefined) return steps;
    }
  };

  it('goes on from every slice, also when the slices after it were lost', async () => {
    const [source, target] = await broken();
    const options = { ...SMALL_PAGES, batchKeys: 20 };
    const parts = {
      source: source.endpoint,
      target: target.endpoint,
      from: 'source',
      options,
      clock,
    } as const;
    const steps = await advanceAll(parts);
    expect(steps.length).toBeGreaterThan(30);
    expect(steps.at(-1)?.outcome).toMatchObject({ equal: true, keysRepaired: 11, keysDeleted: 2 });
    const phases = new Set(steps.flatMap((step) => step.checkpoint.repair.mends.map((mend) => mend.phase)));
    expect([...phases].sort()).toEqual(['clear', 'fill', 'prune', 'shrink', 'swap']);
    await expectEqual(source, target);
    // Each checkpoint is older than what the servers hold by now, as after a SIGKILL; and the data is broken again.
    for (const step of steps.filter((_, index) => index % 8 === 0)) {
      for (const command of BREAKS) await target.client.command(...command);
      const repair = createRepair(parts);
      let latest = await repair.advance(step.checkpoint, { budgetMs: 5_000 });
      while (latest.outcome === undefined)
        latest = await repair.advance(latest.checkpoint, { budgetMs: 5_000 });
      await repair.close();
      // What an old checkpoint holds behind it is for the next pass; what it leaves must be clean.
      expect(latest.outcome).toMatchObject({ stillDifferent: 0, unrepairableCount: 0 });
      expect(await target.client.command('KEYS', 'redis-upgrade:*')).toEqual([]);
    }
    expect(await runRepair(parts)).toMatchObject({ equal: true });
    await expectEqual(source, target);
  });

  it('leaves no temporary key behind when it was killed in the middle of a large value', async () => {
    const [source, target] = await pair();
    await run(source, [['RPUSH', 'list', ...range(20_000).map((n) => `element-${n}`)]]);
    const parts = {
      source: source.endpoint,
      target: target.endpoint,
      from: 'source',
      options: SMALL_PAGES,
      clock,
    } as const;
    const killed = createRepair(parts);
    const working = killed.advance(undefined, { budgetMs: 60_000 }).catch((error: unknown) => error);
    const temporary = temporaryKey('new', Buffer.from('list'));
    await until(
      async () => Number(await target.client.command('LLEN', temporary)) > 1_000,
      'a part of the list',
    );
    await killed.close();
    expect(await working).toMatchObject({ code: 'COMPARE_CLOSED' });
    expect(await target.client.command('EXISTS', temporary)).toBe(1);
    // To a comparison it is no data.
    const verdict = await runComparison({ source: source.endpoint, target: target.endpoint });
    expect(verdict.byKind).toMatchObject({ missing: 1, extra: 0 });
    // Meanwhile the key went away, so nothing leads to what was left of it.
    await run(source, [['DEL', 'list']]);
    expect(await runRepair(parts)).toMatchObject({ equal: true, keysRepaired: 0, keysDeleted: 0 });
    expect(await target.client.command('EXISTS', temporary)).toBe(0);
  });

  it('is refused with a checkpoint of the other direction', async () => {
    const [source, target] = await broken();
    const parts = { source: source.endpoint, target: target.endpoint, options: SMALL_PAGES, clock };
    const one = createRepair({ ...parts, from: 'source' });
    const { checkpoint } = await one.advance(undefined, { budgetMs: 0 });
    const other = createRepair({ ...parts, from: 'target' });
    await expect(other.advance(checkpoint, { budgetMs: 0 })).rejects.toMatchObject({
      code: 'COMPARE_CHECKPOINT',
    });
    await Promise.all([one.close(), other.close()]);
  });
});
