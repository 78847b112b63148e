import type { RollbackMode, Switch } from '../upgrade/plan.ts';
import { closest } from './did-you-mean.ts';
import { COMMAND } from './names.ts';

/** What a person typed, understood. */
export type CommandLine =
  | { name: 'help' }
  | { name: 'list' }
  | ({ name: 'plan' } & Pair)
  | ({ name: 'start' } & Pair)
  | { name: 'status'; upgradeId: string | undefined }
  | { name: 'abort'; upgradeId: string; reason: string | undefined }
  | { name: 'pause'; upgradeId: string }
  | { name: 'resume'; upgradeId: string }
  | { name: 'finish'; upgradeId: string }
  | { name: 'verify'; upgradeId: string }
  | { name: 'repair'; upgradeId: string }
  /** Without a mode the person is told what each costs. */
  | { name: 'rollback'; upgradeId: string; mode: RollbackMode | undefined };

interface Pair {
  source: string;
  target: string;
  switch: Switch;
}

export type Parsed = { ok: true; command: CommandLine } | { ok: false; message: string };

type Name = CommandLine['name'];

/** The right form of each subcommand, as it is typed after the command. */
export const USAGE: Record<Name, string> = {
  help: 'help',
  list: 'list',
  plan: 'plan SOURCE TARGET [--switch address|code]',
  start: 'start SOURCE TARGET [--switch address|code]',
  status: 'status [UPGRADE]',
  abort: 'abort UPGRADE [REASON]',
  pause: 'pause UPGRADE',
  resume: 'resume UPGRADE',
  finish: 'finish UPGRADE',
  verify: 'verify UPGRADE',
  repair: 'repair UPGRADE',
  rollback: 'rollback UPGRADE [--fast|--lossless]',
};

const NAMES = Object.keys(USAGE) as Name[];
/** What people say for it elsewhere; answered with a question, never obeyed. */
const SYNONYMS = new Map<string, Name>([
  ['cancel', 'abort'],
  ['stop', 'abort'],
  ['begin', 'start'],
  ['upgrade', 'start'],
  ['ls', 'list'],
  ['undo', 'rollback'],
  ['continue', 'resume'],
  ['compare', 'verify'],
  ['fix', 'repair'],
]);
const EXAMPLE_INSTANCE = 'crs-1a2b3c4d';
const EXAMPLE_UPGRADE = 'up-1a2b3c4d';
const maxCommandChars = 2_000;
const maxQuotedChars = 60;
const maxReasonChars = 500;

const INSTANCE_ID = /^[a-z][a-z0-9]*-[a-z0-9][a-z0-9-]{0,62}$/u;
const UPGRADE_ID = /^up-[a-z0-9]{8}$/u;
const EDGE_QUOTES = /^[\u2018\u2019\u201C\u201D"'`]+|[\u2018\u2019\u201C\u201D"'`]+$/gu;
/** Mentions, channels and links as Slack encodes them with `should_escape`. */
const TOKEN = /^<[@#!][^>]*>$/u;

/**
 * Reads the text of the command. Forgives what phones and people do: curly quotes, a dash for `--`, capital letters, extra
 * blanks, back-ticks, a leading mention of the bot. Answers anything else with the right form, in plain text.
 */
export function parseCommandLine(text: string): Parsed {
  if (text.length > maxCommandChars) return wrong(`That is longer than ${maxCommandChars} characters.`);
  const words = splitWords(text);
  const typed = words.shift()?.toLowerCase();
  if (typed === undefined) return understood({ name: 'help' });
  const name = NAMES.find((candidate) => candidate === typed);
  if (name === undefined) return unknownName(typed);
  return READERS[name](words);
}

function splitWords(text: string): string[] {
  const words = text
    .split(/\s+/u)
    .map((word) => word.replace(EDGE_QUOTES, ''))
    .filter((word) => word !== '')
    // A phone turns `--` into one long dash.
    .map((word) => word.replace(/^(?:[\u2012-\u2015\u2212]|-)+(?=[a-z])/iu, '--'));
  while (words[0] !== undefined && /^<@[^>]*>$/u.test(words[0])) words.shift();
  return words;
}

function unknownName(typed: string): Parsed {
  const guess = SYNONYMS.get(typed) ?? closest(typed, NAMES);
  const hint = guess === undefined ? '' : ` Did you mean "${COMMAND} ${USAGE[guess]}"?`;
  return wrong(`There is no "${quoted(typed)}".${hint} "${COMMAND} help" lists everything I can do.`);
}

const READERS: Record<Name, (words: string[]) => Parsed> = {
  help: () => understood({ name: 'help' }),
  list: (words) => (words.length === 0 ? understood({ name: 'list' }) : tooMuch('list', words)),
  plan: (words) => readPair('plan', words),
  start: (words) => readPair('start', words),
  status: readStatus,
  abort: readAbort,
  pause: (words) => readUpgrade('pause', words),
  resume: (words) => readUpgrade('resume', words),
  finish: (words) => readUpgrade('finish', words),
  verify: (words) => readUpgrade('verify', words),
  repair: (words) => readUpgrade('repair', words),
  rollback: readRollback,
};

function readPair(name: 'plan' | 'start', words: string[]): Parsed {
  const switched = takeSwitch(words);
  if (!switched.ok) return wrong(`${switched.message} ${formOf(name)}`);
  const [source, target, ...rest] = switched.words.map((word) => word.toLowerCase());
  if (source === undefined || target === undefined) {
    const missing = source === undefined ? 'a source and a target' : 'a target';
    return wrong(`"${name}" needs ${missing}. ${formOf(name)}`);
  }
  const odd = [source, target].find((id) => !INSTANCE_ID.test(id));
  if (odd !== undefined) return wrong(`${notAnId(odd, 'an instance', EXAMPLE_INSTANCE)} ${formOf(name)}`);
  if (rest.length > 0) return tooMuch(name, rest);
  return understood({ name, source, target, switch: switched.value });
}

type TakenSwitch = { ok: true; value: Switch; words: string[] } | { ok: false; message: string };

function takeSwitch(words: string[]): TakenSwitch {
  const rest: string[] = [];
  let value: Switch = 'address';
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('--')) {
      rest.push(word);
      continue;
    }
    const [flag = '', attached] = word.toLowerCase().split('=', 2);
    if (flag !== '--switch') return { ok: false, message: `There is no option "${quoted(word)}".` };
    const chosen = attached ?? words[index + 1]?.toLowerCase();
    if (attached === undefined) index += 1;
    if (chosen !== 'address' && chosen !== 'code') {
      return { ok: false, message: '"--switch" is followed by "address" or by "code".' };
    }
    value = chosen;
  }
  return { ok: true, value, words: rest };
}

