#!/usr/bin/env node
// The terminal's entry. It only finds the command; what a command needs is loaded when it is asked for.
import { userInfo } from 'node:os';
import { basename, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandName } from './terminal/command-line.ts';
import type { Connection } from './terminal/desk.ts';

type Command = (args: readonly string[]) => Promise<number>;

const sandboxCommands: Record<string, Command> = {
  demo: async (args) => {
    const { demo } = await import('./sandbox/demo/demo.ts');
    return await demo(args, io());
  },
  sandbox: async (args) => {
    const { sandbox } = await import('./sandbox/demo/sandbox.ts');
    return await sandbox(args, io());
  },
};

/** Two servers, without Slack and without a cloud. */
async function compare(args: readonly string[]): Promise<number> {
  // Takes the words, and a password among them, out of the list of processes as soon as can be.
  process.title = 'redis-upgrade compare';
  const { runCompare } = await import('./terminal/compare/compare.ts');
  const { stdout, stderr, onInterrupt } = io();
  // Whoever reads may have seen enough; an error of the stream would end the process as if something differed.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return await runCompare(args, {
    stdout,
    stderr,
    program: program(),
    now: () => Date.now(),
    random: Math.random,
    readLine,
    onInterrupt,
  });
}

const badUse = 2;
const interruptedTwice = 130;
/** A store that is down must not keep a command that has said so. */
const letGoMs = 1_000;

/** Standard streams and a way to be told of Ctrl-C, for commands that run until then. */
function io() {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onInterrupt: (listener: () => void) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        let asked = false;
        // Stays registered: whoever ends with this process looks whether somebody takes care of the signal.
        process.on(signal, () => {
          if (asked) process.exit(interruptedTwice);
          asked = true;
          listener();
        });
      }
    },
  };
}

/** A command over the bot's own service, without Slack. */
async function terminal(name: CommandName, args: readonly string[]): Promise<number> {
  const { runTerminal } = await import('./terminal/terminal.ts');
  const { ConfigError, coreSecrets, readCoreConfig } = await import('./config.ts');
  const { createCleaner } = await import('./telemetry/logger.ts');
  const { stdout, stderr, onInterrupt } = io();
  let clean = (text: string) => text;
  let interrupted: Promise<true> | undefined;
  try {
    return await runTerminal(name, args, {
      stdout: { write: (text) => stdout.write(clean(text)) },
      stderr: { write: (text) => stderr.write(clean(text)) },
      osUser: osUser(),
      program: program(),
      now: () => Date.now(),
      readLine,
      async pause(ms) {
        // From the first pause on: before, Ctrl-C has nothing to finish.
        interrupted ??= new Promise((resolve) => onInterrupt(() => resolve(true)));
        const { setTimeout: delay } = await import('node:timers/promises');
        return await Promise.race([interrupted, delay(ms, false)]);
      },
      async connect(options) {
        const config = readCoreConfig();
        clean = createCleaner(coreSecrets(config));
        return await connect(config, options);
      },
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(`${error.message}\n`);
    return badUse;
  }
}

async function connect(
  config: import('./config.ts').CoreConfig,
  { performs }: { performs: boolean },
): Promise<Connection> {
  const { createCore } = await import('./core.ts');
  const { checkStore } = await import('./engine/store-check.ts');
  const { coreSecrets } = await import('./config.ts');
  const { createLogger } = await import('./telemetry/logger.ts');
  const { createTerminalApprovers } = await import('./terminal/approvers.ts');
  const approvers = createTerminalApprovers(config.REDIS_UPGRADE_APPROVERS);
  const level = performs ? config.REDIS_UPGRADE_LOG_LEVEL : 'silent';
  const core = createCore({
    config,
    logger: createLogger({ level, secrets: coreSecrets(config) }),
    approvers,
    onChange: () => undefined,
    observeCall: () => undefined,
    observeEvent: () => undefined,
  });
  let trouble: string | undefined;
  core.redis.on('error', (error: Error) => {
    trouble = error.message;
  });
  return {
    service: core.service,
    approvers,
    store: new URL(config.REDIS_URL).host,
    ping: () => core.redis.ping(),
    storeTrouble: () => trouble,
    bots: () => core.bell.listeners(),
    ring: (upgradeId) => core.bell.ring(upgradeId),
    async work() {
      const { refusals } = await checkStore(core.redis);
      if (refusals.length === 0) core.work();
      return refusals;
    },
    async close() {
      const closed = core.close();
      if (performs) return await closed;
      const { setTimeout: delay } = await import('node:timers/promises');
      await Promise.race([closed, delay(letGoMs)]);
    },
  };
}

/** The account that this process runs as. A container may run as a number that has no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `number ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** How this program was called, so that what it says can be typed. */
function program(): string {
  const path = process.argv[1] ?? '';
  if (basename(path) === 'redis-upgrade') return 'redis-upgrade';
  const near = relative(process.cwd(), path);
  return `node ${near.startsWith('..') ? path : near}`;
}

async function readLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin });
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
    });
  } finally {
    lines.close();
  }
}

async function usage(): Promise<string> {
  const { terminalUsage } = await import('./terminal/terminal.ts');
  const { COMPARE_WHAT } = await import('./terminal/compare/options.ts');
  return `${terminalUsage(program())}
For two Redis servers of any kind; needs neither Slack nor a cloud:

  compare SOURCE TARGET   ${COMPARE_WHAT}; see compare --help

To see it on this machine, without Slack or a cloud:

  demo      play one upgrade in the sandbox, with no hands
  sandbox   start the sandbox and stay, for a person in a browser
`;
}

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const play = Object.hasOwn(sandboxCommands, name) ? sandboxCommands[name] : undefined;
  if (play !== undefined) return await play(args);
  if (name === 'compare') return await compare(args);
  const { COMMAND_NAMES } = await import('./terminal/command-line.ts');
  const command = COMMAND_NAMES.find((one) => one === name);
  if (command !== undefined) return await terminal(command, args);
  const asked = ['help', '--help', '-h'].includes(name);
  if (!asked && name !== '') process.stderr.write(`There is no command "${name}".\n\n`);
  (asked ? process.stdout : process.stderr).write(await usage());
  return asked ? 0 : badUse;
}

// Not exitCode: a command that was interrupted leaves waits behind that nobody needs any more.
process.exit(await main());
