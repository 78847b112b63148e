// Half of the writes come from scripts, the replication lags 20 ms behind, and an address takes 50 ms to move: is any write lost?
// Needs the built bot (`npm run build`). `npx tsx bench/scripted-writers.ts [UPGRADES]`, 20 without an argument.
import { assessWorld } from '../src/sandbox/demo/assess-world.ts';
import type { JournalLine } from '../src/sandbox/demo/journal-tail.ts';
import { runUpgrade } from '../src/sandbox/demo/run-upgrade.ts';
import { startWorld, type World } from '../src/sandbox/world/world.ts';
import { spreadOf } from './figures.ts';

const defaultUpgrades = 20;
const keys = 1_000;
const traffic = { writesPerSecond: 800, readsPerSecond: 100, clients: 6, scriptShare: 0.5 };
const replicationDelayMs = 20;
const addressMoveMs = 50;
/** Far more than the machine can be late: a run with fewer shows nothing about scripts. */
const leastScripted = 500;
const botSettings = { REDIS_UPGRADE_SOAK_SECONDS: '1', REDIS_UPGRADE_POLL_MAX_SECONDS: '0.3' };

interface Row {
  nr: number;
  outcome: string;
  acknowledgedWrites: number;
  scriptedWrites: number;
  refusedWrites: number;
  lostWrites: number;
  differences: number;
  writeGapMs: number;
}

async function measure(nr: number): Promise<Row> {
  const world = await startWorld({
    from: '2.8',
    to: nr % 2 === 0 ? 'cluster' : 'standard',
    seed: nr,
    keys,
    cloudSpeed: 'instant',
    botMode: 'child',
    botSettings,
    traffic,
  });
  try {
    world.cloud.setReplicationDelay(replicationDelayMs);
    world.cloud.durations.networkTaskMs = addressMoveMs;
    return await play(world, nr);
  } finally {
    await world.close();
  }
}

async function play(world: World, nr: number): Promise<Row> {
  const measuring: { begun: Promise<void> | undefined } = { begun: undefined };
  const onLine = ({ type, step }: JournalLine) => {
    // Gaps of the copy (a fork of the server, a busy machine) are none of the cutover's.
    if (type === 'step_started' && step === 'check-gates') measuring.begun ??= world.traffic.measure();
  };
  const began = performance.now();
  const run = await runUpgrade(world, { onLine, pollMs: 2 });
  await measuring.begun;
  const figures = await world.traffic.stop();
  const found = await assessWorld(world, { ...run, totalMs: performance.now() - began });
  return {
    nr,
    outcome: run.outcome,
    acknowledgedWrites: figures.acknowledgedWrites,
    scriptedWrites: figures.scriptedWrites,
    refusedWrites: figures.refusedWrites,
    lostWrites: found.traffic.lostWrites,
    differences: found.differences,
    writeGapMs: Math.round(figures.writeGap.ms),
  };
}

function holds({ outcome, scriptedWrites, lostWrites, differences }: Row): boolean {
  return outcome === 'completed' && scriptedWrites >= leastScripted && lostWrites === 0 && differences === 0;
}

async function main(): Promise<number> {
  const upgrades = Number(process.argv[2] ?? defaultUpgrades);
  if (!Number.isInteger(upgrades) || upgrades < 1) {
    console.error('usage: npx tsx bench/scripted-writers.ts [UPGRADES]');
    return 2;
  }
  const rows: Row[] = [];
  for (let nr = 1; nr <= upgrades; nr++) {
    const row = await measure(nr);
    console.error(`${holds(row) ? 'holds' : 'FAILS'}  ${JSON.stringify(row)}`);
    rows.push(row);
  }
  console.table(rows);
  const failed = rows.filter((row) => !holds(row)).length;
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  console.log(
    `lag ${replicationDelayMs} ms, address moves of ${addressMoveMs} ms: ${sum((row) => row.acknowledgedWrites)} writes acknowledged, ` +
      `${sum((row) => row.scriptedWrites)} of them by scripts; lostWrites: ${sum((row) => row.lostWrites)}; ` +
      `write gap ${spreadOf(rows.map(({ writeGapMs }) => writeGapMs))} ms; ${failed} of ${rows.length} failed`,
  );
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
