import { join } from 'node:path';
import { findRedisServer } from '../redis-server/find-redis-server.ts';
import { launchRedisServer } from '../redis-server/launch-redis-server.ts';
import { freePort } from './free-port.ts';

/** The Redis that the bot keeps its journal in: a real one of its own, as an operator would set it up. */
export interface BotStore {
  readonly url: string;
  /**
   * Ends the server and starts it again on the same port with what it has on disk. `hard` is SIGKILL: what was not in the
   * append-only file yet is gone. Resolves when it answers again.
   */
  restart(how: 'gently' | 'hard'): Promise<void>;
  stop(): Promise<void>;
}

const maxAttempts = 3;

/** Starts the server on a free port. `env` may name the program, as for the instances. */
export async function startBotStore(
  directory: string,
  env: Record<string, string | undefined>,
): Promise<BotStore> {
  const binary = await findRedisServer({ env });
  const launch = (port: number) =>
    launchRedisServer({
      binary,
      directory: join(directory, 'store'),
      listen: { port },
      settings: { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec' },
    });
  let port = await freePort();
  let server = await repeated(async (attempt) => {
    if (attempt > 1) port = await freePort();
    return await launch(port);
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    restart: async (how) => {
      if (how === 'hard') {
        process.kill(server.pid, 'SIGKILL');
        await server.ended;
      }
      await server.stop();
      server = await repeated(() => launch(port));
    },
    stop: () => server.stop(),
  };
}

async function repeated<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= maxAttempts) throw error;
    }
  }
}
