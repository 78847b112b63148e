import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker } from '../../../bench/compare-proof/worker-process.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { commandsOf, expectEqual, range } from './repair-data.ts';

const KEYS = 3_000;
const KILLS = 3;
const POLL_MS = 20;
/** Eight processes have to start, on a machine that does other work too. */
const PATIENCE = { timeout: 180_000 };
const WORKER = fileURLToPath(new URL('../../../bench/compare-proof/worker.ts', import.meta.url));

let source: TestServer;
let target: TestServer;
let folder: string;

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  folder = await mkdtemp(join(tmpdir(), 'compare-killed-'));
  for (const { client } of [source, target]) {
    await client.pipeline(encodeCommands(range(KEYS).map((n) => ['SET', `key-${n}`, `value-${n}`])));
    await client.command('RPUSH', 'list', ...range(20_000).map((n) => `element-${n}`));
  }
  await target.client.pipeline(encodeCommands(range(30).map((n) => ['DEL', `key-${n * 100}`])));
  await target.client.command('LSET', 'list', '15000', 'other');
  await target.client.command('SET', 'extra', 'x');
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** Runs a process to its end, killing it each time that a third of the keys was gone through. */
async function runKilled(work: 'compare' | 'repair') {
  const checkpointFile = join(folder, `${work}.json`);
  const options = { maxKeysPerSecond: 2_000, batchKeys: 20, roundDelayMs: 30, pageElements: 500 };
  const sides = { source: source.endpoint, target: target.endpoint };
  const shared = { ...sides, options, sliceMs: 50, checkpointFile };
  const task = work === 'compare' ? { work, ...shared } : { work, from: 'source' as const, ...shared };
  const start = () => startWorker(WORKER, task, ['--import', 'tsx']);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const running = start();
    const reached = (KEYS * kill) / (KILLS + 1);
    while ((await keysCompared(checkpointFile)) < reached) await sleep(POLL_MS);
    running.child.kill('SIGKILL');
    expect(await running.done).toBeUndefined();
  }
  return (await start().done)?.result;
}

async function keysCompared(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const checkpoint = JSON.parse(text) as {
    keysCompared?: number;
    comparison?: { keysCompared: number };
  };
  return checkpoint.keysCompared ?? checkpoint.comparison?.keysCompared ?? 0;
}

describe('a process that is killed three times', PATIENCE, () => {
  it('finds by its checkpoint what it would have found, and asks for hardly anything twice', async () => {
    await source.client.command('CONFIG', 'RESETSTAT');
    const verdict = await runKilled('compare');
    expect(verdict).toMatchObject({ equal: false, complete: true, differences: 32, unsettledKeys: 0 });
    expect(verdict).toMatchObject({ byKind: { missing: 30, extra: 1, value: 1 } });
    // One PTTL a key, a few for the looks in rounds; a kill costs the keys of one slice and of two batches.
    const asked = (await commandsOf(source)).get('pttl') ?? 0;
    expect(asked).toBeGreaterThanOrEqual(KEYS);
    expect(asked).toBeLessThan(KEYS * 1.5);
  });

  it('makes both sides equal, and leaves nothing behind', async () => {
    expect(await runKilled('repair')).toMatchObject({ equal: true, complete: true, stillDifferent: 0 });
    await expectEqual(source, target);
  });
});
