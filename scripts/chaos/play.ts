import { assessWorld } from '../../src/sandbox/demo/assess-world.ts';
import { followJournal, type JournalLine, type JournalTail } from '../../src/sandbox/demo/journal-tail.ts';
import type { DemoResult } from '../../src/sandbox/demo/result.ts';
import type { FinishedRun } from '../../src/sandbox/demo/run-upgrade.ts';
import { startWorld, type World } from '../../src/sandbox/world/world.ts';
import { approveAlways, resumeWhenStuck, typeStart } from '../shared/persons.ts';
import type { ChaosPlan } from './draw-plan.ts';
import { Injector } from './injector.ts';
import { superviseWorkers } from './workers.ts';

/** What became of one upgrade. */
export interface ChaosRow {
  nr: number;
  pair: string;
  /** What really struck, with the moment. */
  injected: string[];
  outcome: string;
  /** Why it went back, if it did. */
  why: string;
  /** Why it called for a person, each time. */
  stuck: string[];
  lostWrites: number;
  /** Lost writes included. */
  differences: number;
  writeGapMs: number;
  /** For how long no bot ran, from the kill until the next one was ready; the machine's load is in it. */
  nobodyMs: number;
  seconds: number;
  /** Everything that must hold and does not; empty: all is well. */
  problems: string[];
}

const keys = 800;
const traffic = { writesPerSecond: 300, readsPerSecond: 100, clients: 4 };
const workers = 2;
const upgradeDeadlineMs = 150_000;
const journalPollMs = 5;
/** Clients have to write again so soon after the end. */
const writesAgainMs = 15_000;
/** Slack has to show the end so soon after it. */
const threadSaysMs = 30_000;
const botSettings = {
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.3',
  REDIS_UPGRADE_PATIENCE_SECONDS: '20',
  // A killed process holds its lease until it runs out.
  REDIS_UPGRADE_LEASE_MS: '1500',
};

/** Plays one upgrade through everything its plan has in store. Never rejects because of what the bot does. */
export async function playChaos(plan: ChaosPlan, options: { directory: string }): Promise<ChaosRow> {
  const { pair, seed, socketMode } = plan;
  const world = await startWorld({
    ...pair,
    keys,
    seed,
    socketMode,
    traffic,
    workers,
    directory: options.directory,
    cloudSpeed: 'instant',
    botMode: 'child',
    botSettings: { ...botSettings, REDIS_UPGRADE_SOAK_SECONDS: String(plan.soakSeconds) },
  });
  try {
    return await new Play(world, plan).run();
  } finally {
    await world.close();
  }
}

class Play {
  readonly #world: World;
  readonly #plan: ChaosPlan;
  readonly #problems: string[] = [];

  constructor(world: World, plan: ChaosPlan) {
    this.#world = world;
    this.#plan = plan;
  }

