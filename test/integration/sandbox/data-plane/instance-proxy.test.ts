import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisNode } from '../../../../src/sandbox/cloud/data-plane/redis-node.ts';
import { encodeCommand } from '../../../../src/sandbox/cloud/data-plane/resp/encode-command.ts';
import { randomIp, serversIn, TestPlane, until } from './test-plane.ts';

const test = new TestPlane();
afterAll(async () => await test.close());

/** A bare connection to the node's address that collects what comes back. */
function rawConnection(node: RedisNode): { socket: Socket; received: () => string; ended: () => boolean } {
  const address = node.address();
  if (!address) throw new Error('The node does not listen');
  const socket = connect({ host: address.ip, port: address.port, noDelay: true });
  let text = '';
  let over = false;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    over = true;
  });
  return { socket, received: () => text, ended: () => over };
}

describe('an instance reached through its address', () => {
  let node: RedisNode;
  beforeAll(async () => {
    node = await test.listeningNode({ version: '2.8' });
  });

  it('answers a pipeline in order, refusals in their places, wherever its bytes are split', async () => {
    const bytes = Buffer.concat([
      encodeCommand(['SET', 'split', Buffer.from([0, 13, 10, 42, 255])]),
      encodeCommand(['UNLINK', 'split']),
      Buffer.from('GET split\r\n'),
      encodeCommand(['MULTI']),
      encodeCommand(['APPEND', 'split', '!']),
      encodeCommand(['EXEC']),
      encodeCommand(['XADD', 's', '*', 'f', 'v']),
      encodeCommand(['ECHO', 'end']),
    ]);
    const expected = `+OK\r\n-ERR unknown command 'UNLINK'\r\n$5\r\n\0\r\n*\xff\r\n+OK\r\n+QUEUED\r\n*1\r\n:6\r\n-ERR unknown command 'XADD'\r\n$3\r\nend\r\n`;
    for (let at = 1; at < bytes.length; at += 3) {
      const { socket, received } = rawConnection(node);
      socket.write(bytes.subarray(0, at), () => setImmediate(() => socket.write(bytes.subarray(at))));
      await until(() => received().length >= expected.length);
      expect(received()).toBe(expected);
      socket.destroy();
    }
  });

  it('answers bytes that are no requests as Redis does, after what was asked before, and hangs up', async () => {
    const { socket, received, ended } = rawConnection(node);
    socket.write(Buffer.concat([encodeCommand(['ECHO', 'before']), Buffer.from('*1\r\n:5\r\n')]));
    await until(ended);
    expect(received()).toBe("$6\r\nbefore\r\n-ERR Protocol error: expected '$', got ':'\r\n");
  });

  it('passes values of many megabytes both ways', async () => {
    const client = test.client(node);
    const value = Buffer.alloc(20_000_000, 'abcdefghij');
    await client.set('large', value);
    expect(value.equals((await client.getBuffer('large')) ?? Buffer.alloc(0))).toBe(true);
    await client.del('large');
  });

  it('does not collect replies that a client does not read', async () => {
    const client = test.client(node);
    await client.set('megabyte', Buffer.alloc(1_000_000));
    const { socket, received } = rawConnection(node);
    socket.pause();
    const before = node.counters().outBytes;
    socket.write(Buffer.concat(Array.from({ length: 40 }, () => encodeCommand(['GET', 'megabyte']))));
    await until(() => node.counters().outBytes > before + 1_000_000);
    let last = -1;
    await until(async () => {
      const grown = node.counters().outBytes - before - last;
      last = node.counters().outBytes - before;
      await client.echo('a turn of the proxy');
      return grown < 1_000 || last > 30_000_000;
    });
    expect(last).toBeLessThan(30_000_000);
    socket.resume();
    await until(() => received().length === 40 * ('$1000000\r\n'.length + 1_000_000 + 2));
  });

  it('gives a client that closes its half the replies it still waits for', async () => {
    const { socket, received, ended } = rawConnection(node);
    socket.end(encodeCommand(['ECHO', 'last words']));
    await until(ended);
    expect(received()).toBe('$10\r\nlast words\r\n');
  });

  it('delivers messages of channels between replies, and lets the connection be used again afterwards', async () => {
    const subscriber = test.client(node);
    const publisher = test.client(node);
    const messages: string[] = [];
    subscriber.on('message', (channel, message) => messages.push(`${channel}:${message}`));
    await subscriber.subscribe('a', 'b');
    await publisher.publish('a', '1');
    await publisher.publish('b', '2');
    await until(() => messages.length === 2);
    await subscriber.unsubscribe();
    await subscriber.rpush('message-list', 'message', 'x', 'y');
    expect(await subscriber.lrange('message-list', 0, -1)).toEqual(['message', 'x', 'y']);
    expect(messages).toEqual(['a:1', 'b:2']);
  });

  it('shows its version, and counts reads, writes, errors and connections', async () => {
    const client = test.client(node);
    expect(await client.info('server')).toContain('redis_version:2.8.24\r\n');
    const before = node.counters();
    await client.set('counted', 1);
    await client.get('counted');
    await client.call('UNLINK', 'counted').catch(() => undefined);
    await client.lpush('counted', 1).catch(() => undefined);
    const after = node.counters();
    expect(after.writes - before.writes).toBe(2);
    expect(after.reads - before.reads).toBe(1);
    expect(after.errors - before.errors).toBe(2);
    expect(after.inBytes).toBeGreaterThan(before.inBytes);
    client.disconnect();
    await until(() => node.counters().connections < before.connections);
  });

  it('delivers pushes and their confirmations in RESP3 between the replies of commands', async () => {
    const modern = await test.listeningNode();
    const publisher = test.client(modern);
    const { socket, received } = rawConnection(modern);
    socket.write(encodeCommand(['HELLO', 3]));
    await until(() => received().includes('role'));
    const greeting = received().length;
    socket.write(
      Buffer.concat([
        encodeCommand(['SUBSCRIBE', 'a', 'b']),
        encodeCommand(['SET', 'k', 'v']),
        encodeCommand(['SHUTDOWN']),
        encodeCommand(['INFO', 'nothing']),
      ]),
    );
    await until(() => received().includes('SHUTDOWN'));
    await publisher.publish('b', 'hello');
    await until(() => received().endsWith('hello\r\n'));
    expect(received().slice(greeting)).toBe(
      '>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n+OK\r\n' +
        "-ERR unknown command 'SHUTDOWN', with args beginning with: \r\n=4\r\ntxt:\r\n" +
        '>3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$5\r\nhello\r\n',
    );
    socket.destroy();
  });

  it('streams MONITOR', async () => {
    const client = test.client(node);
    const { socket, received } = rawConnection(node);
    socket.write(encodeCommand(['MONITOR']));
    await until(() => received().startsWith('+OK\r\n'));
    await client.set('watched', 1);
    await until(() => received().includes('"set" "watched" "1"'));
    socket.destroy();
  });

  it.each([
    ['SHUTDOWN'],
    ['SLAVEOF', 'no', 'one'],
    ['PSYNC', '?', '-1'],
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['DEBUG', 'SEGFAULT'],
    ['CLIENT', 'REPLY', 'OFF'],
  ])('withholds %s from clients', async (name, ...args) => {
    await expect(test.client(node).call(name, ...args)).rejects.toThrow(/unknown command|Syntax error/);
  });
});

