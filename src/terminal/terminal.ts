import { OperatingError } from '../upgrade/operating-error.ts';
import { COMMAND_NAMES, type CommandName, FORMS, parseCommand, type TypedCommand } from './command-line.ts';
import { decideAtTerminal } from './decide.ts';
import { type Answered, type Connection, type Desk, fromStore, TroubleError } from './desk.ts';
import { journal, list, status } from './look.ts';
import { asTypedHere, safeText } from './words.ts';
import { work } from './work.ts';

/** Exit codes of the terminal's commands. */
const DONE = 0;
const REFUSED = 1;
const BAD_USE = 2;
const TROUBLE = 3;

/** What the terminal stands on. */
export interface Surroundings extends Omit<Desk, 'connection' | 'say'> {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  /** Connects to the store and the cloud; rejects when the configuration cannot be used. */
  connect(options: { performs: boolean }): Promise<Connection>;
}

/** Runs one command of the terminal and answers its exit code. Rejects with what `connect` rejects with. */
export async function runTerminal(
  name: CommandName,
  args: readonly string[],
  around: Surroundings,
): Promise<number> {
  const complain = (lines: readonly string[]) => around.stderr.write(printed(lines, around));
  const parsed = parseCommand(name, args);
  if (!parsed.ok) {
    complain([...parsed.problems, `The form is: ${around.program} ${FORMS[name].form}`]);
    return BAD_USE;
  }
  const { command } = parsed;
  if (command.name === 'help') {
    const { form, what } = FORMS[command.about];
    around.stdout.write(safeText([`${around.program} ${form}`, `  ${what}`]));
    return DONE;
  }
  const connection = await around.connect({ performs: name === 'work' });
  try {
    await fromStore(connection, connection.ping());
    return tell(await perform({ ...around, connection, say: sayTo(around, command) }, command), {
      around,
      json: 'json' in command && command.json,
    });
  } catch (error) {
    complain(troubleLines(error, around.program));
    return TROUBLE;
  } finally {
    await connection.close();
  }
}

/** Where there is JSON on standard output, everything else goes to the other. */
function sayTo(around: Surroundings, command: TypedCommand): Desk['say'] {
  const stream = 'json' in command && command.json ? around.stderr : around.stdout;
  return (lines) => {
    stream.write(printed(lines, around));
  };
}

/** Lines for people, harmless and with commands as they are typed here. */
function printed(lines: readonly string[], { program }: Surroundings): string {
  return safeText(lines.map((line) => asTypedHere(line, program)));
}

async function perform(desk: Desk, command: Exclude<TypedCommand, { name: 'help' }>): Promise<Answered> {
  switch (command.name) {
    case 'list':
      return await list(desk);
    case 'status':
      return await status(desk, command.upgradeId);
    case 'journal':
      return await journal(desk, command.upgradeId);
    case 'work':
      return await work(desk, command.upgradeId);
    default:
      return await decideAtTerminal(desk, command);
  }
}

function tell(said: Answered, { around, json }: { around: Surroundings; json: boolean }): number {
  if (!said.ok) {
    around.stderr.write(printed(said.refusal.message.split('\n'), around));
    return REFUSED;
  }
  const { lines, data } = said.value;
  around.stdout.write(json ? `${JSON.stringify(data, undefined, 2)}\n` : printed(lines, around));
  return DONE;
}

function troubleLines(error: unknown, program: string): string[] {
  if (error instanceof TroubleError) return error.message.split('\n');
  if (error instanceof OperatingError) {
    const again = error.retryable ? ' It may pass: try again.' : '';
    return [
      `${error.message}${again} (${error.code})`,
      'Check the TENCENTCLOUD_ variables and that this machine reaches the cloud.',
    ];
  }
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [`That went wrong in a way that should not happen. ${words}`, `See ${program} status.`];
}

/** Every command, one line each. */
export function terminalUsage(program: string): string {
  const width = Math.max(...COMMAND_NAMES.map((name) => FORMS[name].form.length));
  const lines = COMMAND_NAMES.map((name) => `  ${FORMS[name].form.padEnd(width)}  ${FORMS[name].what}`);
  return safeText([
    `usage: ${program} COMMAND`,
    '',
    'When Slack is down; with the REDIS_URL and the TENCENTCLOUD_ variables of the bot:',
    '',
    ...lines,
    '',
    '  WHO is the Slack user id (U…) of the person who decides. --json prints for machines.',
    '  Exit codes: 0 done, 1 refused, 2 wrong use, 3 the store or the cloud cannot be reached.',
  ]);
}
