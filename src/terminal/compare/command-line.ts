import { parseArgs } from 'node:util';
import { type Address, readAddress, type SideName } from './address.ts';
import { type Amount, readBytes, readCount, readDuration, readShare } from './amounts.ts';
import { COMPARE_OPTIONS, OPTION_NAMES, type OptionHelp, type OptionName } from './options.ts';

/** What a person asked for, checked. */
export interface CompareRequest {
  readonly addresses: Readonly<Record<SideName, Address>>;
  readonly credentials: string | undefined;
  readonly fast: boolean;
  readonly keysPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly sampleShare: number | undefined;
  readonly rounds: number | undefined;
  readonly roundDelayMs: number | undefined;
  readonly ttlToleranceMs: number | undefined;
  readonly maxDifferences: number;
  readonly resume: boolean;
  readonly state: string | undefined;
  readonly report: string | undefined;
  /** The report says what either side holds. */
  readonly values: boolean;
  readonly json: boolean;
  readonly repair: RepairRequest | undefined;
  /** Options to be typed again when it is gone on with or done anew: without those that belong to this run only. */
  readonly again: readonly { readonly name: OptionName; readonly words: readonly string[] }[];
}

export interface RepairRequest {
  /** The side whose data is right. */
  readonly from: SideName;
  readonly dryRun: boolean;
  /** Not to be asked. */
  readonly yes: boolean;
}

export type TypedCompare =
  | { readonly kind: 'help' }
  | { readonly kind: 'compare'; readonly request: CompareRequest }
  | { readonly kind: 'problems'; readonly problems: readonly string[]; readonly json: boolean };

/** More differing keys than these are no list that anybody reads; the comparison ends early. */
const DEFAULT_MAX_DIFFERENCES = 1_000_000;
const MAX_ROUNDS = 10;
const MAX_QUOTED_CHARS = 40;

/** Reads the words after `compare`. Everything that is wrong with them is said at once; URLs are never repeated. */
export function readCompareCommand(args: readonly string[]): TypedCompare {
  if (args.some((arg) => arg === '--help' || arg === '-h')) return { kind: 'help' };
  const problems: string[] = [];
  const { words, given } = split(args, problems);
  const addresses = readAddresses(words, problems);
  const reader = new Reader(given, problems);
  const request = {
    credentials: given.get('credentials'),
    fast: given.has('fast'),
    keysPerSecond: reader.amount('rate', readCount),
    bytesPerSecond: reader.amount('rate-bytes', readBytes),
    sampleShare: reader.amount('sample', readShare),
    rounds: reader.amount('rounds', readRounds),
    roundDelayMs: reader.amount('round-delay', readDuration),
    ttlToleranceMs: reader.amount('ttl-tolerance', readDuration),
    maxDifferences: reader.amount('max-differences', readCount) ?? DEFAULT_MAX_DIFFERENCES,
    resume: given.has('resume'),
    state: given.get('state'),
    report: given.get('report'),
    values: given.has('values'),
    json: given.has('json'),
    repair: readRepair(given, problems),
    again: typedAgain(given),
  };
  if (given.has('fast') && given.has('gentle')) problems.push('--fast and --gentle exclude each other.');
  if (request.values && request.report === undefined)
    problems.push('--values goes with --report FILE: values are written there and nowhere else.');
  if (request.sampleShare !== undefined && request.repair !== undefined)
    problems.push('--sample and --repair-from exclude each other: a repair has to look at every key.');
  return problems.length > 0 || addresses === undefined
    ? { kind: 'problems', problems, json: request.json }
    : { kind: 'compare', request: { addresses, ...request } };
}

interface Split {
  readonly words: string[];
  readonly given: Map<OptionName, string>;
}

function split(args: readonly string[], problems: string[]): Split {
  const words: string[] = [];
  const given = new Map<OptionName, string>();
  const types = OPTION_NAMES.map((name) => [name, { type: isSwitch(name) ? 'boolean' : 'string' }] as const);
  const options: Record<string, { type: 'boolean' | 'string' }> = Object.fromEntries(types);
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const name = OPTION_NAMES.find((one) => one === token.name && token.rawName.startsWith('--'));
    if (name === undefined) problems.push(`"compare" has no ${quoted(token.rawName)}; see compare --help.`);
    else take(given, { name, value: token.value, inline: token.inlineValue === true }, problems);
  }
  return { words, given };
}

