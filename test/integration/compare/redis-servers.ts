import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnection, type RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { findRedisServer } from '../../../src/sandbox/redis-server/find-redis-server.ts';
import { environmentOf } from '../../../src/sandbox/redis-server/redis-binary.ts';

/** A real redis-server of its own for a test. */
export interface TestServer {
  readonly endpoint: { host: string; port: number };
  /** A connection for seeding and breaking data. */
  readonly client: RedisConnection;
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 10_000;

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Starts a server with these settings besides the ones that keep it quiet and off the disk. */
export async function startRedis(...settings: string[]): Promise<TestServer> {
  const binary = await findRedisServer({ env: process.env });
  return startBinary(binary, ['--repl-diskless-sync-delay', '0', ...settings]);
}

/** Starts the 2.8 that the environment names, else whichever server there is. */
export async function startRedis28(): Promise<TestServer> {
  return startBinary(await findRedisServer({ version: '2.8', env: process.env }), []);
}

type Binary = Awaited<ReturnType<typeof findRedisServer>>;

const MAX_PORTS_TRIED = 5;

async function startBinary(binary: Binary, settings: readonly string[]): Promise<TestServer> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await startOn(await freePort(), binary, settings);
    } catch (error) {
      if (tried === MAX_PORTS_TRIED) throw error;
    }
  }
}

/** Fails also where another server, of this test or of one beside it, was quicker to take the port: it would answer in this one's place. */
async function startOn(port: number, binary: Binary, settings: readonly string[]): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-compare-'));
  const quiet = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const child = spawn(binary.path, [...quiet, ...settings], {
    stdio: 'ignore',
    env: environmentOf(binary),
  });
  const endpoint = { host: '127.0.0.1', port };
  try {
    const client = await connectWhenReady(child, endpoint);
    const stopIt = () => stop(child, folder, client);
    if ((await processOf(client)) === child.pid) return { endpoint, client, stop: stopIt };
    await stopIt();
    throw new Error(`port ${port} belongs to another server`);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function connectWhenReady(
  child: ChildProcess,
  endpoint: { host: string; port: number },
): Promise<RedisConnection> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    try {
      return await openConnection(endpoint, { connectTimeoutMs: 1_000, commandTimeoutMs: 20_000 });
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The process that answers, by what it says itself: it has no password, and INFO is never taken away from it. */
async function processOf(client: RedisConnection): Promise<number> {
  return Number(/process_id:(\d+)/.exec(String(await client.command('INFO', 'server')))?.[1]);
}

async function stop(child: ChildProcess, folder: string, client: RedisConnection): Promise<void> {
  client.close();
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
  await rm(folder, { recursive: true, force: true });
}

/** Polls until the condition holds; fails after the deadline. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
