import { join } from 'node:path';
import { findRedisServer } from '../redis-server/find-redis-server.ts';
import { launchRedisServer } from '../redis-server/launch-redis-server.ts';
import { freePort } from './free-port.ts';

/** The Redis that the bot keeps its journal in: a real one of its own, as an operator would set it up. */
export interface BotStore {
  readonly url: string;
  stop(): Promise<void>;
}

const maxAttempts = 3;

export async function startBotStore(
  directory: string,
  env: Record<string, string | undefined>,
): Promise<BotStore> {
  const binary = await findRedisServer({ env });
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      const server = await launchRedisServer({
        binary,
        directory: join(directory, 'store'),
        listen: { port },
        settings: { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec' },
      });
      return { url: `redis://127.0.0.1:${port}`, stop: () => server.stop() };
    } catch (error) {
      if (attempt >= maxAttempts) throw error;
    }
  }
}
