import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, createComparison, type Progress } from '../../../src/compare/comparison.ts';
import type { ComparisonOptions } from '../../../src/compare/comparison-options.ts';
import type { Checkpoint } from '../../../src/compare/sweep/checkpoint.ts';
import { openConnection } from '../../../src/compare/wire/redis-connection.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { clock } from './run-comparison.ts';

const KEYS = 3_000;
/** Above what a loaded machine makes of a PING, far below what the slow source takes. */
const BRAKE_MS = 250;
const OPTIONS: ComparisonOptions = { rounds: 1, batchKeys: 40, lanes: 1, brakeLatencyMs: BRAKE_MS };

let source: TestServer;
let target: TestServer;
beforeAll(async () => {
  [source, target] = await Promise.all([startRedis('--enable-debug-command', 'yes'), startRedis()]);
  const keys = Array.from({ length: KEYS }, (_, n) => ['SET', `key:${n}`, 'value'.repeat(20)]);
  await Promise.all([source, target].map((side) => side.client.pipeline(encodeCommands(keys))));
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

/** Works until the progress shows what is waited for, or the comparison is over. */
async function workUntil(
  comparison: Comparison,
  from: Checkpoint | undefined,
  isThere: (progress: Progress) => boolean,
): Promise<{ checkpoint: Checkpoint; progress: Progress; isOver: boolean }> {
  let checkpoint = from;
  for (;;) {
    const step = await comparison.advance(checkpoint, { budgetMs: 50 });
    checkpoint = step.checkpoint;
    const isOver = step.verdict !== undefined;
    if (isOver || isThere(step.progress)) return { checkpoint, progress: step.progress, isOver };
    if (step.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
  }
}

/** Another client that keeps the source busy until it is stopped. */
function keepBusy(seconds: string): { stop(): Promise<void> } {
  let isDone = false;
  const working = (async () => {
    const limits = { connectTimeoutMs: 5_000, commandTimeoutMs: 30_000 };
    const client = await openConnection(source.endpoint, limits);
    while (!isDone) await client.command('DEBUG', 'SLEEP', seconds);
    client.close();
  })();
  const busy = {
    stop: async () => {
      isDone = true;
      await working;
    },
  };
  busyClients.push(busy);
  return busy;
}

const busyClients: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const busy of busyClients.splice(0)) await busy.stop();
});

describe('beside a source that answers slowly', () => {
  it('the comparison brakes and says so, moves on all the same, and is quick again afterwards', {
    timeout: 90_000,
  }, async () => {
    const comparison = createComparison({ ...at(), options: OPTIONS, clock });
    const busy = keepBusy('0.5');
    let seen = await workUntil(comparison, undefined, (progress) => progress.braking === true);
    expect(seen.progress.braking).toBe(true);
    const { keysCompared } = seen.progress;
    seen = await workUntil(comparison, seen.checkpoint, (progress) => progress.keysCompared > keysCompared);
    expect(seen.progress.keysCompared).toBeGreaterThan(keysCompared);
    await busy.stop();
    seen = await workUntil(comparison, seen.checkpoint, (progress) => progress.braking === false);
    expect(seen.progress.braking).toBe(false);
    const { isOver } = await workUntil(comparison, seen.checkpoint, () => false);
    expect(isOver).toBe(true);
    await comparison.close();
  });

  it('the comparison goes on as gently after its process was replaced, unless that one is to be fast', {
    timeout: 90_000,
  }, async () => {
    const first = createComparison({ ...at(), options: OPTIONS, clock });
    const busy = keepBusy('0.5');
    const seen = await workUntil(first, undefined, (progress) => progress.braking === true);
    await first.close();
    await busy.stop();
    const checkpoint = JSON.parse(JSON.stringify(seen.checkpoint)) as Checkpoint;
    const next = createComparison({ ...at(), options: OPTIONS, clock });
    expect((await next.advance(checkpoint, { budgetMs: 0 })).progress.braking).toBe(true);
    await next.close();
    const fast = createComparison({ ...at(), options: { ...OPTIONS, brakeLatencyMs: 0 }, clock });
    expect((await fast.advance(checkpoint, { budgetMs: 0 })).progress.braking).toBe(false);
    await fast.close();
  });

  it('the comparison asks nothing and never brakes when told so', async () => {
    const busy = keepBusy('0.05');
    const pings = await calls('ping');
    const options = { ...OPTIONS, brakeLatencyMs: 0, batchKeys: 1_000 };
    const comparison = createComparison({ ...at(), options, clock });
    const { isOver } = await workUntil(comparison, undefined, (progress) => progress.braking === true);
    await comparison.close();
    await busy.stop();
    expect(isOver).toBe(true);
    // One to see that the connection answers, none for the brake; the client that keeps it busy sends one too.
    expect((await calls('ping')) - pings).toBeLessThanOrEqual(2);
  });
});

describe('a limit in bytes', () => {
  it.each([1, 4])('is kept by %i lanes, whatever the size of the values', async (lanes) => {
    const maxBytesPerSecond = 400_000;
    const comparison = createComparison({
      ...at(),
      options: { ...OPTIONS, lanes, brakeLatencyMs: 0, maxBytesPerSecond },
      clock,
    });
    const sent = async () => (await bytesSent(source)) + (await bytesSent(target));
    const before = await sent();
    const startedAt = performance.now();
    await workUntil(comparison, undefined, () => false);
    const seconds = (performance.now() - startedAt) / 1_000;
    const bytes = (await sent()) - before;
    await comparison.close();
    expect(bytes).toBeGreaterThan(KEYS * 200);
    // The last batch of each lane is not waited for.
    expect(bytes / seconds).toBeLessThan(maxBytesPerSecond * 1.1);
  });
});

function at() {
  return { source: source.endpoint, target: target.endpoint };
}

async function bytesSent(server: TestServer): Promise<number> {
  const info = String(await server.client.command('INFO', 'stats'));
  return Number(/total_net_output_bytes:(\d+)/.exec(info)?.[1]);
}

async function calls(command: string): Promise<number> {
  const info = String(await source.client.command('INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
}