function take(
  given: Map<OptionName, string>,
  typed: { name: OptionName; value: string | undefined; inline: boolean },
  problems: string[],
): void {
  const { name, value, inline } = typed;
  const { value: called }: OptionHelp = COMPARE_OPTIONS[name];
  if (given.has(name)) problems.push(`--${name} is given twice.`);
  if (called === undefined && value !== undefined) problems.push(`--${name} takes no value.`);
  const isMissing = value === undefined || value === '' || (!inline && value.startsWith('--'));
  if (called !== undefined && isMissing) problems.push(`--${name} needs a value: --${name} ${called}.`);
  given.set(name, value ?? '');
}

function isSwitch(name: OptionName): boolean {
  const { value }: OptionHelp = COMPARE_OPTIONS[name];
  return value === undefined;
}

const ONLY_THIS_RUN: ReadonlySet<OptionName> = new Set(['resume', 'repair-from', 'dry-run', 'yes', 'json']);

function typedAgain(given: Map<OptionName, string>): CompareRequest['again'] {
  return [...given]
    .filter(([name]) => !ONLY_THIS_RUN.has(name))
    .map(([name, value]) => ({ name, words: isSwitch(name) ? [`--${name}`] : [`--${name}`, value] }));
}

/** Reads values of options; leaves out those about which something was said already. */
class Reader {
  readonly #given: Map<OptionName, string>;
  readonly #problems: string[];

  constructor(given: Map<OptionName, string>, problems: string[]) {
    this.#given = given;
    this.#problems = problems;
  }

  amount(name: OptionName, read: (text: string) => Amount): number | undefined {
    const text = this.#given.get(name);
    if (text === undefined || text === '' || text.startsWith('--')) return undefined;
    const amount = read(text);
    if (amount.ok) return amount.value;
    this.#problems.push(`--${name} ${quoted(text)} ${amount.problem}.`);
    return undefined;
  }
}

function readRounds(text: string): Amount {
  const rounds = /^\d{1,2}$/u.test(text) ? Number(text) : 0;
  return rounds >= 1 && rounds <= MAX_ROUNDS
    ? { ok: true, value: rounds }
    : { ok: false, problem: `is not a number of rounds, 1 to ${MAX_ROUNDS}` };
}

function readRepair(given: Map<OptionName, string>, problems: string[]): RepairRequest | undefined {
  const from = given.get('repair-from');
  const [dryRun, yes] = [given.has('dry-run'), given.has('yes')];
  if (from === undefined) {
    for (const name of ['dry-run', 'yes'] as const)
      if (given.has(name)) problems.push(`--${name} goes with --repair-from source or --repair-from target.`);
    return undefined;
  }
  if (from === 'source' || from === 'target') return { from, dryRun, yes };
  if (from !== '' && !from.startsWith('--'))
    problems.push(`--repair-from is source or target: the side whose data is right; not ${quoted(from)}.`);
  return undefined;
}

function readAddresses(
  words: readonly string[],
  problems: string[],
): CompareRequest['addresses'] | undefined {
  const [first, second, ...more] = words;
  if (first === undefined || second === undefined) {
    problems.push('"compare" needs two servers: compare redis://host:port redis://host:port.');
    return undefined;
  }
  // Not repeated: what is too much may be a part of a password.
  if (more.length > 0)
    problems.push(
      `"compare" takes two servers; there ${more.length === 1 ? 'is 1 word' : `are ${more.length} words`} too many.`,
    );
  const [source, target] = [readAddress('source', first), readAddress('target', second)];
  for (const read of [source, target]) if (typeof read === 'string') problems.push(read);
  return typeof source === 'string' || typeof target === 'string' ? undefined : { source, target };
}

function quoted(text: string): string {
  return `"${text.length <= MAX_QUOTED_CHARS ? text : `${text.slice(0, MAX_QUOTED_CHARS)}…`}"`;
}
