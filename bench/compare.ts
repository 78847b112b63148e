/**
 * How fast, how cheap and how gentle the comparison is, against an ioredis-pipeline comparison of the same data on the same servers.
 *
 *   npx tsx bench/compare.ts --keys 200000 [--runs 3] [--source-redis PATH] [--target-redis PATH] [--without-ioredis]
 *
 * Every pass is a process of its own, so that CPU and memory are its own. The contenders take turns; on a machine that does
 * other work too, believe only the ratios inside one run.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ioredisPass, ourPass, type Sides } from './compare/contenders.ts';
import { fillDataSet } from './compare/data-set.ts';
import { type BenchServer, copyByReplication, probeLatency, startServer } from './compare/servers.ts';

const measuredSchema = z.object({
  keys: z.number(),
  differences: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  rssMb: z.number(),
});

interface Figures extends z.infer<typeof measuredSchema> {
  readonly sourceCpuSeconds: number;
  readonly targetCpuSeconds: number;
  readonly p99Ms: number;
}

const SETTINGS = {
  'ours, default': { lanes: 2, batchKeys: 100 },
  'ours, gentle': { lanes: 1, batchKeys: 100 },
  'ours, fast': { lanes: 3, batchKeys: 200 },
} as const;
const YARDSTICK = 'ioredis pipelines';

const { values: args } = parseArgs({
  options: {
    keys: { type: 'string', default: '200000' },
    runs: { type: 'string', default: '3' },
    'source-redis': { type: 'string', default: 'redis-server' },
    'target-redis': { type: 'string', default: 'redis-server' },
    'without-ioredis': { type: 'boolean', default: false },
    pass: { type: 'string' },
    source: { type: 'string' },
    target: { type: 'string' },
  },
});

/** In a process of its own: one pass, its figures sent to the parent. */
async function runPass(name: string): Promise<void> {
  const at = (port: string | undefined) => ({ host: '127.0.0.1', port: Number(port) });
  const sides: Sides = { source: at(args.source), target: at(args.target) };
  let rssMax = 0;
  const watch = setInterval(() => {
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
  }, 50);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const options = Object.entries(SETTINGS).find(([setting]) => setting === name)?.[1];
  const pass = options === undefined ? await ioredisPass(sides) : await ourPass(sides, options);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage(before);
  clearInterval(watch);
  rssMax = Math.max(rssMax, process.memoryUsage.rss());
  process.send?.({ ...pass, seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, rssMb: rssMax / 2 ** 20 });
}

async function measure(name: string, source: BenchServer, target: BenchServer): Promise<Figures> {
  const before = [await source.cpuSeconds(), await target.cpuSeconds()];
  const probe = probeLatency(source.endpoint);
  const ports = ['--source', `${source.endpoint.port}`, '--target', `${target.endpoint.port}`];
  const child = fork(fileURLToPath(import.meta.url), ['--pass', name, ...ports]);
  const message = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the pass "${name}" ended with code ${code}`)));
  });
  const p99Ms = await probe.stop();
  const after = [await source.cpuSeconds(), await target.cpuSeconds()];
  return {
    ...measuredSchema.parse(message),
    sourceCpuSeconds: (after[0] ?? 0) - (before[0] ?? 0),
    targetCpuSeconds: (after[1] ?? 0) - (before[1] ?? 0),
    p99Ms,
  };
}

function spread(values: number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return shown.map((value) => (value ?? 0).toFixed(digits)).join(' / ');
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function tableRow(name: string, all: Figures[], yardstick: Figures[]): Record<string, string> {
  const rates = (figures: Figures[]) => figures.map((one) => one.keys / one.seconds);
  const base = median(rates(yardstick));
  return {
    way: name,
    'keys/s': spread(rates(all), 0),
    'x ioredis': base > 0 ? (median(rates(all)) / base).toFixed(1) : '-',
    'own CPU s': spread(
      all.map((one) => one.cpuSeconds),
      2,
    ),
    'RSS MB': spread(
      all.map((one) => one.rssMb),
      0,
    ),
    'source CPU s': spread(
      all.map((one) => one.sourceCpuSeconds),
      2,
    ),
    'target CPU s': spread(
      all.map((one) => one.targetCpuSeconds),
      2,
    ),
    'PING p99 ms': spread(
      all.map((one) => one.p99Ms),
      2,
    ),
    differences: spread(
      all.map((one) => one.differences),
      0,
    ),
  };
}

async function runBench(): Promise<void> {
  const servers: BenchServer[] = [];
  try {
    const source = await startServer(args['source-redis']);
    servers.push(source);
    const target = await startServer(args['target-redis']);
    servers.push(target);
    await fillDataSet(source.client, Number(args.keys));
    await copyByReplication(source, target);
    const names = [...Object.keys(SETTINGS), ...(args['without-ioredis'] ? [] : [YARDSTICK])];
    const figures = new Map<string, Figures[]>(names.map((name) => [name, []]));
    for (let run = 0; run < Number(args.runs); run += 1) {
      for (const name of names) figures.get(name)?.push(await measure(name, source, target));
    }
    console.log(`${args.keys} keys, ${args.runs} runs, min / median / max`);
    const yardstick = figures.get(YARDSTICK) ?? [];
    console.table([...figures].map(([name, all]) => tableRow(name, all, yardstick)));
  } finally {
    for (const server of servers) await server.stop();
  }
}

if (args.pass === undefined) await runBench();
else {
  await runPass(args.pass);
  process.disconnect();
}
