import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openConnection } from '../../../src/compare/wire/redis-connection.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { RedisErrorReply } from '../../../src/compare/wire/resp-reply.ts';
import { startRedis, type TestServer } from './redis-servers.ts';

const LIMITS = { connectTimeoutMs: 2_000, commandTimeoutMs: 2_000 };

let open: TestServer;
let locked: TestServer;
beforeAll(async () => {
  [open, locked] = await Promise.all([startRedis(), startRedis()]);
  await locked.client.command('ACL', 'SETUSER', 'reader', 'on', '>secret word', '~*', '+@read', '+ping');
  await locked.client.command('CONFIG', 'SET', 'requirepass', 'top secret');
});
afterAll(async () => {
  await Promise.all([open?.stop(), locked?.stop()]);
});

const fakes: Server[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await new Promise((resolve) => fake.close(resolve));
});
/** A server of our own that answers as it is told. */
async function fakeServer(
  onData: (socket: Socket, data: Buffer) => void,
): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on('data', (data) => onData(socket, data));
    socket.on('error', () => socket.destroy());
  });
  fakes.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: '127.0.0.1', port: address.port };
}

describe('a connection', () => {
  it('gives every kind of reply as a value, errors too', async () => {
    const connection = await openConnection(open.endpoint, LIMITS);
    expect(await connection.command('SET', 'key', 'välue')).toBe('OK');
    expect(await connection.command('GET', 'key')).toEqual(Buffer.from('välue'));
    expect(await connection.command('GET', 'nothing')).toBeNull();
    expect(await connection.command('STRLEN', 'key')).toBe(6);
    expect(await connection.command('EVAL', "return {1, {'a', false}, -5}", '0')).toEqual([
      1,
      [Buffer.from('a'), null],
      -5,
    ]);
    const refused = await connection.command('LPUSH', 'key', 'x');
    expect(refused).toBeInstanceOf(RedisErrorReply);
    expect(refused).toMatchObject({ code: 'WRONGTYPE' });
    connection.close();
  });

  it('keeps the order of replies to concurrent calls, also when they span many chunks', async () => {
    const connection = await openConnection(open.endpoint, LIMITS);
    await connection.command('SET', 'large', Buffer.alloc(3_000_000, 'z'));
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 10 === 0 ? connection.command('GET', 'large') : connection.command('ECHO', `${index}`),
    );
    const replies = await Promise.all(calls);
    replies.forEach((reply, index) => {
      if (index % 10 === 0) expect(reply).toHaveLength(3_000_000);
      else expect(String(reply)).toBe(`${index}`);
    });
    connection.close();
  });

  it('keeps only size and digest of a reply above its limit, and reads on behind it', async () => {
    const connection = await openConnection(open.endpoint, { ...LIMITS, maxReplyBytes: 300_000 });
    await connection.command('SET', 'large', Buffer.alloc(1_000_000, 'z'));
    const [first, second, third] = await connection.pipeline(
      encodeCommands([
        ['GET', 'large'],
        ['GET', 'large'],
        ['ECHO', 'behind'],
      ]),
    );
    expect(first).toMatchObject({ bytes: 1_000_012, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(second).toEqual(first);
    expect(String(third)).toContain('behind');
    connection.close();
  });

  it('authenticates with a password, or with name and password', async () => {
    const byPassword = await openConnection({ ...locked.endpoint, password: 'top secret' }, LIMITS);
    expect(await byPassword.command('PING')).toBe('PONG');
    const reader = { ...locked.endpoint, username: 'reader', password: 'secret word' };
    const byName = await openConnection(reader, LIMITS);
    expect(await byName.command('SET', 'a', 'b')).toMatchObject({ code: 'NOPERM' });
    byPassword.close();
    byName.close();
  });

  it('accepts a server that has no password', async () => {
    const connection = await openConnection({ ...open.endpoint, password: 'needless' }, LIMITS);
    expect(await connection.command('PING')).toBe('PONG');
    connection.close();
  });

  it.each([{ password: 'wrong one' }, {}])(
    'says that it may not in, without the password (%o)',
    async (secrets) => {
      const failure = await openConnection({ ...locked.endpoint, ...secrets }, LIMITS).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: 'COMPARE_AUTH', retryable: false });
      expect(String(failure)).not.toContain('wrong one');
    },
  );

  it('says that nobody is there', async () => {
    const endpoint = await fakeServer(() => undefined);
    for (const fake of fakes.splice(0)) await new Promise((resolve) => fake.close(resolve));
    await expect(openConnection(endpoint, LIMITS)).rejects.toMatchObject({
      code: 'COMPARE_CONNECT',
      retryable: true,
    });
  });

  it('gives up on a server that accepts and says nothing', async () => {
    const endpoint = await fakeServer(() => undefined);
    const failure = openConnection(endpoint, { ...LIMITS, connectTimeoutMs: 100 });
    await expect(failure).rejects.toMatchObject({ retryable: true });
  });

  it('gives up on a command without an answer, and is closed then', async () => {
    const endpoint = await fakeServer((socket, data) => {
      if (String(data).includes('PING')) socket.write('+PONG\r\n');
    });
    const connection = await openConnection(endpoint, { ...LIMITS, commandTimeoutMs: 100 });
    await expect(connection.command('GET', 'a')).rejects.toMatchObject({
      code: 'COMPARE_TIMEOUT',
      retryable: true,
    });
    await expect(connection.command('PING')).rejects.toMatchObject({ code: 'COMPARE_TIMEOUT' });
  });

  it('recognises what is not Redis', async () => {
    const endpoint = await fakeServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(openConnection(endpoint, LIMITS)).rejects.toMatchObject({
      code: 'COMPARE_PROTOCOL',
      retryable: false,
    });
  });

  it('waits for a server that is still loading', async () => {
    const endpoint = await fakeServer((socket) => socket.write('-LOADING Redis is loading the dataset\r\n'));
    await expect(openConnection(endpoint, LIMITS)).rejects.toMatchObject({
      code: 'COMPARE_NOT_READY',
      retryable: true,
    });
  });

  it('rejects what is pending when it is closed or cut', async () => {
    const mine = await openConnection(open.endpoint, LIMITS);
    const pending = mine.command('BLPOP', 'nothing', '0');
    mine.close();
    await expect(pending).rejects.toMatchObject({ code: 'COMPARE_CLOSED' });
    const cut = await openConnection(open.endpoint, LIMITS);
    const waiting = cut.command('BLPOP', 'nothing', '0');
    const id = String(await open.client.command('CLIENT', 'LIST')).match(/id=(\d+)[^\n]*cmd=blpop/)?.[1];
    const failure = expect(waiting).rejects.toMatchObject({ code: 'COMPARE_CONNECT', retryable: true });
    await open.client.command('CLIENT', 'KILL', ...(id === undefined ? ['TYPE', 'normal'] : ['ID', id]));
    await failure;
  });
});
