#!/usr/bin/env node
// The terminal's entry. It only finds the command; what a command needs is loaded when it is asked for.

const usage = `usage: redis-upgrade COMMAND

  demo      play one upgrade in the sandbox, with no hands
  sandbox   start the sandbox and stay, for a person in a browser
`;

type Command = (args: readonly string[]) => Promise<number>;

const commands: Record<string, Command> = {
  demo: async (args) => {
    const { demo } = await import('./sandbox/demo/demo.ts');
    return await demo(args, io());
  },
  sandbox: async (args) => {
    const { sandbox } = await import('./sandbox/demo/sandbox.ts');
    return await sandbox(args, io());
  },
};

const badUse = 2;
const interruptedTwice = 130;

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

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return await command(args);
  const asked = ['help', '--help', '-h'].includes(name);
  (asked ? process.stdout : process.stderr).write(usage);
  return asked ? 0 : badUse;
}

// Not exitCode: a command that was interrupted leaves waits behind that nobody needs any more.
process.exit(await main());
