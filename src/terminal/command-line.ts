import type { RollbackMode } from '../upgrade/plan.ts';

/** The forms of the terminal's commands, and what they do, one line each. */
export const FORMS = {
  list: { form: 'list', what: 'the instances, and what each can be upgraded to' },
  status: {
    form: 'status [UPGRADE]',
    what: 'how one upgrade, or each recent one, stands and what to type next',
  },
  journal: { form: 'journal UPGRADE', what: 'everything that happened to an upgrade, oldest first' },
  approve: {
    form: 'approve UPGRADE --as WHO [--confirm SOURCE]',
    what: 'shows what is asked, then approves it',
  },
  reject: { form: 'reject UPGRADE [REASON] --as WHO', what: 'rejects it' },
  abort: {
    form: 'abort UPGRADE [REASON] --as WHO',
    what: 'undoes the upgrade, until the address is handed over',
  },
  rollback: {
    form: 'rollback UPGRADE [--fast|--lossless] --as WHO',
    what: 'asks for the way back after the hand-over; without a flag lossless',
  },
  pause: { form: 'pause UPGRADE --as WHO', what: 'stops before the next step, until the cutover begins' },
  resume: { form: 'resume UPGRADE --as WHO', what: 'goes on after a pause, or tries again after a repair' },
  finish: { form: 'finish UPGRADE --as WHO', what: 'ends the watch after the cutover early' },
  verify: { form: 'verify UPGRADE --as WHO', what: 'compares all data again before the cutover' },
  repair: {
    form: 'repair UPGRADE --as WHO',
    what: 'asks for the target to be made equal to the source before the cutover',
  },
  work: {
    form: 'work --until-ended UPGRADE',
    what: 'performs the steps in this terminal, when no bot is left to do it',
  },
} as const;

export type CommandName = keyof typeof FORMS;
export const COMMAND_NAMES = Object.keys(FORMS) as CommandName[];

type Reading = 'list' | 'status' | 'journal';
/** What a person decides; the journal names them. */
type Deciding = Exclude<CommandName, Reading | 'work'>;

export interface DecidingCommand {
  name: Deciding;
  upgradeId: string;
  /** Slack user id. */
  as: string;
  /** Empty when none was given. */
  reason: string;
  confirm: string | undefined;
  /** Of a rollback: `fast` loses what was written since the cutover. */
  mode: RollbackMode;
  json: boolean;
}

/** What a person typed, understood. */
export type TypedCommand =
  | { name: 'help'; about: CommandName }
  | { name: 'list'; json: boolean }
  | { name: 'status'; upgradeId: string | undefined; json: boolean }
  | { name: 'journal'; upgradeId: string; json: boolean }
  | { name: 'work'; upgradeId: string }
  | DecidingCommand;

type Parsed = { ok: true; command: TypedCommand } | { ok: false; problems: string[] };

/** Flags, and what their value is called; a flag without one is a switch. */
const FLAGS = {
  as: 'WHO',
  confirm: 'SOURCE',
  'until-ended': 'UPGRADE',
  fast: undefined,
  lossless: undefined,
  json: undefined,
} as const;
type Flag = keyof typeof FLAGS;

const UPGRADE_ID = /^up-[a-z0-9]{8}$/u;
const INSTANCE_ID = /^[a-z][a-z0-9]*-[a-z0-9][a-z0-9-]{0,62}$/u;
const USER_ID = /^[UW][A-Z0-9]{2,30}$/u;
const MAX_REASON_CHARS = 500;
const MAX_QUOTED_CHARS = 60;

/** Reads the words after a command's name. Everything that is wrong with them is said at once. */
export function parseCommand(name: CommandName, args: readonly string[]): Parsed {
  if (args.includes('--help') || args.includes('-h'))
    return { ok: true, command: { name: 'help', about: name } };
  const problems: string[] = [];
  const { flags, words } = splitArgs(name, args, problems);
  const command = understand(name, { flags, words }, problems);
  return problems.length > 0 || command === undefined ? { ok: false, problems } : { ok: true, command };
}

interface Split {
  flags: Map<Flag, string>;
  words: string[];
}

/** `--flag value`, `--flag=value` and words in any order; after a bare `--` everything is a word. */
function splitArgs(name: CommandName, args: readonly string[], problems: string[]): Split {
  const split: Split = { flags: new Map(), words: [] };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      split.words.push(...rest);
      break;
    }
    if (!/^--?[a-z]/iu.test(arg)) split.words.push(arg);
    else takeFlag({ name, arg, rest, flags: split.flags }, problems);
  }
  return split;
}

interface Taking {
  name: CommandName;
  /** As it was typed, perhaps with `=value`. */
  arg: string;
  /** What follows it. */
  rest: string[];
  flags: Map<Flag, string>;
}

