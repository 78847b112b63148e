import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../../src/sandbox/redis-server/find-redis-server.ts';
import { launchRedisServer } from '../../../src/sandbox/redis-server/launch-redis-server.ts';

/** A redis-server of a test's own, on a unix socket, as the bot's store. */
export interface TestStore {
  /** Connected, and closed with the store. */
  redis: Redis;
  /** One more connection, closed with the store. */
  connect(options?: { enableReadyCheck: boolean }): Redis;
  stop(): Promise<void>;
}

export async function startStore(settings: Record<string, string> = {}): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'redis-upgrade-store-'));
  const path = join(directory, 'redis.sock');
  const binary = await findRedisServer({ env: process.env });
  const server = await launchRedisServer({ binary, directory, listen: { unixSocket: path }, settings });
  const connections: Redis[] = [];
  const connect = (options = { enableReadyCheck: true }) => {
    const redis = new Redis(path, { maxRetriesPerRequest: null, ...options });
    // What a test wants to know it sees at its own calls.
    redis.on('error', () => undefined);
    connections.push(redis);
    return redis;
  };
  return {
    redis: connect(),
    connect,
    async stop() {
      for (const connection of connections) connection.disconnect();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const DEADLINE_MS = 10_000;

/** Polls until the condition holds; fails after a deadline. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
