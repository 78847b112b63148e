import { type BenchServer, copyByReplication, startServer } from '../compare/servers.ts';
import { type Seen, watchLatency } from './latency.ts';
import { type Measured, startWorker } from './worker-process.ts';

const ELEMENTS = 5_000_000;
const STRING_BYTES = 512 * 1024 * 1024;
/** A process that compares or repairs must stay below this whatever the values are. */
const MAX_RSS_MB = 128;
const IDLE_MS = 2_000;

/** One huge value: a script that adds the next part of it, one that spoils a bit of the middle, and how its pages are read. */
interface Huge {
  readonly name: string;
  readonly fill: string;
  readonly spoil: readonly string[];
  readonly kind: string;
  /** The only commands that may have read it. */
  readonly readBy: readonly string[];
}

const CHUNK = 20_000;
/** Adds CHUNK elements from ARGV[1] on; `unpack` takes a few thousand at a time. */
const adding = (command: string, element: string): string => `
  local from = tonumber(ARGV[1])
  for at = from, from + ${CHUNK - 1}, 1000 do
    local list = {}
    for n = at, at + 999 do ${element} end
    redis.call('${command}', 'huge', unpack(list))
  end`;

const COLLECTIONS: readonly Huge[] = [
  {
    name: 'list',
    fill: adding('RPUSH', `list[#list + 1] = 'element:' .. n`),
    spoil: ['LSET', 'huge', '2600000', 'other'],
    kind: 'value',
    readBy: ['lrange', 'llen'],
  },
  {
    name: 'set',
    fill: adding('SADD', `list[#list + 1] = 'member:' .. n`),
    spoil: ['SREM', 'huge', 'member:2600000'],
    kind: 'element_missing',
    readBy: ['sscan', 'scard', 'sismember'],
  },
  {
    name: 'hash',
    fill: adding('HMSET', `list[#list + 1] = 'field:' .. n list[#list + 1] = 'value:' .. n`),
    spoil: ['HSET', 'huge', 'field:2600000', 'other'],
    kind: 'value',
    readBy: ['hscan', 'hlen', 'hexists'],
  },
  {
    name: 'sorted set',
    fill: adding('ZADD', `list[#list + 1] = n list[#list + 1] = 'member:' .. n`),
    spoil: ['ZADD', 'huge', '2600000.5', 'member:2600000'],
    kind: 'score',
    readBy: ['zscan', 'zrange', 'zcard', 'zscore'],
  },
];
const HUGE_STRING: Huge = {
  name: '512 MB string',
  fill: `redis.call('APPEND', 'huge', string.rep('abcdefghijklmnop', 65536))`,
  spoil: ['SETRANGE', 'huge', '300000000', 'other'],
  kind: 'value',
  readBy: ['getrange', 'strlen'],
};
/** GETRANGE is also how a value is asked for that is a string on the target only. */
const ALWAYS_ASKED = ['ping', 'info', 'select', 'scan', 'type', 'pttl', 'exists', 'time', 'xlen', 'getrange'];

/** Compares, repairs a bit of, and copies whole the largest values there can be, and says in a table what that cost whom. */
export async function proveBigValues(program: string): Promise<boolean> {
  const rows: Row[] = [];
  for (const huge of [HUGE_STRING, ...COLLECTIONS]) {
    const some = await proveOne(program, huge);
    console.table(some);
    rows.push(...some);
  }
  console.log(`values of ${ELEMENTS} elements and of ${STRING_BYTES / 2 ** 20} MB, alone in a server`);
  const isProven = rows.every((row) => row['as promised'] === 'yes');
  console.log(isProven ? `proven, in less than ${MAX_RSS_MB} MB` : 'NOT PROVEN');
  return isProven;
}

type Row = Record<string, string | number>;

interface Stage {
  readonly program: string;
  readonly huge: Huge;
  readonly source: BenchServer;
  readonly target: BenchServer;
}

