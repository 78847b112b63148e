import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnection, type RedisConnection } from '../../src/compare/wire/redis-connection.ts';

export interface BenchServer {
  readonly endpoint: { host: string; port: number; password?: string };
  readonly client: RedisConnection;
  /** CPU seconds of the server process so far. */
  cpuSeconds(): Promise<number>;
  /** Its process, to be put on a processor; undefined when it runs elsewhere. */
  pid(): Promise<number | undefined>;
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 10_000;
const LIMITS = { connectTimeoutMs: 1_000, commandTimeoutMs: 120_000 };

/** Starts this redis-server on a free port, without persistence, with these settings besides. */
export async function startServer(binary: string, more: readonly string[] = []): Promise<BenchServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'bench-compare-'));
  const settings = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const child = spawn(binary, [...settings, ...more], { stdio: 'ignore' });
  const endpoint = { host: '127.0.0.1', port };
  const client = await connect(child, endpoint);
  return {
    endpoint,
    client,
    cpuSeconds: () => cpuSecondsOf(client),
    pid: async () => child.pid,
    stop: async () => {
      client.close();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A server that runs already, and goes on running. */
export async function useServer(url: string): Promise<BenchServer> {
  const { hostname, port, password } = new URL(url);
  const secret = password === '' ? {} : { password: decodeURIComponent(password) };
  const endpoint = { host: hostname, port: Number(port || '6379'), ...secret };
  const client = await openConnection(endpoint, LIMITS);
  const isHere = hostname === '127.0.0.1' || hostname === 'localhost';
  return {
    endpoint,
    client,
    cpuSeconds: () => cpuSecondsOf(client),
    pid: async () => (isHere ? pidOf(client) : undefined),
    stop: async () => client.close(),
  };
}

async function pidOf(client: RedisConnection): Promise<number> {
  return Number(/process_id:(\d+)/.exec(String(await client.command('INFO', 'server')))?.[1]);
}

async function cpuSecondsOf(client: RedisConnection): Promise<number> {
  const info = String(await client.command('INFO', 'cpu'));
  const part = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0);
  return part('used_cpu_sys') + part('used_cpu_user');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('finding a free port');
  return address.port;
}

async function connect(
  child: ChildProcess,
  endpoint: { host: string; port: number },
): Promise<RedisConnection> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      return await openConnection(endpoint, LIMITS);
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Makes the target a true copy of the source, by replication, and lets it go. */
export async function copyByReplication(source: BenchServer, target: BenchServer): Promise<void> {
  await target.client.command('SLAVEOF', source.endpoint.host, `${source.endpoint.port}`);
  const deadline = Date.now() + 120_000;
  while (!String(await target.client.command('INFO', 'replication')).includes('master_link_status:up')) {
    if (Date.now() > deadline) throw new Error('copying the data set by replication: not done in 120 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await target.client.command('SLAVEOF', 'NO', 'ONE');
}
