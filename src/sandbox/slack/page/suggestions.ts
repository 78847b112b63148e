// What the composer offers while a person types. Pure.
import type { CommandInfo } from './protocol.ts';

export interface Suggestion {
  /** The whole text of the composer after it is taken. */
  completes: string;
  title: string;
  hint: string;
  description: string;
}

export interface Names {
  people: readonly { name: string; realName: string }[];
  channels: readonly string[];
}

const maxSuggestions = 8;

/** The forms of a command from its usage hint: `help | plan SOURCE TARGET`. */
function forms(command: CommandInfo): string[] {
  return command.usageHint
    .split(' | ')
    .map((form) => form.trim())
    .filter(Boolean);
}

function subcommands(command: CommandInfo, typed: string): Suggestion[] {
  const [word = '', ...rest] = typed.trimStart().split(/\s+/u);
  return forms(command).flatMap((form) => {
    const [name = '', ...parameters] = form.split(' ');
    const matches = rest.length > 0 ? name === word : name.startsWith(word.toLowerCase());
    if (!matches) return [];
    const completes =
      rest.length > 0
        ? `${command.command} ${typed.trimStart()}`
        : `${command.command} ${name}${parameters.length > 0 ? ' ' : ''}`;
    return [{ completes, title: `${command.command} ${name}`, hint: parameters.join(' '), description: '' }];
  });
}

function commandSuggestions(text: string, commands: readonly CommandInfo[]): Suggestion[] {
  const [, name = '', space = '', rest = ''] = /^(\/\S*)(\s?)([\s\S]*)$/u.exec(text) ?? [];
  const exact = commands.find((command) => command.command === name);
  if (space !== '') return exact ? subcommands(exact, rest) : [];
  return commands
    .filter((command) => command.command.startsWith(name))
    .map(({ command, description, usageHint }) => ({
      completes: `${command} `,
      title: command,
      hint: usageHint,
      description,
    }));
}

function nameSuggestions(text: string, names: Names): Suggestion[] {
  const [, before = '', sign = '', typed = ''] = /^([\s\S]*(?:^|\s))([@#])([\w.-]*)$/u.exec(text) ?? [];
  const start = typed.toLowerCase();
  if (sign === '@') {
    return names.people
      .filter(({ name, realName }) => name.startsWith(start) || realName.toLowerCase().startsWith(start))
      .map(({ name, realName }) => ({
        completes: `${before}@${name} `,
        title: realName,
        hint: `@${name}`,
        description: '',
      }));
  }
  if (sign === '#') {
    return names.channels
      .filter((name) => name.startsWith(start))
      .map((name) => ({ completes: `${before}#${name} `, title: `#${name}`, hint: '', description: '' }));
  }
  return [];
}

/** Suggestions for the text before the cursor, best first. */
export function suggest(text: string, commands: readonly CommandInfo[], names: Names): Suggestion[] {
  const named = nameSuggestions(text, names);
  if (named.length > 0) return named.slice(0, maxSuggestions);
  return text.startsWith('/') ? commandSuggestions(text, commands).slice(0, maxSuggestions) : [];
}
