import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createComparison } from '../../../src/compare/comparison.ts';
import type { RepairCheckpoint } from '../../../src/compare/repair/repair-checkpoint.ts';
import { createRepair, type RepairAdvance, type RepairOutcome } from '../../../src/compare/repair.ts';
import type { Checkpoint } from '../../../src/compare/sweep/checkpoint.ts';
import type { Difference } from '../../../src/compare/values/difference.ts';
import { closeSlot, keyIn, moveSlot, openSlot, startCluster, type TestCluster } from './redis-cluster.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { clock, QUICK, runComparison } from './run-comparison.ts';
import { runRepair } from './run-repair.ts';

const OPTIONS = {
  ...QUICK,
  rounds: 2,
  roundDelayMs: 0,
  looksPerRound: 1,
  pageElements: 50,
  pageBytes: 2_048,
  batchKeys: 40,
  maxExamples: 100,
};
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Writes to a server, or to whichever node of a cluster holds the key. */
type Write = TestCluster['write'];
const writeTo =
  (server: TestServer): Write =>
  (key, name = '', ...rest) =>
    server.client.command(name, key, ...rest);

async function fill(write: Write): Promise<void> {
  await Promise.all(range(600).map((n) => write(`key-${n}`, 'SET', `value-${n}`)));
  for (const n of range(6)) {
    await write(`list-${n}`, 'RPUSH', ...range(300).map((one) => `element-${one}`));
    await write(`set-${n}`, 'SADD', ...range(300).map((one) => `member-${one}`));
    await write(`hash-${n}`, 'HSET', ...range(300).flatMap((one) => [`field-${one}`, `value-${one}`]));
    await write(`zset}{-${n}`, 'ZADD', ...range(300).flatMap((one) => [`${one}`, `member-${one}`]));
    await write(`stream-${n}`, 'XADD', '1-1', 'field', 'value');
    await write(`expiring-${n}`, 'SET', 'x', 'EX', '5000');
  }
}

/** Breaks keys of every kind, enough of each to have some on every node. */
async function breakThings(write: Write): Promise<string[]> {
  const broken: [key: string, kind: string, command: string[]][] = range(6).flatMap(
    (n): [string, string, string[]][] => [
      [`key-${n}`, 'value', ['SET', 'other']],
      [`key-${n + 100}`, 'missing', ['DEL']],
      [`extra-${n}`, 'extra', ['SET', 'x']],
      [`list-${n}`, 'value', ['LSET', '200', 'x']],
      [`set-${n}`, 'element_extra', ['SADD', 'surplus']],
      [`hash-${n}`, 'element_missing', ['HDEL', 'field-150']],
      [`zset}{-${n}`, 'score', ['ZINCRBY', '0.5', 'member-99']],
      [`stream-${n}`, 'stream_state', ['XADD', '2-1', 'field', 'value']],
      [`expiring-${n}`, 'ttl', ['PERSIST']],
    ],
  );
  for (const [key, , command] of broken) await write(key, ...command);
  return broken.map(([key, kind]) => `${key} ${kind}`).sort();
}

/** A stream with another entry may be named by the entry or by its state. */
const nameOf = ({ key, kind }: Difference) => `${key} ${key.startsWith('stream') ? 'stream_state' : kind}`;

let standalone: TestServer;
let first: TestCluster;
let second: TestCluster;
beforeAll(async () => {
  [standalone, first, second] = await Promise.all([startRedis(), startCluster(), startCluster([0, 700])]);
}, 60_000);
afterAll(async () => {
  await Promise.all([standalone?.stop(), first?.stop(), second?.stop()]);
});

async function empty(): Promise<void> {
  for (const { client } of [standalone, ...first.nodes, ...second.nodes]) await client.command('FLUSHALL');
}

describe('a cluster that is named by one of its nodes', () => {
  it('is compared whole, whichever node was named, and every difference on every node is found', async () => {
    await empty();
    await Promise.all([fill(writeTo(standalone)), fill(first.write)]);
    const total = Number(await standalone.client.command('DBSIZE'));
    for (const node of first.nodes) {
      const sizes = Number(await node.client.command('DBSIZE'));
      expect(sizes).toBeGreaterThan(100);
      const verdict = await runComparison({ source: standalone.endpoint, target: node.endpoint }, OPTIONS);
      expect(verdict).toMatchObject({ equal: true, complete: true, sourceKeys: total, targetKeys: total });
      expect(verdict.keysCompared).toBe(total);
    }
    const broken = await breakThings(first.write);
    const verdict = await runComparison({ source: standalone.endpoint, target: first.endpoint }, OPTIONS);
    expect(verdict.examples.map(nameOf).sort()).toEqual(broken);
  });

  it('is compared with another cluster whose slots are spread otherwise', async () => {
    await empty();
    await Promise.all([fill(first.write), fill(second.write)]);
    const sides = { source: first.endpoint, target: second.endpoint };
    expect(await runComparison(sides, OPTIONS)).toMatchObject({ equal: true, differences: 0 });
    const broken = await breakThings(second.write);
    const verdict = await runComparison(sides, OPTIONS, 0);
    expect(verdict.examples.map(nameOf).sort()).toEqual(broken);
  });

  it.each(['source', 'target'] as const)(
    'is repaired on every node from the %s, large values by way of temporary keys',
    async (from) => {
      await empty();
      await Promise.all([fill(first.write), fill(second.write)]);
      const sides = { source: first.endpoint, target: second.endpoint };
      await breakThings(second.write);
      const large = ['list-1', 'zset}{-1', 'hash-2', 'set-3', 'list-4'];
      for (const key of large) await (from === 'source' ? second : first).write(key, 'DEL');
      const outcome = await runRepair({ ...sides, from, options: OPTIONS });
      expect(outcome).toMatchObject({ equal: true, stillDifferent: 0, unrepairableCount: 0 });
      expect(await runComparison(sides, OPTIONS)).toMatchObject({ equal: true, differences: 0 });
      for (const { client } of [...first.nodes, ...second.nodes])
        expect(await client.command('KEYS', 'redis-upgrade:*')).toEqual([]);
    },
  );

  it('lacks every key of another database', async () => {
    await empty();
    await standalone.client.command('SELECT', '1');
    await standalone.client.command('MSET', ...range(10).flatMap((n) => [`key-${n}`, 'x']));
    await standalone.client.command('SELECT', '0');
    const verdict = await runComparison({ source: standalone.endpoint, target: first.endpoint }, OPTIONS);
    expect(verdict.byKind).toMatchObject({ missing: 10, extra: 0 });
  });
});

