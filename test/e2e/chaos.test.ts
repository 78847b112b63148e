import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drawPlan } from '../../scripts/chaos/draw-plan.ts';
import { playChaos } from '../../scripts/chaos/play.ts';

/** `npm run chaos -- --seed 6 --upgrades 3` plays the same ones. */
const seed = 6;

/** Longer than an upgrade is waited for, so that one that does not end says where it stands. */
const timeoutMs = 240_000;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chaos-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test.each([1, 2, 3])(
  'upgrade %i of a chaos with two bots ends, loses no write, and people see how it ended',
  async (nr) => {
    const row = await playChaos(drawPlan(seed, nr), { directory });
    expect(row).toMatchObject({ lostWrites: 0, differences: 0, problems: [] });
    expect(['completed', 'rolled_back']).toContain(row.outcome);
    expect(row.injected.length).toBeGreaterThan(0);
  },
  timeoutMs,
);
