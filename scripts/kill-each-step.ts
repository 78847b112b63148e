// Kills the bot with SIGKILL once in every step of an upgrade under traffic, restarts it at once, and looks whether the
// upgrade completes and no acknowledged write is lost. One world for each step; needs the built bot (`npm run build`).
// `npx tsx scripts/kill-each-step.ts [STEP…]`, all steps without arguments.
import { assessWorld } from '../src/sandbox/demo/assess-world.ts';
import type { JournalLine } from '../src/sandbox/demo/journal-tail.ts';
import { runUpgrade } from '../src/sandbox/demo/run-upgrade.ts';
import { startWorld, type World } from '../src/sandbox/world/world.ts';
import { upgradeSteps } from '../src/upgrade/steps.ts';

const ADDRESS_STEPS = upgradeSteps('address');

const keys = 3_000;
const journalPollMs = 2;
const upgradeTimeoutMs = 90_000;
const botSettings = {
  REDIS_UPGRADE_SOAK_SECONDS: '1',
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.3',
  // A killed process holds its lease until it runs out.
  REDIS_UPGRADE_LEASE_MS: '1000',
};

interface Row {
  step: string;
  /** From the step's start in the journal to the signal. */
  killedAfterMs: number | undefined;
  /** Whether the step had not ended when the process was gone. */
  inTheStep: boolean;
  outcome: string;
  lostWrites: number;
  differences: number;
  writeGapMs: number;
  totalSeconds: number;
}

async function killIn(step: string): Promise<Row> {
  const world = await startWorld({
    from: '2.8',
    to: 'standard',
    keys,
    cloudSpeed: 'instant',
    botMode: 'child',
    botSettings,
  });
  try {
    return await killAndFinish(world, step);
  } finally {
    await world.close();
  }
}

async function killAndFinish(world: World, step: string): Promise<Row> {
  const began = performance.now();
  const killing: { done: Promise<void> | undefined; atMs: number; afterMs: number | undefined } = {
    done: undefined,
    atMs: 0,
    afterMs: undefined,
  };
  const onLine = (line: JournalLine) => {
    if (line.type !== 'step_started' || line.step !== step || killing.done !== undefined) return;
    killing.done = (async () => {
      await world.bot.kill('SIGKILL');
      killing.atMs = Date.now();
      killing.afterMs = killing.atMs - line.atMs;
      await world.bot.start();
    })();
  };
  const run = await runUpgrade(world, { onLine, pollMs: journalPollMs, timeoutMs: upgradeTimeoutMs });
  await killing.done;
  const result = await assessWorld(world, { ...run, totalMs: performance.now() - began });
  const ended = run.lines.find((line) => line.type === 'step_succeeded' && line.step === step);
  return {
    step,
    killedAfterMs: killing.afterMs,
    inTheStep: ended !== undefined && ended.atMs > killing.atMs,
    outcome: result.outcome,
    lostWrites: result.traffic.lostWrites,
    differences: result.differences,
    writeGapMs: result.traffic.writeGapMs,
    totalSeconds: Math.round(result.totalMs / 100) / 10,
  };
}

function holds({ killedAfterMs, outcome, lostWrites, differences }: Row): boolean {
  return killedAfterMs !== undefined && outcome === 'completed' && lostWrites === 0 && differences === 0;
}

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !ADDRESS_STEPS.some((step) => step === name));
  if (unknown.length > 0) {
    console.error(`Unknown steps: ${unknown.join(', ')}. There are: ${ADDRESS_STEPS.join(', ')}`);
    return 2;
  }
  const rows: Row[] = [];
  for (const step of asked.length > 0 ? asked : ADDRESS_STEPS) {
    try {
      rows.push(await killIn(step));
    } catch (error) {
      const outcome = error instanceof Error ? error.message : String(error);
      const nothing = { killedAfterMs: undefined, inTheStep: false, lostWrites: 0, differences: 0 };
      rows.push({ step, ...nothing, outcome, writeGapMs: 0, totalSeconds: 0 });
    }
    const row = rows.at(-1);
    if (row !== undefined) console.error(`${holds(row) ? 'holds' : 'FAILS'}  ${JSON.stringify(row)}`);
  }
  console.table(rows);
  const failed = rows.filter((row) => !holds(row));
  console.log(`${rows.length - failed.length} steps survived, ${failed.length} did not`);
  return failed.length === 0 ? 0 : 1;
}

process.exit(await main());
