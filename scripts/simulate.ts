import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FAULT_KINDS } from '../test/simulation/faults.ts';
import type { Entry } from '../test/simulation/history.ts';
import { shrink } from '../test/simulation/shrink.ts';
import { simulate } from '../test/simulation/simulate.ts';
import { EVENT_TYPES, STEPS } from '../test/simulation/vocabulary.ts';

/** Seeds that one process plays before it reports. */
const BATCH = 25;
/**
 * Of workers: no stacks for errors, which are a run's daily bread and which nobody reads there. What
 * node is given on the command line comes after these and counts.
 */
const WORKER_FLAGS = ['--stack-trace-limit=0'];
/** Violations that are made shorter and printed; the rest are counted. */
const SHOWN = 5;
const PROGRESS_MS = 5_000;

/** What a worker says after a batch, and what they all add up to. */
interface Tally {
  runs: number;
  outcomes: Record<string, number>;
  injected: Record<string, number>;
  /** How often each step was begun, each undo, and each event appended. */
  seen: Record<string, number>;
  bad: number[];
}

function newTally(): Tally {
  return { runs: 0, outcomes: {}, injected: {}, seen: {}, bad: [] };
}

function add(counts: Record<string, number>, name: string, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more;
}

function addAll(into: Tally, from: Tally): void {
  into.runs += from.runs;
  into.bad.push(...from.bad);
  for (const part of ['outcomes', 'injected', 'seen'] as const) {
    for (const [name, count] of Object.entries(from[part])) add(into[part], name, count);
  }
}

async function play(from: number, count: number): Promise<Tally> {
  const tally = newTally();
  for (let seed = from; seed < from + count; seed += 1) {
    const report = await simulate(seed);
    tally.runs += 1;
    add(tally.outcomes, report.outcome);
    for (const [kind, times] of report.injected) add(tally.injected, kind, times);
    for (const entry of report.history) noteEvent(tally, entry);
    if (report.violations.length > 0) tally.bad.push(seed);
  }
  return tally;
}

function noteEvent({ seen }: Tally, entry: Entry): void {
  if (entry.kind !== 'journal') return;
  const event = JSON.parse(entry.line) as { type: string; step?: string };
  add(seen, `event ${event.type}`);
  if (event.type === 'step_succeeded') add(seen, `step ${event.step}`);
  if (event.type === 'undone') add(seen, `undo ${event.step}`);
}

/** A worker: plays what it is told to until nobody tells it any more. */
function work(): void {
  process.on('message', ({ from, count }: { from: number; count: number }) => {
    play(from, count).then(
      (tally) => process.send?.(tally),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

function playAll(seeds: { from: number; count: number; processes: number }): Promise<Tally> {
  const total = newTally();
  let next = seeds.from;
  const end = seeds.from + seeds.count;
  const startedAt = Date.now();
  const progress = setInterval(() => {
    const rate = total.runs / ((Date.now() - startedAt) / 1_000);
    process.stderr.write(
      `${total.runs} of ${seeds.count} seeds, ${rate.toFixed(1)} runs/s, ${total.bad.length} violations\n`,
    );
  }, PROGRESS_MS);
  return new Promise((resolve, reject) => {
    let working = seeds.processes;
    for (let index = 0; index < seeds.processes; index += 1) {
      const child = fork(fileURLToPath(import.meta.url), ['--worker'], {
        execArgv: [...WORKER_FLAGS, ...process.execArgv],
      });
      const feed = () => {
        if (next < end) {
          const count = Math.min(BATCH, end - next);
          child.send({ from: next, count });
          next += count;
          return;
        }
        child.disconnect();
        working -= 1;
        if (working > 0) return;
        clearInterval(progress);
        resolve(total);
      };
      child.on('message', (tally: Tally) => {
        addAll(total, tally);
        feed();
      });
      child.on('exit', (code) => {
        if (code !== 0) reject(new Error(`A worker ended with ${code}`));
      });
      feed();
    }
  });
}

async function show(seed: number): Promise<void> {
  const shrunk = await shrink(await simulate(seed));
  if (shrunk === undefined) return;
  const { violation, report, faultIds, impulseIds, clients } = shrunk;
  console.log(`\nSeed ${seed} breaks ${violation.invariant}: ${violation.message}`);
  console.log(
    `  the shortest history found: ${clients} clients, ${faultIds.length} faults, ${impulseIds.length} impulses`,
  );
  for (const id of [...faultIds, ...impulseIds]) console.log(`  needs ${id}`);
  for (const entry of report.history) {
    const line = tellingLine(entry);
    if (line !== undefined) console.log(`  ${String(Math.round(entry.t)).padStart(8)} ms  ${line}`);
  }
  for (const { invariant, message } of report.violations) console.log(`  → ${invariant}: ${message}`);
}

/** What a person wants to read of a history: not every write of every client. */
function tellingLine(entry: Entry): string | undefined {
  switch (entry.kind) {
    case 'invoke':
    case 'executed':
    case 'acknowledged':
    case 'refused':
    case 'unknown':
    case 'lease':
      return undefined;
    case 'journal': {
      const { type, step, actor } = JSON.parse(entry.line) as {
        type: string;
        step?: string;
        actor: { id: string };
      };
      return `journal: ${type} ${step ?? ''} (${actor.id})`;
    }
    default: {
      const { t: _t, kind, ...rest } = entry;
      return `${kind}: ${Object.values(rest)
        .map((part) => (typeof part === 'object' ? JSON.stringify(part) : part))
        .join(' ')
        .slice(0, 160)}`;
    }
  }
}

function printCounts(title: string, counts: Record<string, number>): void {
  const rows = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  console.log(`${title}: ${rows.map(([name, count]) => `${name} ${count}`).join(', ')}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      processes: { type: 'string', default: '2' },
      worker: { type: 'boolean', default: false },
    },
  });
  if (values.worker) return work();
  const seeds = {
    from: Number(values.from),
    count: Number(values.seeds),
    processes: Number(values.processes),
  };
  const startedAt = Date.now();
  const total = await playAll(seeds);
  const seconds = (Date.now() - startedAt) / 1_000;
  const bad = total.bad.sort((a, b) => a - b);
  for (const seed of bad.slice(0, SHOWN)) await show(seed);
  printCounts('\nfaults', total.injected);
  printCounts('journal', total.seen);
  const wanted = [...STEPS.map((step) => `step ${step}`), ...EVENT_TYPES.map((type) => `event ${type}`)];
  const missing = wanted.filter((name) => total.seen[name] === undefined);
  if (missing.length > 0) console.log(`WARNING: never seen: ${missing.join(', ')}`);
  const idle = FAULT_KINDS.filter((kind) => total.injected[kind] === undefined);
  if (idle.length > 0) console.log(`FAILURE: never injected: ${idle.join(', ')}`);
  if (bad.length > 0) console.log(`VIOLATIONS in ${bad.length} seeds: ${bad.slice(0, 50).join(', ')}`);
  printCounts('outcomes', total.outcomes);
  console.log(
    `${total.runs} runs in ${seconds.toFixed(1)} s, ${(total.runs / seconds).toFixed(1)} runs/s, ${bad.length} violations`,
  );
  process.exit(bad.length > 0 || idle.length > 0 ? 1 : 0);
}

await main();