async function proveOne(program: string, huge: Huge): Promise<Row[]> {
  const source = await startServer('redis-server', ['--repl-diskless-sync-delay', '0']);
  const target = await startServer('redis-server');
  try {
    await fill(source, huge);
    await copyByReplication(source, target);
    const stage = { program, huge, source, target };
    const idle = [watchLatency(source.endpoint), watchLatency(target.endpoint)];
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const [onSource, onTarget] = await Promise.all(idle.map((one) => one.stop()));
    const rows: Row[] = [{ value: huge.name, work: 'nothing', ...latencies(onSource, onTarget) }];
    rows[0] = { ...rows[0], 'as promised': 'yes' };
    const compare = { work: 'compare' } as const;
    const repair = { work: 'repair', from: 'source' } as const;
    rows.push(await perform(stage, { name: 'compare, equal', task: compare, expected: { equal: true } }));
    await target.client.command(...huge.spoil);
    const found = { differences: 1, kind: huge.kind };
    rows.push(await perform(stage, { name: 'compare, one element off', task: compare, expected: found }));
    const repaired = { equal: true, keysRepaired: 1 };
    rows.push(await perform(stage, { name: 'repair, one element off', task: repair, expected: repaired }));
    await target.client.command('UNLINK', 'huge');
    rows.push(await perform(stage, { name: 'repair, missing', task: repair, expected: repaired }));
    await target.client.command('UNLINK', 'huge');
    await target.client.command('SET', 'huge', 'x');
    rows.push(await perform(stage, { name: 'repair, other type', task: repair, expected: repaired }));
    rows.push(await perform(stage, { name: 'compare, equal', task: compare, expected: { equal: true } }));
    return rows;
  } finally {
    await source.stop();
    await target.stop();
  }
}

async function fill({ client }: BenchServer, huge: Huge): Promise<void> {
  const isString = huge === HUGE_STRING;
  const calls = isString ? STRING_BYTES / 2 ** 20 : ELEMENTS / CHUNK;
  for (let call = 0; call < calls; call += 1)
    await client.command('EVAL', huge.fill, '1', 'huge', String(call * CHUNK));
}

interface Job {
  readonly name: string;
  readonly task: { readonly work: 'compare' } | { readonly work: 'repair'; readonly from: 'source' };
  readonly expected: Readonly<Record<string, unknown>>;
}

async function perform(stage: Stage, job: Job): Promise<Row> {
  const { source, target, huge, program } = stage;
  await source.client.command('CONFIG', 'RESETSTAT');
  const watches = [watchLatency(source.endpoint), watchLatency(target.endpoint)];
  const sides = { source: source.endpoint, target: target.endpoint, sliceMs: 1_000, options: {} };
  const measured = await startWorker(program, { ...job.task, ...sides }).done;
  const [onSource, onTarget] = await Promise.all(watches.map((one) => one.stop()));
  if (measured === undefined) throw new Error('a worker ended without a word');
  const strange = await strangeCommands(source, huge);
  const isRight = matches(measured, job.expected) && strange.length === 0;
  return {
    value: huge.name,
    work: job.name,
    'RSS MB': Math.round(measured.peakRssMb),
    seconds: Number(measured.seconds.toFixed(1)),
    'own CPU s': Number(measured.cpuSeconds.toFixed(1)),
    ...latencies(onSource, onTarget),
    'as promised': isRight && measured.peakRssMb < MAX_RSS_MB ? 'yes' : `NO ${strange.join(' ')}`,
  };
}

function latencies(source: Seen | undefined, target: Seen | undefined): Row {
  const shown = (seen: Seen | undefined) =>
    `${(seen?.p99Ms ?? 0).toFixed(1)} / ${(seen?.maxMs ?? 0).toFixed(0)}`;
  return { 'source p99 / max ms': shown(source), 'target p99 / max ms': shown(target) };
}

/** Commands that reached the source and are no pages of this kind of value. */
async function strangeCommands(source: BenchServer, huge: Huge): Promise<string[]> {
  const stats = String(await source.client.command('INFO', 'commandstats'));
  const used = [...stats.matchAll(/^cmdstat_([^:|]+)/gm)].map((match) => match[1] ?? '');
  const known = new Set(['config', ...ALWAYS_ASKED, ...huge.readBy]);
  return [...new Set(used)].filter((name) => !known.has(name));
}

function matches(measured: Measured, expected: Readonly<Record<string, unknown>>): boolean {
  const { kind, ...rest } = expected;
  const { examples } = measured.result as { examples?: { kind: string }[] };
  if (kind !== undefined && examples?.[0]?.kind !== kind) return false;
  return Object.entries(rest).every(([name, value]) => measured.result[name] === value);
}
