// What a cutover costs the clients, and how much of it is the bot's own waiting. The cloud's tasks take no time here; what is
// left is real work, the clients' reconnects, and the bot. Needs the built bot (`npm run build`).
// `npx tsx bench/cutover.ts [UPGRADES]`, 10 upgrades for each kind of client without an argument.
import { type JournalLine, stepTimes } from '../src/sandbox/demo/journal-tail.ts';
import { runUpgrade } from '../src/sandbox/demo/run-upgrade.ts';
import { startWorld, type World } from '../src/sandbox/world/world.ts';

const defaultUpgrades = 10;
const keys = 3_000;
/** The bot's part of the cutover must not take longer, in the median. */
const botBudgetMs = 250;
const botSettings = {
  REDIS_UPGRADE_SOAK_SECONDS: '1',
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.3',
};
const firstStep = 'fence-source';
const lastStep = 'probe';

interface Sample {
  writeGapMs: number;
  readGapMs: number;
  /** From the start of the fence to the end of the probe, by the bot's journal. */
  windowMs: number;
  /** Of the window, the time in which a call to the cloud was under way. */
  cloudMs: number;
  /** The rest: looking, comparing, waiting between polls, writing the journal. */
  botMs: number;
  /** Steps of the window, and what lies between them. */
  stepMs: Record<string, number>;
}

async function measure(retryDelayMs: 'default' | number): Promise<Sample> {
  const world = await startWorld({
    from: '2.8',
    to: 'standard',
    keys,
    cloudSpeed: 'instant',
    botMode: 'child',
    botSettings,
    traffic: { retryDelayMs },
  });
  try {
    const measuring: { begun: Promise<void> | undefined } = { begun: undefined };
    const onLine = ({ type, step }: JournalLine) => {
      // Gaps of the copy (a fork of the server, a busy machine) are none of the cutover's.
      if (type === 'step_started' && step === 'check-gates') measuring.begun ??= world.traffic.measure();
    };
    const run = await runUpgrade(world, { onLine, pollMs: 2 });
    await measuring.begun;
    if (run.outcome !== 'completed') throw new Error(`The upgrade ended ${run.outcome}`);
    return await sampleOf(world, run.lines);
  } finally {
    await world.close();
  }
}

async function sampleOf(world: World, lines: readonly JournalLine[]): Promise<Sample> {
  const figures = await world.traffic.stop();
  const audit = await world.traffic.audit(await world.innerEndpoint(world.target));
  if (audit.lostWrites > 0) throw new Error(`${audit.lostWrites} writes were lost`);
  const from = atOf(lines, { type: 'step_started', step: firstStep });
  const to = atOf(lines, { type: 'step_succeeded', step: lastStep });
  const cloudMs = covered(
    world.cloud.calls.map(({ at, durationMs }) => [Math.max(from, at), Math.min(to, at + durationMs)]),
  );
  const windowMs = to - from;
  const steps = stepTimes(lines.filter(({ atMs }) => atMs >= from && atMs <= to));
  const inSteps = steps.reduce((sum, { ms }) => sum + ms, 0);
  return {
    writeGapMs: figures.writeGap.ms,
    readGapMs: figures.readGap.ms,
    windowMs,
    cloudMs,
    botMs: windowMs - cloudMs,
    stepMs: {
      ...Object.fromEntries(steps.map(({ name, ms }) => [name, ms])),
      'between steps': windowMs - inSteps,
    },
  };
}

function atOf(lines: readonly JournalLine[], wanted: { type: string; step: string }): number {
  const line = lines.find(({ type, step }) => type === wanted.type && step === wanted.step);
  if (line === undefined) throw new Error(`The journal has no ${wanted.type} of ${wanted.step}`);
  return line.atMs;
}

/** Milliseconds that lie in at least one of the intervals; those that end before they begin count for nothing. */
function covered(intervals: [from: number, to: number][]): number {
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, to] of intervals.sort(([a], [b]) => a - b)) {
    const start = Math.max(from, reached);
    if (to > start) total += to - start;
    reached = Math.max(reached, to);
  }
  return total;
}

function spread(values: number[]): { median: number; text: string } {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    sorted[Math.floor(sorted.length / 2)] ?? 0,
  ];
  const median = (low + high) / 2;
  const text = [sorted[0] ?? 0, median, sorted.at(-1) ?? 0].map((value) => Math.round(value)).join(' / ');
  return { median, text };
}

async function main(): Promise<number> {
  const upgrades = Number(process.argv[2] ?? defaultUpgrades);
  if (!Number.isInteger(upgrades) || upgrades < 1) {
    console.error('usage: npx tsx bench/cutover.ts [UPGRADES]');
    return 2;
  }
  const all: Sample[] = [];
  const table: Record<string, Record<string, string>> = {};
  for (const retryDelayMs of ['default', 5] as const) {
    const samples: Sample[] = [];
    for (let i = 0; i < upgrades; i++) {
      const sample = await measure(retryDelayMs);
      console.error(`retry ${retryDelayMs}: ${JSON.stringify(sample)}`);
      samples.push(sample);
    }
    all.push(...samples);
    table[`ioredis, retry ${retryDelayMs === 'default' ? 'default' : `${retryDelayMs} ms`}`] = {
      'write gap ms': spread(samples.map(({ writeGapMs }) => writeGapMs)).text,
      'read gap ms': spread(samples.map(({ readGapMs }) => readGapMs)).text,
      'fence to probe ms': spread(samples.map(({ windowMs }) => windowMs)).text,
      'in cloud calls ms': spread(samples.map(({ cloudMs }) => cloudMs)).text,
      "bot's own ms": spread(samples.map(({ botMs }) => botMs)).text,
    };
  }
  console.log(`min / median / max over ${upgrades} upgrades each, cloud tasks take no time`);
  console.table(table);
  const names = Object.keys(all[0]?.stepMs ?? {});
  console.table(
    Object.fromEntries(
      names.map((name) => [
        name,
        { 'all of it ms': spread(all.map(({ stepMs }) => stepMs[name] ?? 0)).text },
      ]),
    ),
  );
  const { median } = spread(all.map(({ botMs }) => botMs));
  const holds = median <= botBudgetMs;
  console.log(
    `the bot's part: ${Math.round(median)} ms median, ${holds ? 'within' : 'over'} ${botBudgetMs} ms`,
  );
  return holds ? 0 : 1;
}

process.exit(await main());