function takeFlag({ name, arg, rest, flags }: Taking, problems: string[]): void {
  const [typed = '', ...values] = arg.split('=');
  const joined = values.length === 0 ? undefined : values.join('=');
  const known = allowedFlags(name);
  const flag = known.find((one) => `--${one}` === typed);
  if (flag === undefined) {
    // Of another command: its value is none of this one's words.
    if (joined === undefined && takesValue(typed)) rest.shift();
    problems.push(
      `"${name}" has no ${quoted(typed)}; it knows ${known.map((one) => `--${one}`).join(', ')}.`,
    );
    return;
  }
  if (flags.has(flag)) problems.push(`--${flag} is given twice.`);
  const called = FLAGS[flag];
  const follows = rest[0] !== undefined && !rest[0].startsWith('--');
  const value = joined ?? (called !== undefined && follows ? rest.shift() : undefined);
  if (called === undefined && value !== undefined) problems.push(`--${flag} takes no value.`);
  if (called !== undefined && !value) problems.push(`--${flag} needs a value: --${flag} ${called}.`);
  flags.set(flag, value ?? '');
}

function takesValue(typed: string): boolean {
  return Object.entries(FLAGS).some(([flag, called]) => `--${flag}` === typed && called !== undefined);
}

function allowedFlags(name: CommandName): Flag[] {
  const said = (Object.keys(FLAGS) as Flag[]).filter((flag) => FORMS[name].form.includes(`--${flag}`));
  return name === 'work' ? said : [...said, 'json'];
}

function understand(name: CommandName, split: Split, problems: string[]): TypedCommand | undefined {
  const json = split.flags.has('json');
  if (name === 'work') return readWork(split, problems);
  const [typed, ...more] = split.words;
  if (name === 'list') {
    refuseWords(name, split.words, problems);
    return { name, json };
  }
  if (name === 'status' && typed === undefined) return { name, upgradeId: undefined, json };
  const upgradeId = readUpgrade(name, typed, problems);
  const takesReason = name === 'abort' || name === 'reject';
  if (!takesReason) refuseWords(name, more, problems);
  if (name === 'status' || name === 'journal') return { name, upgradeId, json };
  return {
    name,
    upgradeId,
    as: readWho(name, split.flags, problems),
    reason: takesReason ? readReason(more.join(' ').trim(), problems) : '',
    confirm: readSource(split.flags.get('confirm'), problems),
    mode: readMode(split.flags, problems),
    json,
  };
}

function readWork(split: Split, problems: string[]): TypedCommand {
  refuseWords('work', split.words, problems);
  const upgradeId = split.flags.get('until-ended');
  if (upgradeId === undefined)
    problems.push('"work" needs --until-ended UPGRADE: when this process may stop.');
  else if (upgradeId !== '') readUpgrade('work', upgradeId, problems);
  return { name: 'work', upgradeId: upgradeId ?? '' };
}

function readUpgrade(name: CommandName, typed: string | undefined, problems: string[]): string {
  const id = typed?.toLowerCase() ?? '';
  if (typed === undefined) problems.push(`"${name}" needs the id of an upgrade; "status" lists them.`);
  else if (!UPGRADE_ID.test(id))
    problems.push(`${quoted(typed)} is not the id of an upgrade; one looks like up-1a2b3c4d.`);
  return id;
}

function readWho(name: CommandName, flags: Map<Flag, string>, problems: string[]): string {
  // Slack's ids are in capitals; typed at night they may not be.
  const who = flags.get('as')?.toUpperCase();
  if (who === undefined)
    problems.push(`"${name}" needs --as WHO, the Slack user id (U…) of the person who decides.`);
  else if (who !== '' && !USER_ID.test(who))
    problems.push(
      `--as ${quoted(who)} is not a Slack user id: those begin with U or W (in Slack: profile, ⋮, Copy member ID).`,
    );
  return who ?? '';
}

/** What loses nothing unless the other is asked for by name. */
function readMode(flags: Map<Flag, string>, problems: string[]): RollbackMode {
  if (flags.has('fast') && flags.has('lossless')) problems.push('--fast and --lossless exclude each other.');
  return flags.has('fast') ? 'fast' : 'lossless';
}

function readSource(typed: string | undefined, problems: string[]): string | undefined {
  if (typed !== undefined && typed !== '' && !INSTANCE_ID.test(typed))
    problems.push(`--confirm ${quoted(typed)} is not the id of an instance; one looks like crs-1a2b3c4d.`);
  return typed;
}

function readReason(reason: string, problems: string[]): string {
  if (reason.length > MAX_REASON_CHARS)
    problems.push(`A reason has at most ${MAX_REASON_CHARS} characters; this one has ${reason.length}.`);
  return reason;
}

function refuseWords(name: CommandName, words: readonly string[], problems: string[]): void {
  if (words.length > 0) problems.push(`"${name}" does not know what to do with ${quoted(words.join(' '))}.`);
}

function quoted(text: string): string {
  return `"${text.length <= MAX_QUOTED_CHARS ? text : `${text.slice(0, MAX_QUOTED_CHARS)}…`}"`;
}
