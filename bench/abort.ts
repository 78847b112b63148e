// How long clients cannot write when an upgrade turns back, at every step before the point of no return: because a person types
// abort, or because the step fails. The cloud's tasks take no time. In the last run of each, Slack is unreachable from the turn
// on. Needs the built bot (`npm run build`). `npx tsx bench/abort.ts [RUNS] [STEP…]`, 5 runs and every step without arguments.
import { assessWorld } from '../src/sandbox/demo/assess-world.ts';
import { startWorld, type World } from '../src/sandbox/world/world.ts';
import { type Scenario, scenarios, untriedSteps } from './abort/scenarios.ts';
import { type Turn, turnBack } from './abort/turn-back.ts';
import { medianOf, spreadOf } from './figures.ts';

const defaultRuns = 5;
/** The worst median has to stay below this. */
const goalMs = 2_000;
const maxTries = 3;
/** The clients' data grows all the time, and with it the time that every copy and comparison takes. */
const upgradesPerWorld = 20;
const keys = 500;
const traffic = { writesPerSecond: 600, readsPerSecond: 100, clients: 6 };
const botSettings = { REDIS_UPGRADE_SOAK_SECONDS: '1', REDIS_UPGRADE_POLL_MAX_SECONDS: '0.3' };

/** One world for many upgrades; another one in good time, and when an upgrade could not be turned back any more. */
class Worlds {
  #world: World | undefined;
  #began = 0;
  #upgrades = 0;

  async take(): Promise<World> {
    if (this.#upgrades === upgradesPerWorld) await this.leave();
    this.#upgrades++;
    if (this.#world === undefined) {
      const world = await startWorld({
        from: '2.8',
        to: 'standard',
        keys,
        traffic,
        botSettings,
        cloudSpeed: 'instant',
        botMode: 'child',
      });
      world.slack.setRateLimits(false);
      this.#world = world;
      this.#began = performance.now();
    }
    return this.#world;
  }

  /** Takes it down. Rejects when a write was lost in any of its upgrades. */
  async leave(): Promise<void> {
    const world = this.#world;
    this.#world = undefined;
    this.#upgrades = 0;
    if (world === undefined) return;
    try {
      const run = { upgradeId: '', outcome: '', lines: [], totalMs: performance.now() - this.#began };
      const found = await assessWorld(world, run);
      if (found.differences > 0) throw new Error(`Lost or different: ${found.examples.join(', ')}`);
      console.error(`${found.traffic.acknowledgedWrites} writes acknowledged in this world, none lost`);
    } finally {
      await world.close();
    }
  }
}

async function measure(worlds: Worlds, scenario: Scenario, slackDown: boolean): Promise<Turn> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await turnBack(await worlds.take(), scenario, { slackDown });
    } catch (error) {
      await worlds.leave();
      if (attempt >= maxTries) throw error;
      console.error(`again: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function rowOf({ step, how }: Scenario, turns: readonly Turn[]) {
  const landed = [...new Set(turns.map(({ turnedAt }) => turnedAt))].filter((at) => at !== step);
  return {
    step: landed.length === 0 ? step : `${step} (or ${landed.join(', ')})`,
    how,
    'write gap ms': spreadOf(turns.map(({ writeGapMs }) => writeGapMs)),
    'slowest client ms': spreadOf(turns.map(({ clientGapMs }) => clientGapMs)),
    'fenced before the turn ms': spreadOf(turns.map(({ fencedMs }) => fencedMs)),
    'turn to writable ms': spreadOf(turns.map(({ backMs }) => backMs)),
  };
}

async function main(): Promise<number> {
  const [asked = String(defaultRuns), ...steps] = process.argv.slice(2);
  const runs = Number(asked);
  const chosen = scenarios.filter(({ step }) => steps.length === 0 || steps.includes(step));
  if (!Number.isInteger(runs) || runs < 1 || chosen.length === 0) {
    console.error('usage: npx tsx bench/abort.ts [RUNS] [STEP…]');
    return 2;
  }
  if (untriedSteps().length > 0) {
    console.error(`No upgrade turns back at ${untriedSteps().join(', ')}`);
    return 1;
  }
  const worlds = new Worlds();
  const rows: ReturnType<typeof rowOf>[] = [];
  const worst = { medianMs: 0, at: '' };
  for (const scenario of chosen) {
    const turns: Turn[] = [];
    for (let run = 1; run <= runs; run++) {
      const turn = await measure(worlds, scenario, run === runs);
      console.error(`${scenario.step} ${scenario.how}: ${JSON.stringify(turn)}`);
      turns.push(turn);
    }
    rows.push(rowOf(scenario, turns));
    const medianMs = medianOf(turns.map(({ writeGapMs }) => writeGapMs));
    if (medianMs > worst.medianMs)
      Object.assign(worst, { medianMs, at: `${scenario.step} (${scenario.how})` });
  }
  await worlds.leave();
  console.log(
    `min / median / max of ${runs} runs each, the last with Slack unreachable; cloud tasks take no time`,
  );
  console.table(rows);
  const holds = worst.medianMs < goalMs;
  console.log(
    `the worst median: ${Math.round(worst.medianMs)} ms at ${worst.at}, ${holds ? 'under' : 'NOT under'} ${goalMs} ms`,
  );
  return holds ? 0 : 1;
}

process.exit(await main());
