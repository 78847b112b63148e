import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endWithParent } from './end-with-parent.ts';
import { environmentOf, type RedisBinary } from './redis-binary.ts';

/** Where a server listens. */
export type RedisEndpoint = { path: string } | { host: string; port: number };

/** A redis-server process of ours. It ends when this process ends, however that happens. */
export interface RunningRedisServer {
  readonly pid: number;
  readonly endpoint: RedisEndpoint;
  /** Settles when the process has ended, by itself or not. */
  readonly ended: Promise<void>;
  /** Ends the process and resolves when it is gone. Nothing is saved. Safe to call again. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  binary: Pick<RedisBinary, 'path' | 'env'>;
  /** Made when missing; holds the configuration, the log and whatever the server writes. */
  directory: string;
  /** `host` is 127.0.0.1 by default; anything outside 127.0.0.0/8 is refused. */
  listen: { unixSocket: string } | { port: number; host?: string };
  password?: string;
  /** Further lines of redis.conf. They must exist in the server's version: 2.8 ends on a directive it does not know. */
  settings?: Record<string, string>;
  /** How long it may take to load its data and answer. */
  readyDeadlineMs?: number;
}

const defaultReadyDeadlineMs = 30_000;
const readyPollMs = 10;
const stopGraceMs = 3_000;
const logTailChars = 2_000;
/** The kernel's limit of sockaddr_un, less its final zero. */
const maxSocketPathBytes = 107;

/**
 * Starts a server on the loopback network or a unix socket, without persistence unless `settings` say otherwise, and
 * resolves once it answers. Rejects with the tail of its log when it ends early or does not answer in time.
 */
export async function launchRedisServer(options: LaunchOptions): Promise<RunningRedisServer> {
  const endpoint = endpointOf(options.listen);
  await mkdir(options.directory, { recursive: true });
  if ('path' in endpoint) await rm(endpoint.path, { force: true });
  const configPath = join(options.directory, 'redis.conf');
  const logPath = join(options.directory, 'redis.log');
  // A file and not arguments: the password stays out of the process list, and 2.8 parses both alike.
  await writeFile(configPath, configurationOf(options, endpoint), { mode: 0o600 });
  const child = await spawnServer(options, configPath, logPath);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async () => await stopChild(child, ended);
  try {
    await untilReady(child, endpoint, options.readyDeadlineMs ?? defaultReadyDeadlineMs);
  } catch (cause) {
    await stop();
    const log = await readFile(logPath, 'utf8').catch(() => '');
    throw new Error(`${options.binary.path} did not start: ${log.slice(-logTailChars).trim()}`, { cause });
  }
  return { pid: child.pid ?? 0, endpoint, ended, stop };
}

async function spawnServer(
  options: LaunchOptions,
  configPath: string,
  logPath: string,
): Promise<ChildProcess> {
  const command = await endWithParent.wrap(options.binary.path, [configPath]);
  const log = openSync(logPath, 'w', 0o600);
  try {
    const child = spawn(command.path, command.args, {
      cwd: options.directory,
      env: environmentOf(options.binary),
      stdio: ['ignore', log, log],
    });
    endWithParent.register(child);
    return child;
  } finally {
    closeSync(log);
  }
}

function endpointOf(listen: LaunchOptions['listen']): RedisEndpoint {
  if ('unixSocket' in listen) {
    if (Buffer.byteLength(listen.unixSocket) > maxSocketPathBytes) {
      throw new Error(
        `${listen.unixSocket} is longer than the ${maxSocketPathBytes} bytes of a socket's path`,
      );
    }
    return { path: listen.unixSocket };
  }
  const host = listen.host ?? '127.0.0.1';
  if (!/^127\.\d+\.\d+\.\d+$/.test(host)) throw new Error(`${host} is not a loopback address`);
  return { host, port: listen.port };
}

function configurationOf(options: LaunchOptions, endpoint: RedisEndpoint): string {
  const where =
    'path' in endpoint
      ? { port: '0', unixsocket: endpoint.path, unixsocketperm: '700' }
      : { port: String(endpoint.port), bind: endpoint.host };
  const settings: Record<string, string> = {
    daemonize: 'no',
    save: '',
    appendonly: 'no',
    dir: options.directory,
    ...where,
    ...(options.password !== undefined && { requirepass: options.password }),
    ...options.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${quoted(name, value)}\n`)
    .join('');
}

/** Directives of several words; all others are one word and quoted. */
const wordLists = new Set(['client-output-buffer-limit', 'bind', 'rename-command', 'save']);

function quoted(name: string, value: string): string {
  if (wordLists.has(name) && value !== '') return value;
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

async function untilReady(child: ChildProcess, endpoint: RedisEndpoint, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  if (child.pid === undefined) throw new Error('it could not be started');
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    }
    const answer = await ask(endpoint);
    // A server that wants a password is up; one that says LOADING is not yet.
    if (/^(\+PONG|-NOAUTH|-ERR operation not permitted)/.test(answer)) return;
    await delay(readyPollMs);
  }
  throw new Error(`no answer to PING within ${deadlineMs} ms`);
}

const askTimeoutMs = 1_000;

/** The first line of the answer to PING, empty when there is none. */
async function ask(endpoint: RedisEndpoint): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect(endpoint);
    let answer = '';
    socket.setTimeout(askTimeoutMs, () => socket.destroy());
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\n')) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer));
  });
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
  await ended;
  clearTimeout(timer);
}
