import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { findRedisServer } from '../../../src/sandbox/redis-server/find-redis-server.ts';
import {
  launchRedisServer,
  type RunningRedisServer,
} from '../../../src/sandbox/redis-server/launch-redis-server.ts';
import { freePort } from '../../../src/sandbox/world/free-port.ts';
import { endOrdinaryConnections, ordinaryConnections } from '../../../src/steps/connections.ts';
import { createRedisAccess } from '../../../src/steps/redis-access.ts';
import { DEFAULT_STEP_SETTINGS } from '../../../src/steps/settings.ts';

/** Not the address that everything else on this machine comes from. */
const CLIENT_IP = '127.55.0.9';
const access = createRedisAccess(new Map(), DEFAULT_STEP_SETTINGS);
let directory: string;
let server: RunningRedisServer;
let port: number;
let clients: Client[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-upgrade-connections-'));
  port = await freePort();
  const binary = await findRedisServer({ env: process.env });
  // The server takes only 127.0.0.1 for this machine.
  const settings = { 'protected-mode': 'no' };
  server = await launchRedisServer({ binary, directory, listen: { port }, settings });
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});
afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  await Promise.all(clients.map(({ closed }) => closed));
  clients = [];
});

function withOurs<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
  return access.use({ id: 'crs-1', address: { ip: '127.0.0.1', port } }, work);
}

interface Client {
  socket: Socket;
  address: string;
  closed: Promise<void>;
  say(line: string): Promise<string>;
}

/** A client that speaks by inline commands and has had the reply to its first one. */
async function openClient(first = 'PING', localAddress = CLIENT_IP): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  const say = (line: string) =>
    new Promise<string>((resolve, reject) => {
      socket.once('data', (chunk) => resolve(chunk.toString()));
      socket.once('close', () => reject(new Error('closed')));
      socket.write(`${line}\r\n`);
    });
  await say(first);
  const client = { socket, address: `${localAddress}:${socket.localPort}`, closed, say };
  clients.push(client);
  return client;
}

describe('the ordinary connections of a real server', () => {
  it('are none when only we are there, however often', async () => {
    expect(await withOurs(async (one) => await withOurs(async () => await ordinaryConnections(one)))).toEqual(
      [],
    );
  });

  it('have address, name, age and last command', async () => {
    const client = await openClient();
    await client.say('CLIENT SETNAME web-7');
    await client.say('SET a 1');
    expect(await withOurs(ordinaryConnections)).toEqual([
      {
        address: client.address,
        ip: CLIENT_IP,
        name: 'web-7',
        ageSeconds: expect.any(Number),
        idleSeconds: expect.any(Number),
        command: 'set',
      },
    ]);
  });

  it('are those of subscribers, blocked ones and transactions too', async () => {
    await openClient('SUBSCRIBE news');
    await openClient('MULTI');
    const blocked = await openClient();
    blocked.socket.write('BLPOP nothing 0\r\n');
    const listed = async () => {
      const found = await withOurs(ordinaryConnections);
      return found === 'unknown' ? [] : found.map(({ command }) => command).sort();
    };
    await expect.poll(listed).toEqual(['blpop', 'multi', 'subscribe']);
  });

  it('are neither replicas nor those that monitor', async () => {
    await openClient('MONITOR');
    const replica = await openClient('REPLCONF listening-port 1');
    replica.socket.write('PSYNC ? -1\r\n');
    await expect.poll(() => withOurs(ordinaryConnections)).toEqual([]);
  });

  it('are not known where the right to list them is missing, which is not the same as none', async () => {
    await withOurs(async (admin) => {
      await admin.command('ACL', 'SETUSER', 'poor', 'on', 'nopass', '+ping', '+auth');
    });
    const poor = createRedisAccess(
      new Map([['crs-1', { username: 'poor', password: 'any' }]]),
      DEFAULT_STEP_SETTINGS,
    );
    const instance = { id: 'crs-1', address: { ip: '127.0.0.1', port } };
    expect(await poor.use(instance, ordinaryConnections)).toBe('unknown');
    expect(await poor.use(instance, endOrdinaryConnections)).toBe('unknown');
  });
});

describe('ending them', () => {
  it('ends each, says which, and leaves ours and the one that asks', async () => {
    const [first, second] = [await openClient(), await openClient('SUBSCRIBE news')];
    await withOurs(async (other) => {
      const outcome = await withOurs(endOrdinaryConnections);
      expect(outcome).toMatchObject({ left: [] });
      const ended = outcome === 'unknown' ? [] : outcome.ended.map(({ address }) => address);
      expect(ended.sort()).toEqual([first.address, second.address].sort());
      await Promise.all([first.closed, second.closed]);
      expect(await other.command('PING')).toBe('PONG');
    });
  });

  it('ends hundreds at once, and the one that asks goes on', async () => {
    const many = await Promise.all(Array.from({ length: 250 }, () => openClient()));
    await withOurs(async (connection) => {
      const outcome = await endOrdinaryConnections(connection);
      expect(outcome).toMatchObject({ left: [] });
      expect(outcome === 'unknown' ? 0 : outcome.ended.length).toBe(250);
      expect(await connection.command('PING')).toBe('PONG');
    });
    await Promise.all(many.map(({ closed }) => closed));
  });

  it('ends hundreds one by one while another connection of ours is open', async () => {
    const many = await Promise.all(Array.from({ length: 250 }, () => openClient()));
    await withOurs(async (other) => {
      expect(await withOurs(endOrdinaryConnections)).toMatchObject({ left: [] });
      expect(await other.command('PING')).toBe('PONG');
    });
    await Promise.all(many.map(({ closed }) => closed));
  });

  it('leaves replicas', async () => {
    const replica = await openClient('REPLCONF listening-port 1');
    replica.socket.write('PSYNC ? -1\r\n');
    await expect.poll(() => withOurs(ordinaryConnections)).toEqual([]);
    expect(await withOurs(endOrdinaryConnections)).toEqual({ ended: [], left: [] });
    const replicas = await withOurs(
      async (connection) => await connection.command('CLIENT', 'LIST', 'TYPE', 'replica'),
    );
    expect(String(replicas)).toContain(replica.address);
  });

  it('ends nothing where nothing is', async () => {
    expect(await withOurs(endOrdinaryConnections)).toEqual({ ended: [], left: [] });
  });
});