function readStatus(words: string[]): Parsed {
  if (words.length === 0) return understood({ name: 'status', upgradeId: undefined });
  const id = upgradeId('status', words);
  return id.ok ? understood({ name: 'status', upgradeId: id.value }) : wrong(id.message);
}

const MODES: Partial<Record<string, RollbackMode>> = { '--fast': 'fast', '--lossless': 'lossless' };

function readRollback(words: string[]): Parsed {
  const modes = new Set(words.flatMap((word) => MODES[word.toLowerCase()] ?? []));
  if (modes.size > 1) return wrong(`"--fast" or "--lossless", not both. ${formOf('rollback')}`);
  const rest = words.filter((word) => MODES[word.toLowerCase()] === undefined);
  const option = rest.find((word) => word.startsWith('--'));
  if (option !== undefined) return wrong(`There is no option "${quoted(option)}". ${formOf('rollback')}`);
  const id = upgradeId('rollback', rest);
  const [mode] = modes;
  return id.ok ? understood({ name: 'rollback', upgradeId: id.value, mode }) : wrong(id.message);
}

function readUpgrade(name: 'pause' | 'resume' | 'finish' | 'verify' | 'repair', words: string[]): Parsed {
  const id = upgradeId(name, words);
  return id.ok ? understood({ name, upgradeId: id.value }) : wrong(id.message);
}

function readAbort(words: string[]): Parsed {
  const id = upgradeId('abort', words.slice(0, 1));
  if (!id.ok) return wrong(id.message);
  const reason = unescapeMarkup(words.slice(1).join(' '));
  if (reason.length > maxReasonChars)
    return wrong(`A reason has at most ${maxReasonChars} characters; yours has ${reason.length}.`);
  return understood({ name: 'abort', upgradeId: id.value, reason: reason === '' ? undefined : reason });
}

function upgradeId(
  name: Name,
  words: string[],
): { ok: true; value: string } | { ok: false; message: string } {
  const [typed, ...rest] = words;
  const id = typed?.toLowerCase();
  if (id === undefined) {
    const message = `"${name}" needs the id of an upgrade. ${formOf(name)} "${COMMAND} status" shows the ids.`;
    return { ok: false, message };
  }
  if (!UPGRADE_ID.test(id))
    return { ok: false, message: `${notAnId(id, 'an upgrade', EXAMPLE_UPGRADE)} ${formOf(name)}` };
  if (rest.length > 0) return { ok: false, message: surplus(name, rest) };
  return { ok: true, value: id };
}

/** Slack escapes these three in what a person typed; the reason is kept as it was meant. */
function unescapeMarkup(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function notAnId(typed: string, kind: string, example: string): string {
  if (TOKEN.test(typed)) return `A mention is not the id of ${kind}; an id looks like ${example}.`;
  return `"${quoted(typed)}" is not the id of ${kind}; one looks like ${example}.`;
}

function surplus(name: Name, words: string[]): string {
  return `I do not know what to do with "${quoted(words.join(' '))}". ${formOf(name)}`;
}

function tooMuch(name: Name, words: string[]): Parsed {
  return wrong(surplus(name, words));
}

function formOf(name: Name): string {
  return `The form is: ${COMMAND} ${USAGE[name]}`;
}

function quoted(text: string): string {
  return text.length <= maxQuotedChars ? text : `${text.slice(0, maxQuotedChars)}…`;
}

function understood(command: CommandLine): Parsed {
  return { ok: true, command };
}

function wrong(message: string): Parsed {
  return { ok: false, message };
}
