import { startWorld, type World } from '../world/world.ts';
import type { DemoIo } from './demo.ts';
import { parseSandboxOptions, sandboxUsage } from './options.ts';

/** A soak long enough to watch and to press the button that ends it. */
const sandboxSettings = {
  REDIS_UPGRADE_SOAK_SECONDS: '60',
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.5',
  REDIS_UPGRADE_LEASE_MS: '1500',
};

/** Starts the world for a person in a browser and resolves with the exit code once interrupted. */
export async function sandbox(args: readonly string[], io: DemoIo): Promise<number> {
  const options = parseSandboxOptions(args);
  if (typeof options === 'string') {
    io.stderr.write(`${options}\n${sandboxUsage}\n`);
    return 2;
  }
  const interrupted = new Promise<void>((resolve) => io.onInterrupt(resolve));
  const starting = startWorld({
    ...options,
    pagePort: options.port,
    cloudSpeed: 'realistic',
    botMode: 'child',
    botSettings: sandboxSettings,
    onProgress: (what) => io.stdout.write(`Starting ${what}\n`),
  });
  try {
    const world = await Promise.race([starting, interrupted]);
    if (world === undefined) return 0;
    io.stdout.write(welcome(world));
    await interrupted;
    io.stdout.write('\nTaking everything down\n');
    return 0;
  } catch (error) {
    io.stderr.write(`The sandbox could not be started: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    await starting.then(
      (world) => world.close(),
      () => undefined,
    );
  }
}

function welcome({ slack, source, target }: World): string {
  return `
  Open ${slack.pageUrl} in a browser.

  As requester type   /redis-upgrade start ${source.id} ${target.id}
  then switch to the approver and click on Approve when the bot asks.
  Also worth typing:  /redis-upgrade list   and   /redis-upgrade help

  Ctrl-C ends it.
`;
}
