import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { RedisNode } from '../../../../src/sandbox/cloud/data-plane/redis-node.ts';
import { startWriters, writeOfEveryType } from './mixed-writes.ts';
import { digest, serversIn, TestPlane, until, untilIncremental } from './test-plane.ts';

const test = new TestPlane();
afterAll(async () => await test.close());

type CopySettings = Partial<Parameters<typeof test.plane.startCopy>[0]>;

function startCopy(source: RedisNode, target: RedisNode, settings: CopySettings = {}) {
  return test.plane.startCopy({ source, target, writeMode: 'normal', delayMs: () => 0, ...settings });
}

async function remainingTtls(node: RedisNode, keys: readonly string[]): Promise<number[]> {
  const link = await node.openLink();
  const replies = await link.pipeline(keys.map((key) => ['PTTL', key]));
  link.close();
  return replies.map(Number);
}

async function drained(copy: ReturnType<typeof startCopy>): Promise<void> {
  await until(async () => {
    const { lagBytes, error } = await copy.measure();
    if (error !== undefined) throw new Error(error);
    return lagBytes === 0;
  });
}

describe('a copy under writes of every type', () => {
  it.each(['standard', 'cluster'] as const)('ends with equal data on a %s target', async (architecture) => {
    const [source, target] = await Promise.all([
      test.listeningNode({ version: '2.8', password: 'secret-1' }),
      test.listeningNode({ version: '4.0', architecture, password: 'secret-2' }),
    ]);
    const clients = Array.from({ length: 4 }, () => test.client(source, { password: 'secret-1' }));
    const [first] = clients;
    if (!first) throw new Error('no client');
    for (let turn = 0; turn < 700; turn++) await writeOfEveryType(first, turn);
    await first
      .pipeline(Array.from({ length: 5_000 }, (_, i) => ['set', `filler-${i}`, 'f'.repeat(i % 400)]))
      .exec();
    const writers = startWriters(clients);
    const copy = startCopy(source, target, { fullCopyKeysPerSecond: 10_000 });
    const phases = new Set<string>();
    await until(() => {
      const { phase, percent, keysCopied, keysTotal, error } = copy.progress();
      if (error !== undefined) throw new Error(error);
      if (phase === 'full' && keysCopied > 0) {
        phases.add(phase);
        expect(keysTotal).toBeGreaterThan(5_000);
        expect(percent).toBe(Math.min(99, Math.floor((100 * keysCopied) / keysTotal)));
      }
      return phase === 'incremental';
    });
    expect(phases).toEqual(new Set(['full']));
    const turns = writers.turns();
    await until(() => writers.turns() > turns + 1_000);
    await writers.stop();
    // Short-lived keys are gone before the two sides are compared.
    await until(async () => (await digest(source)) === (await digest(target)));
    await drained(copy);
    expect(copy.progress().lagBytes).toBe(0);
    const keys = Array.from({ length: 50 }, (_, n) => [`session-${n}`, `by-script-${n}`]).flat();
    const [left, right] = await Promise.all([remainingTtls(source, keys), remainingTtls(target, keys)]);
    for (const [i, ttl] of left.entries()) expect(Math.abs(ttl - (right[i] ?? 0))).toBeLessThan(1_500);
    expect(left.filter((ttl) => ttl > 100_000).length).toBeGreaterThan(20);
    await copy.complete();
    expect(copy.progress()).toMatchObject({ phase: 'completed', percent: 100, lagBytes: 0 });
    await first.set('after-completion', 1);
    expect(await test.client(target, { password: 'secret-2' }).exists('after-completion')).toBe(0);
    expect(existsSync(`${source.directory}/copy-1`)).toBe(false);
  });

  it('copies every database to a standard target', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const client = test.client(source);
    for (const database of [0, 3, 15]) {
      await client.select(database);
      await client.mset('a', database, `only-${database}`, 'x');
    }
    const copy = startCopy(source, target);
    await untilIncremental(copy);
    await client.select(7);
    await client.set('later', 1);
    await client.select(3);
    await client.multi().set('a', 'changed').expire('a', 500).exec();
    await client.swapdb(0, 15);
    await client.move('only-3', 5);
    await drained(copy);
    expect(await digest(target)).toBe(await digest(source));
    expect(copy.progress().keysTotal).toBe(6);
    await copy.stop();
    expect(copy.progress().phase).toBe('stopped');
  });
});

describe('a cluster target', () => {
  it('takes DEL and MSET across slots and fails at RENAME, as the cloud does, hours after a clean start', async () => {
    const [source, target] = await Promise.all([
      test.listeningNode({ version: '2.8' }),
      test.listeningNode({ version: '4.0', architecture: 'cluster' }),
    ]);
    const client = test.client(source);
    await client.mset('a', '1', 'b', '2', 'c', '3');
    const copy = startCopy(source, target);
    await untilIncremental(copy);
    await client.mset('d', '4', 'e', '5');
    await client.del('a', 'd');
    await drained(copy);
    expect(await digest(target)).toBe(await digest(source));
    await client.rename('b', 'z');
    await until(() => copy.progress().phase === 'failed');
    expect(copy.progress().error).toMatch(
      /^\[launch\]state:8 #rdb rdbfile:\S+ #replication master_replid:[0-9a-f]{40} repl_offset:\d+ write_command_count:\d+ finish_command_count:\d+ errtime:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d errmsg:CROSSSLOT Keys in request don't hash to the same slot RENAME$/,
    );
    await expect(copy.complete()).rejects.toThrow('CROSSSLOT');
  });

  it('cannot take keys of another database than 0', async () => {
    const [source, target] = await Promise.all([
      test.listeningNode({ version: '2.8' }),
      test.listeningNode({ version: '4.0', architecture: 'cluster' }),
    ]);
    const client = test.client(source);
    await client.select(2);
    await client.set('a', 1);
    const copy = startCopy(source, target);
    await until(() => copy.progress().phase === 'failed');
    expect(copy.progress().error).toMatch(/state:7 .*SELECT is not allowed in cluster mode SELECT$/);
  });
});

