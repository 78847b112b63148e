import { hardWrites, whileWriting } from '../../test/integration/compare/while-writing.ts';
import { fillDataSet } from '../compare/data-set.ts';
import { type BenchServer, startServer } from '../compare/servers.ts';
import { startWorker } from './worker-process.ts';

const KEYS = 20_000;
/** A hundred turns a second, each of three times ten writes. */
const TURNS_AT_ONCE = 3;
const WRITES_PER_SECOND = 2_000;
const LINK_DEADLINE_MS = 60_000;

/** A true difference, made on the replica behind its master's back; `mend` takes it back. */
interface Fault {
  readonly key: string;
  readonly kind: string;
  readonly make: string[];
  readonly mend: string[];
}

/** Faults in turn: nobody writes to these keys, so each stays. */
const FAULTS: readonly Fault[] = [
  {
    key: 'still-string',
    kind: 'value',
    make: ['SET', 'still-string', 'vAlue'],
    mend: ['SET', 'still-string', 'value'],
  },
  { key: 'only-here', kind: 'extra', make: ['SET', 'only-here', 'x'], mend: ['DEL', 'only-here'] },
  { key: 'gone', kind: 'missing', make: ['DEL', 'gone'], mend: ['SET', 'gone', 'value'] },
  {
    key: 'expiring',
    kind: 'ttl',
    make: ['PERSIST', 'expiring'],
    mend: ['PEXPIREAT', 'expiring', '4102444800000'],
  },
  {
    key: 'still-list',
    kind: 'value',
    make: ['LSET', 'still-list', '1500', 'other'],
    mend: ['LSET', 'still-list', '1500', 'element-1500'],
  },
  {
    key: 'big-set',
    kind: 'element_missing',
    make: ['SREM', 'big-set', 'member-2999'],
    mend: ['SADD', 'big-set', 'member-2999'],
  },
  {
    key: 'big-hash',
    kind: 'value',
    make: ['HSET', 'big-hash', 'still', 'other'],
    mend: ['HSET', 'big-hash', 'still', 'value'],
  },
  {
    key: 'still-zset',
    kind: 'score',
    make: ['ZADD', 'still-zset', '7.5', 'member-700'],
    mend: ['ZADD', 'still-zset', '700', 'member-700'],
  },
];

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Says in a table what a comparison of a busy source with its live replica finds when one thing on the replica is really different. */
export async function proveMovingData(program: string, runs: number): Promise<boolean> {
  const source = await startServer('redis-server', ['--repl-diskless-sync-delay', '0']);
  const target = await startServer('redis-server', ['--replica-read-only', 'no']);
  try {
    await fill(source);
    await follow(source, target);
    const rows = [];
    for (let run = 0; run < runs; run += 1) rows.push(await proveOnce({ program, source, target }, run));
    console.log(`\n${runs} runs over a live replica, one true difference in each`);
    console.table(rows);
    const rate = Math.min(...rows.map((row) => row['writes/s']));
    const isProven =
      rate >= WRITES_PER_SECOND && rows.every((row) => row.found === 'yes' && row['false differences'] === 0);
    console.log(isProven ? `proven, at ${rate} writes a second and more` : 'NOT PROVEN');
    return isProven;
  } finally {
    await source.stop();
    await target.stop();
  }
}

async function fill({ client }: BenchServer): Promise<void> {
  await fillDataSet(client, KEYS);
  await client.command('MSET', 'still-string', 'value', 'gone', 'value', 'expiring', 'x');
  await client.command('PEXPIREAT', 'expiring', '4102444800000');
  await client.command('RPUSH', 'still-list', ...range(3_000).map((n) => `element-${n}`));
  await client.command('SADD', 'big-set', ...range(3_000).map((n) => `member-${n}`));
  const fields = range(3_000).flatMap((n) => [`field-${n}`, '0']);
  await client.command('HSET', 'big-hash', 'still', 'value', ...fields);
  await client.command('ZADD', 'still-zset', ...range(3_000).flatMap((n) => [`${n}`, `member-${n}`]));
}

async function follow(source: BenchServer, target: BenchServer): Promise<void> {
  await target.client.command('REPLICAOF', '127.0.0.1', `${source.endpoint.port}`);
  const deadline = Date.now() + LINK_DEADLINE_MS;
  while (!String(await target.client.command('INFO', 'replication')).includes('master_link_status:up')) {
    if (Date.now() > deadline) throw new Error('following the source: not linked in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function proveOnce(on: { program: string; source: BenchServer; target: BenchServer }, run: number) {
  const { program, source, target } = on;
  const fault = FAULTS[run % FAULTS.length];
  if (fault === undefined) throw new Error('there is no fault');
  await target.client.command(...fault.make);
  const task = {
    work: 'compare',
    source: source.endpoint,
    target: target.endpoint,
    sliceMs: 1_000,
    // A busy machine makes the replica lag: then it takes more rounds until a set in motion shows the same thing three times.
    options: { roundDelayMs: 300, maxRounds: 30 },
  } as const;
  const turns = (turn: number) => range(TURNS_AT_ONCE).flatMap((n) => hardWrites(turn * TURNS_AT_ONCE + n));
  const { result, writes, seconds } = await whileWriting(
    source.client,
    turns,
    () => startWorker(program, task).done,
  );
  await target.client.command(...fault.mend);
  const verdict = result?.result as { examples: { key: string; kind: string }[]; unsettledKeys: number };
  const found = verdict.examples.filter((one) => one.key === fault.key && one.kind === fault.kind);
  return {
    run: run + 1,
    'true difference': `${fault.key} ${fault.kind}`,
    found: found.length === 1 ? 'yes' : 'NO',
    'false differences': verdict.examples.length - found.length,
    'writes/s': Math.round(writes / seconds),
    seconds: Math.round(seconds),
    'still moving': verdict.unsettledKeys,
  };
}
