import type { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import type { RedisNode } from '../../../../src/sandbox/cloud/data-plane/redis-node.ts';
import { digest, TestPlane, until } from './test-plane.ts';

const test = new TestPlane();
afterAll(async () => await test.close());

const readOnly = "READONLY You can't write against a read only instance.";

interface Tally {
  acknowledged: number;
  refused: number;
}

/** Writes until it is told to stop, pacing itself; counts what was acknowledged and what was refused as read-only. */
function writer(
  write: (turn: number) => Promise<number>,
  stopped: () => boolean,
): { tally: Tally; done: Promise<void> } {
  const tally = { acknowledged: 0, refused: 0 };
  const run = async () => {
    for (let turn = 0; !stopped(); turn++) {
      try {
        tally.acknowledged += await write(turn);
      } catch (error) {
        if (!/READONLY|EXECABORT/.test(String(error))) throw error;
        tally.refused++;
      }
      await new Promise((resolve) => setTimeout(resolve, 6));
    }
  };
  return { tally, done: run() };
}

async function runTransaction(client: Redis, keys: readonly string[]): Promise<number> {
  const results = await client
    .multi()
    .incr(keys[0] ?? '')
    .incr(keys[1] ?? '')
    .exec();
  return results?.length ?? 0;
}

async function sum(node: RedisNode, keys: readonly string[]): Promise<number> {
  const link = await node.openLink();
  const values = await link.pipeline(keys.map((key) => ['GET', key]));
  link.close();
  return values.reduce<number>((total, value) => total + Number(value?.toString() ?? 0), 0);
}

describe('an instance that is switched to read-only under writes', () => {
  it.each(['2.8', '7.0'] as const)(
    'changes no more from then on, and has all it acknowledged (%s)',
    async (version) => {
      const node = await test.listeningNode({ version });
      const clients = Array.from({ length: 6 }, () => test.client(node)) as [
        Redis,
        Redis,
        Redis,
        Redis,
        Redis,
        Redis,
      ];
      const [plain, script, sha, transaction, pipelined, reader] = clients;
      const increment = "return redis.call('incr', KEYS[1])";
      const loaded = String(await sha.script('LOAD', increment));
      let stop = false;
      const stopped = () => stop;
      const writers = [
        writer(async () => Math.sign(await plain.incr('plain')), stopped),
        writer(async () => Math.sign(Number(await script.eval(increment, 1, 'script'))), stopped),
        writer(async () => Math.sign(Number(await sha.evalsha(loaded, 1, 'sha'))), stopped),
        writer(async () => await runTransaction(transaction, ['multi-1', 'multi-2']), stopped),
        writer(async () => {
          const results = await pipelined.pipeline().incr('pipe').incr('pipe').incr('pipe').exec();
          const failed = results?.find(([error]) => error)?.[0];
          const succeeded = results?.filter(([error]) => !error).length ?? 0;
          if (failed && succeeded === 0) throw failed;
          return succeeded;
        }, stopped),
      ];
      await until(() => writers.every(({ tally }) => tally.acknowledged > 30));
      await node.setReadOnly(true);
      const fenced = await digest(node);
      await until(() => writers.every(({ tally }) => tally.refused > 30));
      expect(await digest(node)).toBe(fenced);
      expect(Number(await reader.get('plain'))).toBeGreaterThan(30);
      const acknowledged = () => writers.reduce((total, { tally }) => total + tally.acknowledged, 0);
      const keys = ['plain', 'script', 'sha', 'multi-1', 'multi-2', 'pipe'];
      expect(await sum(node, keys)).toBe(acknowledged());
      await node.setReadOnly(false);
      const before = acknowledged();
      await until(() => acknowledged() > before + 30);
      stop = true;
      await Promise.all(writers.map(async ({ done }) => await done));
      expect(await sum(node, keys)).toBe(acknowledged());
    },
  );
});

describe('while read-only', () => {
  it('refuses deleting a key that does not exist, plain and from a script, and goes on reading', async () => {
    const node = await test.listeningNode({ version: '2.8' });
    const client = test.client(node);
    await client.set('k', 'v');
    const sha = String(await client.script('LOAD', "return redis.call('get', KEYS[1])"));
    await node.setReadOnly(true);
    expect(node.readOnly()).toBe(true);
    await expect(client.del('none')).rejects.toThrow(readOnly);
    await expect(client.eval("return redis.call('del', 'none')", 0)).rejects.toThrow(readOnly);
    await expect(
      client.eval("redis.pcall('del', KEYS[1]) return redis.call('exists', KEYS[1])", 1, 'k'),
    ).resolves.toBe(1);
    await expect(client.evalsha(sha, 1, 'k')).resolves.toBe('v');
    await expect(client.eval("return redis.call('get', KEYS[1])", 1, 'k')).resolves.toBe('v');
    await expect(client.evalsha('f'.repeat(40), 0)).rejects.toThrow('NOSCRIPT');
    await expect(client.pfcount('k')).rejects.toThrow(readOnly);
    await expect(client.sort('k', 'STORE', 'x')).rejects.toThrow(readOnly);
    expect(await client.get('k')).toBe('v');
    expect(await client.publish('channel', 'message')).toBe(0);
  });

  it('refuses functions that write and their loading', async () => {
    const node = await test.listeningNode();
    const client = test.client(node);
    const library = `#!lua name=lib
      redis.register_function{function_name='peek', callback=function(keys) return redis.call('get', keys[1]) end, flags={'no-writes'}}
      redis.register_function('poke', function(keys) return redis.call('set', keys[1], 'x') end)`;
    await client.call('FUNCTION', 'LOAD', library);
    await client.set('k', 'v');
    await node.setReadOnly(true);
    expect(await client.call('FCALL', 'peek', '1', 'k')).toBe('v');
    await expect(client.call('FCALL', 'poke', '1', 'k')).rejects.toThrow(readOnly);
    await expect(client.call('FUNCTION', 'FLUSH')).rejects.toThrow(readOnly);
    expect(await client.call('FUNCTION', 'LIST')).toHaveLength(1);
  });

  it('discards a transaction whose writes were queued before, and one in which a write is refused', async () => {
    const node = await test.listeningNode({ version: '2.8' });
    const [before, during, reading] = [test.client(node), test.client(node), test.client(node)];
    await before.multi({ pipeline: false });
    await before.set('queued', 1);
    await before.eval("return redis.call('set', KEYS[1], 1)", 1, 'queued-by-script');
    await reading.multi({ pipeline: false });
    await reading.get('queued');
    await node.setReadOnly(true);
    await expect(before.exec()).rejects.toThrow('EXECABORT');
    expect(await reading.exec()).toEqual([[null, null]]);
    await during.multi({ pipeline: false });
    await expect(during.set('late', 1)).rejects.toThrow(readOnly);
    await during.get('late');
    await expect(during.exec()).rejects.toThrow('EXECABORT');
    expect(await during.get('queued')).toBeNull();
    expect((await node.figures()).keys).toBe(0);
  });

  it('cuts a connection whose write does not end, so that it cannot end later', async () => {
    const node = await test.listeningNode({ version: '2.8' });
    const [blocked, bystander] = [test.client(node), test.client(node)];
    const popped = blocked.blpop('queue', 0);
    const followed = blocked.set('after-the-block', 1);
    popped.catch(() => undefined);
    followed.catch(() => undefined);
    await until(async () => (await bystander.info('clients')).includes('blocked_clients:1'));
    await node.setReadOnly(true);
    await expect(popped).rejects.toThrow();
    await expect(followed).rejects.toThrow();
    const link = await node.openLink();
    await link.call('RPUSH', 'queue', 'x');
    expect(await link.call('LLEN', 'queue')).toBe(1);
    expect(await link.call('EXISTS', 'after-the-block')).toBe(0);
    link.close();
    expect(await bystander.llen('queue')).toBe(1);
  });

  it('waits for writes of a client that has hung up', async () => {
    const node = await test.listeningNode();
    const leaving = test.client(node);
    await leaving.ping();
    const slow =
      "local t = redis.call('time') repeat local n = redis.call('time') until (n[1]-t[1])*1000000+n[2]-t[2] > 200000 return redis.call('set', KEYS[1], 1)";
    const written = leaving.eval(slow, 1, 'slow');
    written.catch(() => undefined);
    await until(() => node.counters().writes === 1);
    leaving.disconnect();
    await until(() => node.counters().connections === 0);
    await node.setReadOnly(true);
    const link = await node.openLink();
    expect(await link.call('EXISTS', 'slow')).toBe(1);
    link.close();
  });
});
