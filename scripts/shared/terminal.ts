import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { World } from '../../src/sandbox/world/world.ts';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const timeoutMs = 60_000;

/**
 * Types a command of the emergency terminal as an operator on the bot's machine does: with the variables of the store and of the
 * cloud, and nothing of Slack. Resolves with what it says; rejects when it refuses.
 */
export async function typeAtTerminal(world: World, words: readonly string[]): Promise<string> {
  const own = Object.entries(world.botEnvironment).filter(([name]) => !/^(SLACK_|PORT$|HOST$)/.test(name));
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words], {
    env: { PATH: process.env['PATH'], ...Object.fromEntries(own) },
    timeout: timeoutMs,
  });
  return stdout;
}
