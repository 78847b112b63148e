/** One option of `compare`: how its value is called, and what it does, as the help says it. */
export interface OptionHelp {
  /** Without one it is a switch. */
  readonly value?: string;
  readonly what: string;
  readonly group: 'looking' | 'going on' | 'output' | 'repair' | 'passwords';
}

/** Every option, in the order of the help. */
export const COMPARE_OPTIONS = {
  gentle: {
    group: 'looking',
    what: 'spare the servers and their other clients; brakes when the source slows (default)',
  },
  fast: {
    group: 'looking',
    what: 'as fast as both servers answer, without a brake: where nobody is to be spared',
  },
  rate: { group: 'looking', value: 'KEYS', what: 'no more than so many keys a second, such as 20000 or 20k' },
  'rate-bytes': {
    group: 'looking',
    value: 'BYTES',
    what: 'no more than so many bytes a second from both together, such as 20M',
  },
  sample: { group: 'looking', value: 'SHARE', what: 'look at a random share of the keys only, such as 1%' },
  rounds: { group: 'looking', value: 'N', what: 'a difference counts when it is seen in N rounds (3)' },
  'round-delay': {
    group: 'looking',
    value: 'TIME',
    what: 'between two rounds; longer than a copy between the two lags behind (1s)',
  },
  'ttl-tolerance': { group: 'looking', value: 'TIME', what: 'expiries so far apart count as equal (2s)' },
  'max-differences': {
    group: 'looking',
    value: 'N',
    what: 'stop after about so many differing keys (1000000)',
  },
  resume: { group: 'going on', what: 'go on where an interrupted comparison of the two stopped' },
  state: {
    group: 'going on',
    value: 'FILE',
    what: 'where to keep how far it is (in this folder, named after the two)',
  },
  report: { group: 'output', value: 'FILE', what: 'write every difference to FILE, a JSON object a line' },
  values: { group: 'output', what: 'with --report: also what either side holds there, which may be secret' },
  json: { group: 'output', what: 'one JSON object on standard output and nothing else' },
  'repair-from': {
    group: 'repair',
    value: 'SIDE',
    what: 'source or target: afterwards make the other side equal to it',
  },
  'dry-run': { group: 'repair', what: 'with --repair-from: change nothing, list what would be done' },
  yes: { group: 'repair', what: 'with --repair-from: do not ask before changing anything' },
  credentials: {
    group: 'passwords',
    value: 'FILE',
    what: 'passwords as JSON: { "source": { "password": "…" }, "target": { "password": "…" } }',
  },
} as const satisfies Record<string, OptionHelp>;

export type OptionName = keyof typeof COMPARE_OPTIONS;
export const OPTION_NAMES = Object.keys(COMPARE_OPTIONS) as OptionName[];

/** The form of the command. */
const COMPARE_FORM = 'compare SOURCE TARGET [OPTION…]';
/** What it does, in one line. */
export const COMPARE_WHAT = 'compares all data of two Redis servers, value by value';

const GROUPS: readonly (readonly [OptionHelp['group'], string])[] = [
  ['looking', 'How it looks'],
  ['going on', 'Going on after an interruption'],
  ['output', 'What it leaves'],
  ['repair', 'Making them equal'],
  ['passwords', 'Passwords'],
];

/** The whole help of the command. */
export function compareHelp(program: string): string {
  const width = Math.max(...OPTION_NAMES.map((name) => formOf(name).length));
  const groups = GROUPS.flatMap(([group, title]) => [
    `${title}:`,
    ...OPTION_NAMES.filter((name) => COMPARE_OPTIONS[name].group === group).map(
      (name) => `  ${formOf(name).padEnd(width)}  ${COMPARE_OPTIONS[name].what}`,
    ),
    '',
  ]);
  return `${[
    `usage: ${program} ${COMPARE_FORM}`,
    '',
    `${COMPARE_WHAT[0]?.toUpperCase()}${COMPARE_WHAT.slice(1)}: all databases, all types, expiry, and keys that only one of them has.`,
    'It only reads, unless --repair-from is given. SOURCE and TARGET are redis://[user][:password]@host:port.',
    '',
    ...groups,
    'A password in a URL can be seen by other users of this machine and stays in the history of the shell; --credentials keeps it out of both.',
    '',
    'Exit codes: 0 equal, 1 different, 2 could not tell (or wrong use).',
    'Ctrl-C stops and keeps how far it is; the same command with --resume goes on from there.',
  ].join('\n')}\n`;
}

function formOf(name: OptionName): string {
  const { value }: OptionHelp = COMPARE_OPTIONS[name];
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