describe('a slot that moves to another node meanwhile', () => {
  const SLOT_KEYS = 30;

  it('is waited for, and none of its keys is missed', async () => {
    await empty();
    await Promise.all([fill(first.write), fill(writeTo(standalone))]);
    const [listed, between, waiting] = await inListingOrder(first);
    const slot = await aSlotOf(waiting);
    // They are on the node that is listed last, and will be on the one that was listed first.
    const names = range(SLOT_KEYS).map((n) => keyIn(slot, `moved-${n}`));
    for (const name of names) await first.write(name, 'SET', 'x');

    const sides = { source: first.endpoint, target: standalone.endpoint };
    const comparison = createComparison({ ...sides, options: { ...OPTIONS, lanes: 1 }, clock });
    let checkpoint: Checkpoint | undefined;
    while (!/^1\.[1-9]/.test(checkpoint?.cursor ?? '')) {
      checkpoint = (await comparison.advance(checkpoint, { budgetMs: 0 })).checkpoint;
      expect(checkpoint.stage).toBe('values');
    }
    expect(between.endpoint).not.toEqual(listed.endpoint);

    const ends = { from: waiting, to: listed, cluster: first };
    await openSlot(slot, ends);
    const late = createComparison({ ...sides, options: OPTIONS, clock });
    const refusal = { code: 'COMPARE_NOT_READY', retryable: true };
    await expect(late.advance(undefined, { budgetMs: 0 })).rejects.toMatchObject(refusal);
    await late.close();
    await closeSlot(slot, ends);

    // In the smallest slices, so that what was missed while one stage ended could not be made up for later.
    let failures = 0;
    for (;;) {
      const step = await comparison.advance(checkpoint, { budgetMs: 0 }).catch((error: unknown) => {
        expect(error).toMatchObject(refusal);
        failures += 1;
        return undefined;
      });
      if (step === undefined) continue;
      checkpoint = step.checkpoint;
      if (step.verdict === undefined) continue;
      const missing = step.verdict.examples.map(({ key }) => key);
      expect(missing.sort()).toEqual(names.sort());
      expect(step.verdict).toMatchObject({ complete: true, differences: SLOT_KEYS });
      break;
    }
    await comparison.close();
    expect(failures).toBe(1);
    await moveSlot(slot, { from: listed, to: waiting, cluster: first });
  });

  it('does not stop a repair that goes on afterwards', async () => {
    await empty();
    await Promise.all([fill(first.write), fill(writeTo(standalone))]);
    await breakThings(first.write);
    const sides = { source: standalone.endpoint, target: first.endpoint };
    const repair = createRepair({ ...sides, from: 'source', options: { ...OPTIONS, lanes: 1 }, clock });
    let checkpoint: RepairCheckpoint | undefined;
    while (checkpoint === undefined || checkpoint.comparison.keysCompared < 100)
      checkpoint = (await repair.advance(checkpoint, { budgetMs: 0 })).checkpoint;
    const [to, , from] = await inListingOrder(first);
    const slot = await aSlotOf(from);
    await moveSlot(slot, { from, to, cluster: first });
    let outcome: RepairOutcome | undefined;
    while (outcome === undefined) {
      const step: RepairAdvance | undefined = await repair
        .advance(checkpoint, { budgetMs: 5_000 })
        .catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'COMPARE_NOT_READY', retryable: true });
          return undefined;
        });
      checkpoint = step?.checkpoint ?? checkpoint;
      outcome = step?.outcome;
    }
    await repair.close();
    expect(outcome.equal).toBe(true);
    expect(await runComparison(sides, OPTIONS)).toMatchObject({ equal: true });
    await moveSlot(slot, { from: to, to: from, cluster: first });
  });
});

/** The nodes in the order in which their keys are listed: that of their ids. */
async function inListingOrder(cluster: TestCluster): Promise<[TestServer, TestServer, TestServer]> {
  const named = await Promise.all(
    cluster.nodes.map(async (node) => ({ node, id: String(await node.client.command('CLUSTER', 'MYID')) })),
  );
  const [one, two, three] = named.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ node }) => node);
  if (one === undefined || two === undefined || three === undefined)
    throw new Error('three nodes are needed');
  return [one, two, three];
}

/** A slot of this node that holds one of the keys. */
async function aSlotOf(node: TestServer): Promise<number> {
  const key = await node.client.command('RANDOMKEY');
  if (!Buffer.isBuffer(key)) throw new Error('this node holds nothing');
  return Number(await node.client.command('CLUSTER', 'KEYSLOT', key));
}
