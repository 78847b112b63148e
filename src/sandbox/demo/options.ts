import { parseArgs } from 'node:util';
import type { Pair } from '../world/landscape.ts';

export interface DemoOptions extends Pair {
  keys: number;
  json: boolean;
  /** Instances of 2.8 refuse the read-only switch. */
  refuseReadOnly: boolean;
}

export interface SandboxOptions extends Pair {
  keys: number;
  /** Of the page; 0: any free one. */
  port: number;
  /** Instances of 2.8 refuse the read-only switch. */
  refuseReadOnly: boolean;
}

export const demoUsage =
  'usage: npm run demo -- [--from 2.8|4.0] [--to standard|cluster] [--keys N] [--refuse-read-only] [--json]';
export const sandboxUsage =
  'usage: npm run sandbox -- [--from 2.8|4.0] [--to standard|cluster] [--keys N] [--refuse-read-only] [--port N]';

const defaultKeys = 20_000;
const maxKeys = 1_000_000;
const defaultPagePort = 8_080;

/** The options, or why they are wrong in words. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | string {
  const values = parse(args, { ...common, json: { type: 'boolean' } });
  if (typeof values === 'string') return values;
  const pair = pairOf(values);
  if (typeof pair === 'string') return pair;
  const keys = numberOf('--keys', values['keys'], { fallback: defaultKeys, least: 1, most: maxKeys });
  if (typeof keys === 'string') return keys;
  return { ...pair, keys, json: values['json'] === true, refuseReadOnly: refusesReadOnly(values) };
}

/** The options, or why they are wrong in words. */
export function parseSandboxOptions(args: readonly string[]): SandboxOptions | string {
  const values = parse(args, { ...common, port: { type: 'string' } });
  if (typeof values === 'string') return values;
  const pair = pairOf(values);
  if (typeof pair === 'string') return pair;
  const keys = numberOf('--keys', values['keys'], { fallback: defaultKeys, least: 1, most: maxKeys });
  if (typeof keys === 'string') return keys;
  const port = numberOf('--port', values['port'], { fallback: defaultPagePort, least: 0, most: 65_535 });
  if (typeof port === 'string') return port;
  return { ...pair, keys, port, refuseReadOnly: refusesReadOnly(values) };
}

type Values = Record<string, unknown>;
type Known = Record<string, { type: 'string' | 'boolean' }>;

const common = {
  from: { type: 'string' },
  to: { type: 'string' },
  keys: { type: 'string' },
  'refuse-read-only': { type: 'boolean' },
} as const;

function parse(args: readonly string[], options: Known): Values | string {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node explains at length how to pass a positional argument; the first sentence is enough.
    return error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
  }
}

function refusesReadOnly(values: Values): boolean {
  return values['refuse-read-only'] === true;
}

function pairOf({ from = '2.8', to = 'standard' }: Values): Pair | string {
  if (from !== '2.8' && from !== '4.0') return `--from must be 2.8 or 4.0, not ${from}`;
  if (to !== 'standard' && to !== 'cluster') return `--to must be standard or cluster, not ${to}`;
  if (from === '4.0' && to === 'standard') {
    return 'a 4.0 standard instance is no upgrade of a 4.0 standard instance: use --to cluster';
  }
  return { from, to };
}

function numberOf(
  name: string,
  value: unknown,
  limits: { fallback: number; least: number; most: number },
): number | string {
  if (value === undefined) return limits.fallback;
  const wanted = `${name} must be a whole number from ${limits.least} to ${limits.most}, not ${value}`;
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value)) return wanted;
  const number = Number(value);
  return number < limits.least || number > limits.most ? wanted : number;
}