  async run(): Promise<ChaosRow> {
    const world = this.#world;
    const { injections, slackRateLimits, replicationDelayMs, cloudTaskMs } = this.#plan;
    world.slack.setRateLimits(slackRateLimits);
    world.cloud.setReplicationDelay(replicationDelayMs);
    const began = performance.now();
    const upgradeId = await typeStart(world);
    slowDown(world, cloudTaskMs);
    const supervised = superviseWorkers(world, this.#plan);
    const injector = new Injector({ world, workers: supervised, upgradeId, injections });
    const journal = followJournal({
      storeUrl: world.storeUrl,
      upgradeId,
      pollMs: journalPollMs,
      onLine: (line) => injector.hear(line),
    });
    const { outcome, stuck } = await this.#untilEnd(upgradeId, journal);
    const totalMs = performance.now() - began;
    await injector.settled();
    await this.#lookAround(upgradeId, outcome);
    journal.close();
    const run = { upgradeId, outcome, lines: journal.lines, totalMs };
    const found = await assessWorld(world, run);
    this.#problems.push(...injector.problems, ...whatIsMissing(found));
    return {
      ...this.#rowOf(run, found),
      nobodyMs: Math.round(supervised.nobodyMs()),
      injected: this.#withLag(injector.done),
      stuck,
    };
  }

  async #untilEnd(upgradeId: string, journal: JournalTail): Promise<{ outcome: string; stuck: string[] }> {
    const state = { over: false };
    const over = () => state.over;
    const ended = journal
      .until(({ type }) => type === 'ended', { what: 'end', timeoutMs: upgradeDeadlineMs })
      .then(
        (line) => line.outcome ?? '',
        (error: unknown) => {
          this.#problems.push(error instanceof Error ? error.message : String(error));
          return 'not ended';
        },
      )
      .finally(() => {
        state.over = true;
      });
    const [outcome, stuck] = await Promise.all([
      ended,
      resumeWhenStuck(this.#world, upgradeId, { journal, over }),
      approveAlways(this.#world, upgradeId, { ...this.#plan.approval, over }),
    ]);
    return { outcome, stuck };
  }

  /** Whether clients and people see what the journal says. */
  async #lookAround(upgradeId: string, outcome: string): Promise<void> {
    const { traffic: clients, slack } = this.#world;
    const before = clients.figures()?.acknowledgedWrites ?? 0;
    await clients
      .until(({ acknowledgedWrites }) => acknowledgedWrites > before + 100, writesAgainMs)
      .catch(() => this.#problems.push('clients do not write after the end'));
    if (outcome === 'not ended') return;
    slack.faults.clear();
    const words = outcome === 'completed' ? 'Completed' : 'Rolled back';
    await slack
      .waitForMessage((message) => saysSo(message, upgradeId, words), threadSaysMs)
      .catch(() => this.#problems.push(`Slack does not show "${words}"`));
  }

  #rowOf(
    run: FinishedRun & { totalMs: number },
    found: DemoResult,
  ): Omit<ChaosRow, 'injected' | 'stuck' | 'nobodyMs'> {
    const { nr, pair } = this.#plan;
    return {
      nr,
      pair: `${pair.from} → ${pair.to}`,
      outcome: run.outcome,
      why: whyBack(run.lines),
      lostWrites: found.traffic.lostWrites,
      differences: found.differences,
      writeGapMs: Math.round(found.traffic.writeGapMs),
      seconds: Math.round(run.totalMs / 100) / 10,
      problems: this.#problems,
    };
  }

  #withLag(injected: string[]): string[] {
    const { replicationDelayMs } = this.#plan;
    return replicationDelayMs === 0 ? injected : [`replication lags ${replicationDelayMs} ms`, ...injected];
  }
}

function whatIsMissing({ traffic: { lostWrites }, differences, examples }: DemoResult): string[] {
  const some = examples.slice(0, 5).join(', ');
  if (lostWrites > 0) return [`lost: ${some}`];
  return differences > 0 ? [`differs: ${some}`] : [];
}

function saysSo(message: { text: string; blocks?: unknown }, upgradeId: string, words: string): boolean {
  const all = JSON.stringify([message.text, message.blocks ?? []]);
  return message.text.startsWith(`Redis upgrade ${upgradeId}`) && all.includes(words);
}

function whyBack(lines: readonly JournalLine[]): string {
  if (!lines.some(({ type }) => type === 'undo_started')) return '';
  const cause = lines.find(({ type }) =>
    ['rollback_requested', 'step_failed', 'abort_requested', 'cutover_over_budget'].includes(type),
  );
  return [cause?.step, cause?.error?.message ?? cause?.type].filter((part) => part !== undefined).join(': ');
}

function slowDown(world: World, mostMs: number): void {
  Object.assign(world.cloud.durations, {
    taskPreparingMs: mostMs / 4,
    networkTaskMs: mostMs,
    readOnlyTaskMs: mostMs / 2,
    backupTaskMs: mostMs,
    dtsCheckMs: mostMs / 2,
    dtsStepMs: mostMs / 4,
  });
}
