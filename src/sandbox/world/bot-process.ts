import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endWithParent } from '../redis-server/end-with-parent.ts';

export interface BotProcessOptions {
  /** Everything the bot is told; it inherits nothing else but the paths of programs and of the home directory. */
  environment: Record<string, string>;
  /** Where its output goes, one run after the other. */
  logPath: string;
  /** Port of its health checks. */
  port: number;
  /** The program; default: the built bot of this repository. */
  main?: string;
}

/** The bot as a process of its own, known by its environment, its HTTP port and its end, and by nothing else. */
export interface BotProcess {
  /** Where it takes what Slack sends over HTTP. */
  readonly eventsUrl: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** Starts it and resolves when it says that it is ready. Rejects with the end of its log when it ends first. */
  start(): Promise<void>;
  /** Sends a signal and resolves when it has ended. Does nothing when it does not run. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops it in the middle of whatever it does, or lets it go on: a process that wakes up late. */
  freeze(frozen: boolean): void;
  /** Ends it gently, at last with force. */
  stop(): Promise<void>;
}

const readyDeadlineMs = 30_000;
const readyPollMs = 20;
const stopGraceMs = 5_000;
const logTailChars = 3_000;

export function createBotProcess(options: BotProcessOptions): BotProcess {
  let child: ChildProcess | undefined;
  const kill = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const running = child;
    if (running === undefined || hasEnded(running)) return;
    const ended = endOf(running);
    running.kill(signal);
    await ended;
  };
  return {
    eventsUrl: `http://127.0.0.1:${options.port}/slack/events`,
    pid: () => (child === undefined || hasEnded(child) ? undefined : child.pid),
    start: async () => {
      if (child !== undefined && !hasEnded(child)) throw new Error('The bot runs already');
      child = await spawnBot(options);
      await untilReady(child, options);
    },
    kill,
    freeze: (frozen) => void child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    stop: async () => {
      const timer = setTimeout(() => void kill('SIGKILL'), stopGraceMs);
      await kill('SIGTERM');
      clearTimeout(timer);
    },
  };
}

async function spawnBot(options: BotProcessOptions): Promise<ChildProcess> {
  const main = options.main ?? builtBot();
  if (!existsSync(main)) throw new Error(`There is no ${main}: run \`npm run build\` first`);
  const command = await endWithParent.wrap(process.execPath, [main]);
  const log = openSync(options.logPath, 'a', 0o600);
  try {
    const child = spawn(command.path, command.args, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.environment },
      stdio: ['ignore', log, log],
    });
    endWithParent.register(child);
    return child;
  } finally {
    closeSync(log);
  }
}

/** `dist/main.js`, seen from dist as well as from the sources. */
function builtBot(): string {
  const path = import.meta.url.endsWith('.ts') ? '../../../dist/main.js' : '../../main.js';
  return fileURLToPath(new URL(path, import.meta.url));
}

async function untilReady(child: ChildProcess, options: BotProcessOptions): Promise<void> {
  const deadline = performance.now() + readyDeadlineMs;
  while (performance.now() < deadline) {
    if (hasEnded(child)) {
      const end = child.exitCode ?? child.signalCode;
      throw new Error(`The bot ended with ${end} before it was ready:\n${await tailOf(options.logPath)}`);
    }
    if (await isReady(options.port)) return;
    await delay(readyPollMs);
  }
  child.kill('SIGKILL');
  throw new Error(`The bot was not ready within ${readyDeadlineMs} ms:\n${await tailOf(options.logPath)}`);
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

async function tailOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).slice(-logTailChars).trim();
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}
