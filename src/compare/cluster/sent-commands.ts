import type { EncodedCommands } from '../wire/resp-commands.ts';
import { slotOfKey } from './cluster-slot.ts';

/** One command of a pipeline, as it is on the wire. */
export interface SentCommand {
  readonly name: string;
  readonly args: readonly Buffer[];
  readonly bytes: Buffer;
}

/** Commands about a server, not about a key. */
const WITHOUT_KEY = new Set([
  ...['PING', 'INFO', 'TIME', 'SELECT', 'SCAN', 'MULTI', 'EXEC', 'DISCARD'],
  ...['CLUSTER', 'CLIENT', 'CONFIG', 'COMMAND', 'DBSIZE', 'ROLE', 'AUTH', 'ECHO'],
]);
/** Commands whose first argument is the name of a part of the command. */
const WITH_PART = new Set(['XINFO', 'XGROUP', 'MEMORY', 'OBJECT']);
const SCRIPTS = new Set(['EVAL', 'EVALSHA']);

/**
 * The slot to which each command of a pipeline has to go: that of its first key, for a transaction from MULTI to EXEC that of the first key
 * in it. Undefined where there is no key.
 */
export function slotsOf(commands: readonly SentCommand[]): (number | undefined)[] {
  const slots = commands.map(slotOfCommand);
  commands.forEach(({ name }, start) => {
    if (name !== 'MULTI') return;
    const end = commands.findIndex((command, index) => index > start && command.name === 'EXEC');
    const group = slots.slice(start, end + 1);
    slots.fill(
      group.find((slot) => slot !== undefined),
      start,
      end + 1,
    );
  });
  return slots;
}

function slotOfCommand({ name, args }: SentCommand): number | undefined {
  if (WITHOUT_KEY.has(name)) return undefined;
  const key = args[SCRIPTS.has(name) ? 2 : WITH_PART.has(name) ? 1 : 0];
  return key === undefined ? undefined : slotOfKey(key);
}

/** Takes a pipeline of our own apart again. */
export function splitCommands(commands: EncodedCommands): SentCommand[] {
  const { bytes } = commands;
  const split: SentCommand[] = [];
  let at = 0;
  while (split.length < commands.count) {
    const start = at;
    const count = numberAt(bytes, start + 1);
    at = bytes.indexOf(LINE_FEED, start) + 1;
    const words: Buffer[] = [];
    for (let word = 0; word < count; word += 1) {
      const length = numberAt(bytes, at + 1);
      const from = bytes.indexOf(LINE_FEED, at) + 1;
      words.push(bytes.subarray(from, from + length));
      at = from + length + 2;
    }
    const [name = Buffer.alloc(0), ...args] = words;
    split.push({ name: name.toString('latin1').toUpperCase(), args, bytes: bytes.subarray(start, at) });
  }
  return split;
}

const LINE_FEED = 10;

function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let index = from; (bytes[index] ?? 0) >= 48; index += 1) value = value * 10 + (bytes[index] ?? 0) - 48;
  return value;
}
