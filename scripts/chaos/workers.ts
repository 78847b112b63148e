import { setTimeout as delay } from 'node:timers/promises';
import type { BotProcess } from '../../src/sandbox/world/bot-process.ts';
import type { World } from '../../src/sandbox/world/world.ts';

/** The bot's processes under a supervisor that starts them again, behind a balancer that looks who is there. */
export interface Workers {
  kill(workers: readonly number[], downMs: number): Promise<void>;
  freeze(worker: number, forMs: number): Promise<void>;
  /** For how long none of them ran, in all: nobody could do anything then. */
  nobodyMs(): number;
  /** Resolves when everything asked for has been done and all of them run. */
  settled(): Promise<void>;
}

/** A process that cannot start, for instance because the store is away, is started again so often. */
const maxStarts = 8;
const betweenStartsMs = 300;
/** A balancer needs a moment to see that somebody is gone. */
const balancerMs = 300;

/** `socketMode`: Slack finds the processes that are connected by itself. */
export function superviseWorkers(world: World, { socketMode }: { socketMode: boolean }): Workers {
  const down = new Set<BotProcess>();
  const nobody = { sinceMs: 0, totalMs: 0 };
  // One thing after the other for each process: a start and a kill must not overtake each other.
  const queues = world.bots.map(() => Promise.resolve());
  const route = () => {
    const alive = world.bots.find((bot) => bot.pid() !== undefined);
    if (!socketMode && alive !== undefined) world.slack.setAppUrl(alive.eventsUrl);
  };
  const inTurn = async (worker: number, work: (bot: BotProcess) => Promise<void>) => {
    const bot = world.bots[worker];
    if (bot === undefined) throw new Error(`There is no worker ${worker}`);
    const done = (queues[worker] ?? Promise.resolve()).then(() => work(bot));
    queues[worker] = done;
    await done;
  };
  const kill = async (bot: BotProcess, downMs: number) => {
    await bot.kill('SIGKILL');
    down.add(bot);
    if (down.size === world.bots.length) nobody.sinceMs = performance.now();
    setTimeout(route, balancerMs).unref();
    await delay(downMs);
    await startPersistently(bot);
    if (down.size === world.bots.length) nobody.totalMs += performance.now() - nobody.sinceMs;
    down.delete(bot);
    route();
  };
  return {
    kill: async (workers, downMs) => {
      await Promise.all(workers.map((worker) => inTurn(worker, (bot) => kill(bot, downMs))));
    },
    freeze: (worker, forMs) =>
      inTurn(worker, async (bot) => {
        bot.freeze(true);
        await delay(forMs);
        bot.freeze(false);
      }),
    nobodyMs: () => nobody.totalMs,
    settled: async () => void (await Promise.all(queues)),
  };
}

async function startPersistently(bot: BotProcess): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bot.start();
    } catch (error) {
      if (attempt >= maxStarts) throw error;
      await delay(betweenStartsMs);
    }
  }
}
