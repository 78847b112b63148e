/**
 * How fast, how cheap and how gentle the comparison is, against an ioredis-pipeline comparison of the same data on the same servers.
 *
 *   npm run bench:compare -- [--keys 1000000] [--runs 3] [--grow-to 5000000] [--json] [--without-ioredis]
 *     [--source-redis PATH] [--target-redis PATH]
 *     [--source redis://… --target redis://…]
 *
 * Starts two servers (of the versions given by path) and fills them; or compares two that run already and hold the same data, to measure
 * another program beside it on the same ones: these are only read. `--grow-to` fills our own servers up afterwards, for the memory.
 *
 * Every pass is a compiled process of its own, so that CPU and memory are its own, and so is the client that pings the source meanwhile.
 * The contenders take turns; on a machine that does other work too, believe only the ratios inside one run.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { ComparisonOptions } from '../src/compare/comparison-options.ts';
import { fillDataSet } from './compare/data-set.ts';
import { FAST, type Figures, GENTLE, type Growth, judgeGoals, ratios, YARDSTICK } from './compare/goals.ts';
import { type BenchServer, copyByReplication, startServer, useServer } from './compare/servers.ts';
import { compileWorker } from './compare-proof/worker-process.ts';
import { medianOf } from './figures.ts';

const passSchema = z.object({
  keys: z.number(),
  differences: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  rssMb: z.number(),
});
const neighbourSchema = z.object({ p50Ms: z.number(), p99Ms: z.number() });

const SETTINGS: Readonly<Record<string, ComparisonOptions>> = {
  [FAST]: { mode: 'fast' },
  [GENTLE]: { mode: 'gentle' },
  'gentle, without the brake': { mode: 'gentle', brakeLatencyMs: 0 },
};

const { values: args } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    'grow-to': { type: 'string' },
    'source-redis': { type: 'string', default: 'redis-server' },
    'target-redis': { type: 'string', default: 'redis-server' },
    source: { type: 'string' },
    target: { type: 'string' },
    'without-ioredis': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

interface Sides {
  readonly source: BenchServer;
  readonly target: BenchServer;
}

function messageOf(child: ChildProcess, what: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${what} ended with code ${code}`)));
  });
}

/** One pass of a contender, with the neighbour beside it. */
async function measure(program: string, name: string, { source, target }: Sides): Promise<Figures> {
  const before = [await source.cpuSeconds(), await target.cpuSeconds()];
  const start = (task: object) => fork(program, [JSON.stringify(task)]);
  const neighbour = start({ work: 'neighbour', source: source.endpoint });
  const seen = messageOf(neighbour, 'the neighbour');
  const options = SETTINGS[name];
  const sides = { source: source.endpoint, target: target.endpoint };
  const pass = passSchema.parse(
    await messageOf(start({ work: 'pass', ...sides, options }), `the pass "${name}"`),
  );
  neighbour.send('stop');
  const after = [await source.cpuSeconds(), await target.cpuSeconds()];
  return {
    ...pass,
    ...neighbourSchema.parse(await seen),
    sourceCpuSeconds: (after[0] ?? 0) - (before[0] ?? 0),
    targetCpuSeconds: (after[1] ?? 0) - (before[1] ?? 0),
  };
}

function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return '-';
  const shown = [Math.min(...values), medianOf(values), Math.max(...values)];
  return shown.map((value) => value.toFixed(digits)).join(' / ');
}

function tableRow(name: string, all: readonly Figures[], yardstick: readonly Figures[]): object {
  const column = (figure: (one: Figures) => number, digits: number) => spread(all.map(figure), digits);
  return {
    way: name,
    'keys/s': column((one) => one.keys / one.seconds, 0),
    'x ioredis': spread(ratios(all, yardstick), 1),
    'own CPU s': column((one) => one.cpuSeconds, 2),
    'peak RSS MB': column((one) => one.rssMb, 0),
    'source CPU s': column((one) => one.sourceCpuSeconds, 2),
    'target CPU s': column((one) => one.targetCpuSeconds, 2),
    'p50 ms': column((one) => one.p50Ms, 2),
    'p99 ms': column((one) => one.p99Ms, 2),
    differences: column((one) => one.differences, 0),
  };
}

async function openSides(servers: BenchServer[]): Promise<Sides> {
  if (args.source !== undefined && args.target !== undefined) {
    const [source, target] = await Promise.all([useServer(args.source), useServer(args.target)]);
    servers.push(source, target);
    return { source, target };
  }
  const source = await startServer(args['source-redis']);
  servers.push(source);
  const target = await startServer(args['target-redis']);
  servers.push(target);
  await fillDataSet(source.client, Number(args.keys));
  await copyByReplication(source, target);
  return { source, target };
}

async function grow(program: string, sides: Sides): Promise<Growth | undefined> {
  if (args['grow-to'] === undefined || args.source !== undefined) return undefined;
  await fillDataSet(sides.source.client, Number(args['grow-to']), Number(args.keys));
  await copyByReplication(sides.source, sides.target);
  return measure(program, FAST, sides);
}

async function runBench(program: string, servers: BenchServer[]): Promise<void> {
  const sides = await openSides(servers);
  const names = [...(args['without-ioredis'] ? [] : [YARDSTICK]), ...Object.keys(SETTINGS)];
  const figures = new Map<string, Figures[]>(names.map((name) => [name, []]));
  for (let run = 0; run < Number(args.runs); run += 1) {
    for (const name of names) figures.get(name)?.push(await measure(program, name, sides));
  }
  const growth = await grow(program, sides);
  const goals = judgeGoals(figures, growth);
  if (args.json) {
    console.log(JSON.stringify({ figures: Object.fromEntries(figures), growth, goals }));
    return;
  }
  console.log(`${args.runs} runs, min / median / max`);
  console.table([...figures].map(([name, all]) => tableRow(name, all, figures.get(YARDSTICK) ?? [])));
  if (growth !== undefined) console.log(`${growth.keys} keys: peak RSS ${growth.rssMb.toFixed(0)} MB`);
  console.table(goals);
}

const servers: BenchServer[] = [];
const program = compileWorker('bench/compare/pass.ts');
try {
  await runBench(program.file, servers);
} finally {
  for (const server of servers) await server.stop();
  program.remove();
}
