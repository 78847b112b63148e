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
 * Every pass is a compiled process of its own, so that CPU and memory are its own. First the contenders take turns on all processors. Then,
 * for what another client of the source feels, the source has a processor to itself, as it has in production, and shares it only with
 * a client that pings it; everything else is on the other. Believe the ratios inside one run: other work makes all of it slower.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { ComparisonOptions } from '../src/compare/comparison-options.ts';
import { fillDataSet } from './compare/data-set.ts';
import {
  FAST,
  type Felt,
  type Figures,
  GENTLE,
  type Growth,
  judgeGoals,
  NOBODY,
  ratios,
  UNBRAKED,
  YARDSTICK,
} from './compare/goals.ts';
import { canPlace, place } from './compare/processors.ts';
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
};
const FELT_SETTINGS: Readonly<Record<string, ComparisonOptions>> = {
  ...SETTINGS,
  [UNBRAKED]: { mode: 'gentle', brakeLatencyMs: 0 },
};
/** How long the client pings a source that nobody reads. */
const NOBODY_MS = 5_000;
const ALL_PROCESSORS = '0,1';
const OF_THE_SOURCE = '0';
const OF_THE_OTHERS = '1';

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

interface Contender {
  readonly program: string;
  readonly name: string;
  readonly sides: Sides;
}

/** Without what this process was started with: a loader of TypeScript would be a quarter of a pass's memory. */
function start(program: string, task: object): ChildProcess {
  return fork(program, [JSON.stringify(task)], { execArgv: [] });
}

/** Starts a pass; it can be put on a processor before it has begun to read. */
function startPass({ program, name, sides }: Contender): ChildProcess {
  const endpoints = { source: sides.source.endpoint, target: sides.target.endpoint };
  return start(program, { work: 'pass', ...endpoints, options: FELT_SETTINGS[name] });
}

/** What one pass costs. */
async function measure(contender: Contender): Promise<Figures> {
  const { source, target } = contender.sides;
  const before = [await source.cpuSeconds(), await target.cpuSeconds()];
  const pass = passSchema.parse(await messageOf(startPass(contender), `the pass "${contender.name}"`));
  const after = [await source.cpuSeconds(), await target.cpuSeconds()];
  return {
    ...pass,
    sourceCpuSeconds: (after[0] ?? 0) - (before[0] ?? 0),
    targetCpuSeconds: (after[1] ?? 0) - (before[1] ?? 0),
  };
}

/** What another client of the source feels of one pass, or of nobody. */
async function feel(contender: Contender): Promise<Felt> {
  const { program, name, sides } = contender;
  const neighbour = start(program, { work: 'neighbour', source: sides.source.endpoint });
  const seen = messageOf(neighbour, 'the neighbour');
  place(neighbour.pid, OF_THE_SOURCE);
  const worked = name === NOBODY ? await rest() : await placedPass(contender);
  neighbour.send('stop');
  return { ...worked, ...neighbourSchema.parse(await seen) };
}

async function rest(): Promise<{ keys: number; seconds: number }> {
  await new Promise((resolve) => setTimeout(resolve, NOBODY_MS));
  return { keys: 0, seconds: NOBODY_MS / 1_000 };
}

async function placedPass(contender: Contender): Promise<{ keys: number; seconds: number }> {
  const child = startPass(contender);
  place(child.pid, OF_THE_OTHERS);
  return passSchema.parse(await messageOf(child, `the pass "${contender.name}"`));
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
    differences: column((one) => one.differences, 0),
  };
}

function feltRow(name: string, all: readonly Felt[]): object {
  const column = (figure: (one: Felt) => number, digits: number) => spread(all.map(figure), digits);
  return {
    beside: name,
    'keys/s': column((one) => one.keys / one.seconds, 0),
    'p50 ms': column((one) => one.p50Ms, 2),
    'p99 ms': column((one) => one.p99Ms, 2),
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
  return measure({ program, name: FAST, sides });
}

/** Every contender once a run, one after the other. */
async function inTurns<Result>(
  names: readonly string[],
  once: (name: string) => Promise<Result>,
): Promise<Map<string, Result[]>> {
  const all = new Map<string, Result[]>(names.map((name) => [name, []]));
  for (let run = 0; run < Number(args.runs); run += 1) {
    for (const name of names) all.get(name)?.push(await once(name));
  }
  return all;
}

async function feelAll(program: string, sides: Sides): Promise<Map<string, Felt[]>> {
  if (!canPlace()) {
    console.error('What another client feels is not measured: it takes two processors and taskset.');
    return new Map();
  }
  const pids = [await sides.source.pid(), await sides.target.pid()];
  try {
    place(pids[0], OF_THE_SOURCE);
    place(pids[1], OF_THE_OTHERS);
    return await inTurns([NOBODY, ...Object.keys(FELT_SETTINGS)], (name) => feel({ program, name, sides }));
  } finally {
    for (const pid of pids) place(pid, ALL_PROCESSORS);
  }
}

async function runBench(program: string, servers: BenchServer[]): Promise<void> {
  const sides = await openSides(servers);
  const names = [...(args['without-ioredis'] ? [] : [YARDSTICK]), ...Object.keys(SETTINGS)];
  const figures = await inTurns(names, (name) => measure({ program, name, sides }));
  const felt = await feelAll(program, sides);
  const growth = await grow(program, sides);
  const goals = judgeGoals(figures, felt, growth);
  if (args.json) {
    const asObjects = { figures: Object.fromEntries(figures), felt: Object.fromEntries(felt) };
    console.log(JSON.stringify({ ...asObjects, growth, goals }));
    return;
  }
  console.log(`${args.runs} runs, min / median / max`);
  console.table([...figures].map(([name, all]) => tableRow(name, all, figures.get(YARDSTICK) ?? [])));
  console.log('What another client of the source feels, on the processor that the source has to itself');
  console.table([...felt].map(([name, all]) => feltRow(name, all)));
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