describe('a password', () => {
  it('is asked for, can be changed, and can be taken away', async () => {
    const node = await test.listeningNode({ password: 'first "pass\\word"' });
    await expect(test.client(node).get('x')).rejects.toThrow('NOAUTH');
    expect(await test.client(node, { password: 'first "pass\\word"' }).get('x')).toBeNull();
    await node.setPassword('second');
    await expect(test.client(node, { password: 'first "pass\\word"' }).get('x')).rejects.toThrow();
    expect(await test.client(node, { password: 'second' }).get('x')).toBeNull();
    await node.setPassword(undefined);
    expect(await test.client(node).get('x')).toBeNull();
    expect((await node.figures()).keys).toBe(0);
  });
});

describe('moving an address', () => {
  it('cuts every connection, and the other instance answers there', async () => {
    const [from, to] = await Promise.all([test.listeningNode(), test.node()]);
    const address = from.address();
    if (!address) throw new Error('no address');
    await Promise.all(
      [from, to].map(
        async (node) => await (await node.openLink()).call('SET', 'who', node === from ? 'from' : 'to'),
      ),
    );
    const clients = Array.from({ length: 20 }, () => test.client(from));
    expect(await Promise.all(clients.map(async (client) => await client.get('who')))).toEqual(
      Array(20).fill('from'),
    );
    await from.unlisten();
    await to.listen(address);
    expect(from.counters().connections).toBe(0);
    expect(from.address()).toBeUndefined();
    await until(() => clients.every((client) => client.status === 'end'));
    expect(await test.client(to).get('who')).toBe('to');
  });

  it('leaves nothing connected when clients connect all the time, and executes nothing afterwards', async () => {
    const [from, to] = await Promise.all([test.listeningNode(), test.node()]);
    const address = from.address();
    if (!address) throw new Error('no address');
    let running = true;
    const hammer = async () => {
      while (running) {
        const socket = connect({ host: address.ip, port: address.port });
        socket.on('error', () => undefined);
        const over = new Promise((resolve) => socket.once('close', resolve));
        socket.once('connect', () => socket.write(encodeCommand(['INCR', 'hits'])));
        socket.once('data', () => socket.destroy());
        await over;
      }
    };
    const hammers = Array.from({ length: 8 }, hammer);
    const admin = await from.openLink();
    for (let round = 0; round < 20; round++) {
      await until(() => from.counters().writes > round * 20);
      await from.unlisten();
      const hits = String(await admin.call('GET', 'hits'));
      await to.listen(address);
      const seen = to.counters().writes;
      await until(() => to.counters().writes > seen + 10);
      expect(String(await admin.call('GET', 'hits'))).toBe(hits);
      expect(from.counters().connections).toBe(0);
      await to.unlisten();
      await from.listen(address);
    }
    running = false;
    await from.unlisten();
    await Promise.all(hammers);
  });

  it('refuses an address that somebody holds, and one outside the loopback network', async () => {
    const [one, other] = await Promise.all([test.listeningNode(), test.node()]);
    const address = one.address();
    if (!address) throw new Error('no address');
    await expect(other.listen(address)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(other.listen({ ip: '0.0.0.0', port: 0 })).rejects.toThrow('loopback');
    await expect(one.listen({ ip: randomIp(), port: 0 })).rejects.toThrow('already listens');
  });
});

describe('a cluster instance', () => {
  it('aggregates DEL, EXISTS, MGET and MSET across slots and refuses everything else that crosses them', async () => {
    const node = await test.listeningNode({ version: '4.0', architecture: 'cluster' });
    const client = test.client(node);
    expect(await client.mset('a', '1', 'b', '2', 'c', '3')).toBe('OK');
    expect(await client.mget('a', 'none', 'c', 'b')).toEqual(['1', null, '3', '2']);
    expect(await client.exists('a', 'b', 'none')).toBe(2);
    await expect(client.rename('a', 'b')).rejects.toThrow(
      "CROSSSLOT Keys in request don't hash to the same slot",
    );
    await expect(client.eval('return 1', 2, 'a', 'b')).rejects.toThrow('CROSSSLOT');
    await expect(client.select(1)).rejects.toThrow('SELECT is not allowed in cluster mode');
    expect(await client.mset('{t}a', '1', '{t}b', '2')).toBe('OK');
    expect(await client.del('a', 'b', 'none', '{t}a')).toBe(3);
    expect(await client.set('{t}a', 'x').then(async () => await client.rename('{t}a', '{t}c'))).toBe('OK');
    await node.setReadOnly(true);
    await expect(client.del('a', 'c')).rejects.toThrow('READONLY');
    await expect(client.mset('a', '1', 'b', '2')).rejects.toThrow('READONLY');
    expect(await client.mget('a', 'c')).toEqual([null, '3']);
  });
});

describe('a closed instance', () => {
  it('leaves no process behind, and its address is free', async () => {
    const [node, next] = await Promise.all([test.listeningNode(), test.node()]);
    const address = node.address();
    const client = test.client(node);
    await client.set('a', 1);
    expect(await serversIn(node.directory)).toBe(1);
    await node.close();
    expect(await serversIn(node.directory)).toBe(0);
    await until(() => client.status === 'end');
    if (address) await next.listen(address);
    expect(next.address()).toEqual(address);
  });
});

describe('figures and backups', () => {
  it('tell what the server holds, and a saved file holds it', async () => {
    const node = await test.listeningNode();
    const client = test.client(node);
    await client.mset('a', '1', 'b', '2');
    const figures = await node.figures();
    expect(figures).toMatchObject({ keys: 2, evictedKeys: 0 });
    expect(figures.usedMemoryBytes).toBeGreaterThan(100_000);
    const [one, same] = await Promise.all([node.save(), node.save()]);
    expect(one).toEqual(same);
    expect(one.bytes).toBeGreaterThan(50);
    await client.set('c', '3');
    const next = await node.save();
    expect(next.path).not.toBe(one.path);
    await node.clear();
    expect((await node.figures()).keys).toBe(0);
  });

  it('end with an error when the memory is full, and evict nothing', async () => {
    const node = await test.listeningNode({ maxMemoryMb: 4 });
    const client = test.client(node);
    const fill = async () => {
      for (let i = 0; i < 40; i++) await client.set(`fill-${i}`, Buffer.alloc(200_000));
    };
    await expect(fill()).rejects.toThrow('OOM command not allowed');
    expect(await client.exists('fill-0')).toBe(1);
    expect((await node.figures()).evictedKeys).toBe(0);
  });
});
