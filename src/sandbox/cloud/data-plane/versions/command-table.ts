import { compareVersions } from '../../../redis-server/redis-binary.ts';
import type { EngineVersion } from '../../data-plane.ts';
import type { Reply } from '../resp/decode-reply.ts';
import { commandsSince } from './commands-since.ts';
import { type OptionRule, optionRules } from './options-since.ts';

/** How metrics count a command. */
export type CommandCategory = 'read' | 'write' | 'other';

export interface CommandInfo {
  category: CommandCategory;
  /** Subcommands that write, of containers such as FUNCTION. */
  writingSubcommands: ReadonlySet<string>;
  /** Subcommands that the posed version does not have. */
  absentSubcommands: ReadonlySet<string>;
  /** Forms of the command that the posed version does not have. */
  optionRules: readonly OptionRule[];
}

/** The commands an instance knows, by lower-case name. */
export type CommandTable = ReadonlyMap<string, CommandInfo>;

/**
 * Made of the real server's answer to COMMAND, less what the version it poses as does not have. A server that does not
 * pose keeps everything it has.
 */
export function commandTable(answer: Reply, posesAs: EngineVersion | undefined): CommandTable {
  if (!Array.isArray(answer)) throw new Error('The server did not answer COMMAND with a list');
  const absent = new Set(posesAs === undefined ? [] : newerThan(posesAs));
  const table = new Map<string, CommandInfo>();
  for (const entry of answer) {
    const { name, flags, subcommands } = readEntry(entry);
    if (absent.has(name)) continue;
    table.set(name, {
      category: categoryOf(flags),
      writingSubcommands: new Set(subcommands.filter((sub) => sub.flags.has('write')).map((sub) => sub.name)),
      absentSubcommands: new Set(
        [...absent].filter((key) => key.startsWith(`${name}|`)).map((key) => key.slice(name.length + 1)),
      ),
      optionRules: optionRules.filter(
        ({ command, since }) =>
          command === name && posesAs !== undefined && compareVersions(since, posesAs) > 0,
      ),
    });
  }
  return table;
}

function newerThan(version: EngineVersion): string[] {
  return Object.entries(commandsSince).flatMap(([since, names]) =>
    compareVersions(since, version) > 0 ? names : [],
  );
}

function categoryOf(flags: ReadonlySet<string>): CommandCategory {
  if (flags.has('write')) return 'write';
  return flags.has('readonly') ? 'read' : 'other';
}

interface Entry {
  name: string;
  flags: ReadonlySet<string>;
  subcommands: Entry[];
}

const subcommandsField = 9;

/** [name, arity, flags, …] and, since 7.0, subcommands (`function|load`) of the same shape. */
function readEntry(entry: Reply): Entry {
  if (!Array.isArray(entry)) throw new Error('The server answered COMMAND in an unknown form');
  const [name, , flags] = entry;
  const subcommands = entry[subcommandsField];
  return {
    name: text(name).replace(/^.*\|/, ''),
    flags: new Set(Array.isArray(flags) ? flags.map(text) : []),
    subcommands: Array.isArray(subcommands) ? subcommands.map(readEntry) : [],
  };
}

function text(value: Reply | undefined): string {
  return Buffer.isBuffer(value) || typeof value === 'string' ? value.toString().toLowerCase() : '';
}
