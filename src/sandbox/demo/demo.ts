import { people } from '../slack/seed.ts';
import { startWorld, type World } from '../world/world.ts';
import { assessWorld } from './assess-world.ts';
import { startLiveView, type Terminal } from './live-view.ts';
import { type DemoOptions, demoUsage, parseDemoOptions } from './options.ts';
import { failedFigures } from './result.ts';
import { runUpgrade } from './run-upgrade.ts';
import { summaryOf } from './summary.ts';

export interface DemoIo {
  stdout: Terminal;
  stderr: Terminal;
  env: Record<string, string | undefined>;
  /** Calls back once when somebody wants it to end. */
  onInterrupt(listener: () => void): void;
}

const exitCodes = { holds: 0, doesNotHold: 1, badUse: 2, interrupted: 130 } as const;

/** Waits that would be too long to watch; everything else is as in production. */
const demoSettings = {
  REDIS_UPGRADE_SOAK_SECONDS: '2',
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.5',
  REDIS_UPGRADE_LEASE_MS: '1500',
};

/**
 * Plays one upgrade with no hands. Resolves with the exit code: 0 only if every figure holds. With `--json` standard
 * output gets one JSON object and nothing else.
 */
export async function demo(args: readonly string[], io: DemoIo): Promise<number> {
  const options = parseDemoOptions(args);
  if (typeof options === 'string') {
    io.stderr.write(`${options}\n${demoUsage}\n`);
    return exitCodes.badUse;
  }
  const terminal = options.json ? io.stderr : io.stdout;
  const started: { world: Promise<World> | undefined } = { world: undefined };
  const interrupted = new Promise<number>((resolve) => io.onInterrupt(() => resolve(exitCodes.interrupted)));
  try {
    return await Promise.race([play(options, { ...io, terminal }, started), interrupted]);
  } catch (error) {
    terminal.write(`The demo could not be played to its end: ${messageOf(error)}\n`);
    return exitCodes.doesNotHold;
  } finally {
    await started.world?.then(
      (world) => world.close(),
      () => undefined,
    );
  }
}

async function play(
  options: DemoOptions,
  io: DemoIo & { terminal: Terminal },
  started: { world: Promise<World> | undefined },
): Promise<number> {
  const { terminal } = io;
  started.world = startWorld({
    ...options,
    cloudSpeed: 'realistic',
    botMode: 'child',
    botSettings: demoSettings,
    onProgress: (what) => terminal.write(`Starting ${what}\n`),
  });
  const world = await started.world;
  const view = startLiveView({
    terminal,
    colour: !io.env['NO_COLOR'],
    now: Date.now,
    facts: () => ({
      traffic: world.traffic.figures(),
      copy: world.newestCopy(),
      holder: world.holder()?.id,
    }),
  });
  const began = performance.now();
  const run = await runUpgrade(world, {
    onDeed: (what) => view.say(what),
    onLine: (line) => view.line(line),
  }).finally(() => view.stop());
  const result = await assessWorld(world, { ...run, totalMs: performance.now() - began });
  const failed = failedFigures(result, { approver: people.approver, keys: options.keys });
  terminal.write(summaryOf(result, failed));
  if (options.json) io.stdout.write(`${JSON.stringify(result)}\n`);
  return failed.length === 0 ? exitCodes.holds : exitCodes.doesNotHold;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
