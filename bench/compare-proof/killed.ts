import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDataSet } from '../compare/data-set.ts';
import { type BenchServer, copyByReplication, startServer } from '../compare/servers.ts';
import { type Measured, startWorker } from './worker-process.ts';

const KEYS = 200_000;
/** So that the work takes a minute at least, as long as twenty kills need. */
const KEYS_PER_SECOND = 2_500;
const SLICE_MS = 200;
const KILLS = 20;
const SEED = 4;
const MAX_TWICE = 0.05;
/** Every so manieth key is changed, deleted or added on the target. */
const SPOILED_EVERY = 2_000;

/** What a run did, for the comparison of one that was killed with one that was not. */
interface Run {
  readonly measured: Measured;
  readonly commands: number;
  readonly kills: number;
}

/** A small generator of random numbers: the same kills for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Kills a comparison and a repair twenty times each and says in a table what they found in the end and what was done twice. */
export async function proveKilled(program: string): Promise<boolean> {
  const source = await startServer('redis-server');
  const target = await startServer('redis-server');
  try {
    await fillDataSet(source.client, KEYS);
    const rows = [];
    for (const work of ['compare', 'repair'] as const) {
      const job = { program, source, target, work };
      await spoil(source, target);
      const undisturbed = await run(job, 0);
      if (work === 'repair') await spoil(source, target);
      const killed = await run(job, KILLS);
      const row = rowOf(work, undisturbed, killed);
      console.log(row);
      rows.push(row);
    }
    console.log(
      `\n${KEYS} keys, killed at ${KILLS} random moments (seed ${SEED}), a checkpoint every ${SLICE_MS} ms`,
    );
    console.table(rows);
    const isProven = rows.every((row) => row['same outcome'] === 'yes' && row['done twice'] <= MAX_TWICE);
    console.log(isProven ? 'proven' : 'NOT PROVEN');
    return isProven;
  } finally {
    await source.stop();
    await target.stop();
  }
}

async function spoil(source: BenchServer, target: BenchServer): Promise<void> {
  await copyByReplication(source, target);
  for (let n = 0; n < KEYS; n += SPOILED_EVERY) {
    await target.client.command('DEL', `key:${n}`);
    await target.client.command('PERSIST', `key:${n + 1}`);
    await target.client.command('SET', `key:${n + 2}`, 'other');
    await target.client.command('SET', `extra:${n}`, 'x');
  }
  await target.client.command('LSET', 'big:0', '50000', 'other');
  await target.client.command('SREM', 'big:1', 'member:50000');
}

interface Job {
  readonly program: string;
  readonly source: BenchServer;
  readonly target: BenchServer;
  readonly work: 'compare' | 'repair';
}

async function run(job: Job, kills: number): Promise<Run> {
  const { source, target, work } = job;
  const folder = await mkdtemp(join(tmpdir(), 'compare-killed-'));
  const sides = { source: source.endpoint, target: target.endpoint };
  const shared = { ...sides, sliceMs: SLICE_MS, checkpointFile: join(folder, 'checkpoint.json') };
  // Without the brake: how long it takes must not depend on what else the machine does.
  const options = { maxKeysPerSecond: KEYS_PER_SECOND, batchKeys: 50, brakeLatencyMs: 0, maxExamples: 1_000 };
  const task =
    work === 'compare' ? { work, options, ...shared } : { work, options, from: 'source' as const, ...shared };
  for (const server of [source, target]) await server.client.command('CONFIG', 'RESETSTAT');
  const random = randomOf(SEED);
  const meanMs = (KEYS * 1_000) / KEYS_PER_SECOND / (KILLS + 1);
  try {
    for (let killed = 0; ; ) {
      const { child, done } = startWorker(job.program, task);
      const afterMs = meanMs * (0.5 + random());
      const timer = killed < kills ? setTimeout(() => child.kill('SIGKILL'), afterMs) : undefined;
      const measured = await done;
      clearTimeout(timer);
      if (measured !== undefined)
        return { measured, kills: killed, commands: (await commandsOf(source)) + (await commandsOf(target)) };
      killed += 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Questions about keys that reached a server; those of a connection that is opened are not counted. */
async function commandsOf({ client }: BenchServer): Promise<number> {
  const stats = String(await client.command('INFO', 'commandstats'));
  let calls = 0;
  for (const [, name = '', count] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm))
    if (!/^(config|info|ping|select|time|xlen)/.test(name)) calls += Number(count);
  return calls;
}

function rowOf(work: string, undisturbed: Run, killed: Run) {
  const outcome = ({ measured }: Run) => JSON.stringify(outcomeOf(measured));
  return {
    work,
    kills: killed.kills,
    'same outcome': outcome(undisturbed) === outcome(killed) && killed.kills === KILLS ? 'yes' : 'NO',
    differences: Number(
      undisturbed.measured.result['differences'] ?? undisturbed.measured.result['keysRepaired'],
    ),
    'questions, undisturbed': undisturbed.commands,
    'questions, killed': killed.commands,
    'done twice': Number((killed.commands / undisturbed.commands - 1).toFixed(4)),
  };
}

/** What must be the same: for a comparison all it found, for a repair how it ended, since what was repaired before a kill is found equal after it. */
function outcomeOf({ result }: Measured): unknown {
  const { equal, complete, differences, byKind, byType, examples, stillDifferent, unsettledKeys } = result;
  if (stillDifferent !== undefined) return { equal, complete, stillDifferent, unsettledKeys };
  const keys = Array.isArray(examples) ? examples.map((one: { key: string }) => one.key).sort() : [];
  return { equal, complete, differences, unsettledKeys, keys, kinds: sorted(byKind), types: sorted(byType) };
}

function sorted(counts: unknown): unknown[] {
  return Object.entries(counts ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
}
