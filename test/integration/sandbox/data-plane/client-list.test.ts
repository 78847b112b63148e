import { connect, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisNode } from '../../../../src/sandbox/cloud/data-plane/redis-node.ts';
import { TestPlane, until } from './test-plane.ts';

const test = new TestPlane();
let node: RedisNode;
const others: { destroy(): void }[] = [];
beforeAll(async () => {
  node = await test.listeningNode({ version: '2.8' });
  // The cloud's own link is open.
  await node.figures();
});
afterAll(async () => {
  for (const other of others) other.destroy();
  await test.close();
});

async function from(localAddress: string): Promise<Socket> {
  const address = node.address();
  if (!address) throw new Error('The node does not listen');
  const socket = connect({ host: address.ip, port: address.port, localAddress });
  others.push(socket);
  socket.on('error', () => undefined);
  socket.write('PING\r\n');
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  return socket;
}

async function listed(client: Redis): Promise<string[]> {
  const lines = String(await client.call('CLIENT', 'LIST'))
    .trim()
    .split('\n');
  return lines.map((line) => / addr=([^:]+):/.exec(line)?.[1] ?? line).sort();
}

describe('the connections that a client sees on an instance', () => {
  it('have the addresses of the clients, and those of the cloud itself are not among them', async () => {
    const client = test.client(node);
    await from('127.55.1.1');
    await from('127.55.1.2');
    expect(await listed(client)).toEqual(['127.0.0.1', '127.55.1.1', '127.55.1.2']);
  });

  it('can be killed by what is listed', async () => {
    const client = test.client(node);
    const socket = await from('127.55.1.3');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const line = String(await client.call('CLIENT', 'LIST'))
      .split('\n')
      .find((one) => one.includes(' addr=127.55.1.3:'));
    const address = / addr=(\S+)/.exec(line ?? '')?.[1] ?? '';
    expect(await client.call('CLIENT', 'KILL', address)).toBe('OK');
    await closed;
    await until(async () => !(await listed(client)).includes('127.55.1.3'));
  });

  it('can all be killed but the one that asks, and the cloud goes on', async () => {
    const client = test.client(node);
    await from('127.55.1.4');
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect(await listed(client)).toEqual(['127.0.0.1']);
    expect((await node.figures()).keys).toBe(0);
  });
});