describe('the lag', () => {
  it('grows while commands are held back and is gone when they are applied', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const client = test.client(source);
    const reader = test.client(target);
    let delayMs = 0;
    const copy = startCopy(source, target, { delayMs: () => delayMs });
    await untilIncremental(copy);
    await client.set('before', 1);
    await drained(copy);
    delayMs = 3_600_000;
    await client.set('held', 'x'.repeat(1_000));
    const { lagBytes } = await copy.measure();
    expect(lagBytes).toBeGreaterThan(1_000);
    expect(lagBytes).toBeLessThan(1_200);
    expect(await reader.exists('held')).toBe(0);
    delayMs = 0;
    await until(async () => (await reader.exists('held')) === 1);
    await until(() => copy.progress().lagBytes === 0, 100);
    await copy.stop();
  });

  it('is unknown before the incremental phase', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const copy = startCopy(source, target);
    expect(copy.progress()).toMatchObject({ phase: 'starting', percent: 0, lagBytes: -1 });
    await copy.stop();
  });

  it('does not lose or mix what came in while much was held back', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const client = test.client(source);
    let delayMs = 0;
    const copy = startCopy(source, target, { delayMs: () => delayMs });
    await untilIncremental(copy);
    delayMs = 3_600_000;
    const value = 'v'.repeat(10_000);
    for (let i = 0; i < 3_000; i++) {
      const write = client
        .pipeline()
        .set(`spooled-${i % 500}`, `${i}${value}`)
        .rpush('order', i);
      await write.exec();
    }
    expect((await copy.measure()).lagBytes).toBeGreaterThan(30_000_000);
    delayMs = 0;
    await drained(copy);
    expect(await digest(target)).toBe(await digest(source));
    await client.set('in memory again', 1);
    await copy.complete();
    expect(await digest(target)).toBe(await digest(source));
  });
});

describe('a copy', () => {
  it('refuses a target with data, empties it, or overwrites what it has, as told', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    await test.client(source).mset('common', 'source', 'a', '1');
    const reader = test.client(target);
    await reader.mset('common', 'target', 'own', '1');
    const refused = startCopy(source, target);
    await until(() => refused.progress().phase === 'failed');
    expect(refused.progress().error).toContain('Short read or OOM loading DB');
    const overwriting = startCopy(source, target, { writeMode: 'overwrite' });
    await overwriting.complete();
    expect(await reader.mget('common', 'own', 'a')).toEqual(['source', '1', '1']);
    const clearing = startCopy(source, target, { writeMode: 'clearData' });
    await clearing.complete();
    expect(await reader.mget('common', 'own', 'a')).toEqual(['source', null, '1']);
  });

  it('empties the target when the source is emptied', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const client = test.client(source);
    await client.mset('a', '1', 'b', '2');
    const copy = startCopy(source, target);
    await untilIncremental(copy);
    expect((await target.figures()).keys).toBe(2);
    await client.flushall();
    await drained(copy);
    expect((await target.figures()).keys).toBe(0);
    await copy.stop();
  });

  it('fails when the target refuses a write', async () => {
    const [source, target] = await Promise.all([
      test.listeningNode(),
      test.listeningNode({ maxMemoryMb: 4 }),
    ]);
    const client = test.client(source);
    const copy = startCopy(source, target);
    await untilIncremental(copy);
    for (let i = 0; i < 40; i++) await client.set(`fill-${i}`, 'x'.repeat(200_000));
    await until(() => copy.progress().phase === 'failed');
    expect(copy.progress().error).toMatch(
      /errmsg:OOM command not allowed when used memory > 'maxmemory'\. SET$/,
    );
  });

  it('fails when the source goes away', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const copy = startCopy(source, target);
    await untilIncremental(copy);
    await source.close();
    await until(() => copy.progress().phase === 'failed');
    expect(copy.progress().error).toContain('errmsg:SrcInstance nodes has changed');
  });

  it('goes on when a client kills the connections of ordinary clients, and when the source is read-only and moved', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    const copy = startCopy(source, target);
    await untilIncremental(copy);
    const client = test.client(source);
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await client.set('a', 1);
    await drained(copy);
    await source.setReadOnly(true);
    await source.unlisten();
    expect((await copy.measure()).lagBytes).toBe(0);
    await copy.complete();
    expect(await digest(target)).toBe(await digest(source));
  });

  it('stops in the middle of the full copy and leaves no process and no file behind', async () => {
    const [source, target] = await Promise.all([test.listeningNode(), test.listeningNode()]);
    await test
      .client(source)
      .pipeline(Array.from({ length: 2_000 }, (_, i) => ['set', `k-${i}`, i]))
      .exec();
    const copy = startCopy(source, target, { fullCopyKeysPerSecond: 200 });
    await until(() => copy.progress().keysCopied > 0);
    await copy.stop();
    expect(copy.progress()).toMatchObject({ phase: 'stopped', lagBytes: -1 });
    expect(copy.progress().keysCopied).toBeLessThan(2_000);
    expect((await readdir(source.directory)).filter((name) => name.startsWith('copy'))).toEqual([]);
    expect(await serversIn(source.directory)).toBe(1);
  });
});
