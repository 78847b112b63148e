import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openConnection, type RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { findRedisServer } from '../../../src/sandbox/redis-server/find-redis-server.ts';
import {
  launchRedisServer,
  type RunningRedisServer,
} from '../../../src/sandbox/redis-server/launch-redis-server.ts';
import { freePort } from '../../../src/sandbox/world/free-port.ts';
import { countWrites, probeWrites } from '../../../src/steps/fence-probe.ts';
import { createRedisAccess } from '../../../src/steps/redis-access.ts';
import { DEFAULT_STEP_SETTINGS } from '../../../src/steps/settings.ts';

const LIMITS = { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 };
/** Nobody listens there: a replica of it serves what it has and refuses every write. */
const NO_MASTER = ['127.0.0.1', '1'];
let directory: string;
let server: RunningRedisServer;
let port: number;
let connection: RedisConnection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-upgrade-fence-'));
  port = await freePort();
  const binary = await findRedisServer({ env: process.env });
  server = await launchRedisServer({ binary, directory, listen: { port }, password: 'pass-word' });
  connection = await openConnection({ host: '127.0.0.1', port, password: 'pass-word' }, LIMITS);
});
afterAll(async () => {
  connection.close();
  await server.stop();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  await connection.command('REPLICAOF', 'NO', 'ONE');
  await connection.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
});

describe('the probe of the fence, on a real server', () => {
  it('finds an ordinary server open, and changes nothing', async () => {
    await connection.command('SET', 'kept', '1');
    expect(await probeWrites(connection)).toBe('open');
    expect(await connection.command('DBSIZE')).toBe(1);
  });

  it('finds one that refuses writes closed', async () => {
    await connection.command('REPLICAOF', ...NO_MASTER);
    expect(await probeWrites(connection)).toBe('closed');
  });

  it('finds one that wants more replicas closed, on a version that checks scripts too', async () => {
    await connection.command('CONFIG', 'SET', 'min-replicas-to-write', '9');
    expect(await probeWrites(connection)).toBe('closed');
  });

  it('does not take one that refuses to serve anything for a fenced one', async () => {
    await connection.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
    await connection.command('REPLICAOF', ...NO_MASTER);
    await expect(probeWrites(connection)).rejects.toMatchObject({
      code: 'REDIS_UNEXPECTED',
      retryable: true,
    });
    await connection.command('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
  });

  it('does not take a user without the right to write for a fence', async () => {
    await connection.command(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      '>reader',
      '~*',
      '+@read',
      '+@connection',
      '+ping',
    );
    const reader = await openConnection(
      { host: '127.0.0.1', port, username: 'reader', password: 'reader' },
      LIMITS,
    );
    try {
      await expect(probeWrites(reader)).rejects.toMatchObject({ code: 'REDIS_UNEXPECTED' });
    } finally {
      reader.close();
    }
  });

  it('is not reached with the wrong password, and the password is not in the message', async () => {
    const access = createRedisAccess(new Map([['crs-1', { password: 'wrong-word' }]]), DEFAULT_STEP_SETTINGS);
    const reached = access.use({ id: 'crs-1', address: { ip: '127.0.0.1', port } }, probeWrites);
    await expect(reached).rejects.toMatchObject({ code: 'COMPARE_AUTH', retryable: false });
    await expect(reached).rejects.not.toThrow('wrong-word');
  });
});

describe('the count of executed writes, on a real server', () => {
  it('grows with plain and scripted writes, not with reads', async () => {
    const before = await countWrites(connection);
    await connection.command('SET', 'a', '1');
    await connection.command('EVAL', "return redis.call('INCR', KEYS[1])", '1', 'a');
    await connection.command('GET', 'a');
    await connection.command('HGETALL', 'nothing');
    expect(await countWrites(connection)).toBe(before + 2);
  });

  it('stands still while writes are refused, the probe itself included', async () => {
    await connection.command('REPLICAOF', ...NO_MASTER);
    const before = await countWrites(connection);
    await probeWrites(connection);
    await connection.command('SET', 'a', '2');
    await connection.command('EVAL', "return redis.call('INCR', KEYS[1])", '1', 'a');
    expect(await countWrites(connection)).toBe(before);
  });
});
