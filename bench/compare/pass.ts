/** A process of its own for one pass over the data, or for the client that lives beside it. Sends its figures to its parent. */
import { z } from 'zod';
import { comparisonOptionsSchema } from '../../src/compare/comparison-options.ts';
import { openConnection, type RedisEndpoint } from '../../src/compare/wire/redis-connection.ts';
import { ourPass, type Pass, type Sides } from './ours.ts';

const endpoint = z.object({ host: z.string(), port: z.int(), password: z.string().exactOptional() });
const taskSchema = z.discriminatedUnion('work', [
  /** Without options: the yardstick. */
  z.object({
    work: z.literal('pass'),
    source: endpoint,
    target: endpoint,
    options: comparisonOptionsSchema.partial().optional(),
  }),
  z.object({ work: z.literal('neighbour'), source: endpoint }),
]);

const PROBE_PAUSE_MS = 2;
const LIMITS = { connectTimeoutMs: 5_000, commandTimeoutMs: 120_000 };

async function pass(task: z.output<typeof taskSchema> & { work: 'pass' }): Promise<object> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const result = task.options === undefined ? await yardstick(task) : await ourPass(task, task.options);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage(before);
  // The kernel counts the peak in KiB.
  const rssMb = process.resourceUsage().maxRSS / 1_024;
  return { ...result, seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, rssMb };
}

/** Loaded only for its own pass: what it takes to load is no memory of ours. */
async function yardstick(sides: Sides): Promise<Pass> {
  const { ioredisPass } = await import('./yardstick.ts');
  return ioredisPass(sides);
}

/** Pings the source every 2 ms, as any other client would, until its parent says stop. */
async function neighbour(source: RedisEndpoint): Promise<object> {
  let isDone = false;
  process.once('message', () => {
    isDone = true;
  });
  const connection = await openConnection(source, LIMITS);
  const times: number[] = [];
  while (!isDone) {
    const startedAt = performance.now();
    await connection.command('PING');
    times.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
  }
  connection.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

const task = taskSchema.parse(JSON.parse(process.argv[2] ?? ''));
process.send?.(task.work === 'pass' ? await pass(task) : await neighbour(task.source));
process.disconnect();
