import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRedisServer } from '../../../../src/sandbox/redis-server/find-redis-server.ts';
import { launchRedisServer } from '../../../../src/sandbox/redis-server/launch-redis-server.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-server-'));
});
afterAll(async () => await rm(directory, { recursive: true, force: true }));

/** A program that says it is a redis-server of the version. */
async function pretender(folder: string, name: string, line: string): Promise<string> {
  const path = join(directory, folder, name);
  await import('node:fs/promises').then(
    async ({ mkdir }) => await mkdir(join(directory, folder), { recursive: true }),
  );
  await writeFile(path, `#!/bin/sh\necho '${line}'\n`);
  await chmod(path, 0o755);
  return path;
}

async function ask(
  endpoint: { path: string } | { host: string; port: number },
  request: string,
): Promise<string> {
  const socket = connect(endpoint);
  socket.write(request);
  const [chunk] = await once(socket, 'data');
  socket.destroy();
  return String(chunk);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('looking for a redis-server', () => {
  it('takes the one that the variable of the version names', async () => {
    const path = await pretender('named', 'my-redis', 'Redis server v=2.8.24 sha=0 malloc=libc');
    const found = await findRedisServer({ version: '2.8', env: { ...process.env, SANDBOX_REDIS_2_8: path } });
    expect(found).toEqual({ path, env: {}, version: '2.8.24' });
  });

  it('does not go on when the variable names something that does not run, or another version', async () => {
    const missing = { version: '4.0', env: { ...process.env, SANDBOX_REDIS_4_0: '/no/such/redis' } };
    await expect(findRedisServer(missing)).rejects.toThrow('SANDBOX_REDIS_4_0=/no/such/redis does not run');
    const path = await pretender('wrong', 'redis-server', 'Redis server v=5.0.14 sha=0');
    const wrong = { version: '4.0', env: { ...process.env, SANDBOX_REDIS_4_0: path } };
    await expect(findRedisServer(wrong)).rejects.toThrow('is redis-server 5.0.14, not 4.0');
  });

  it('looks on PATH for redis-server, then for valkey-server, and passes by what is broken or too old', async () => {
    const broken = await pretender('broken', 'redis-server', 'not a server at all');
    const old = await pretender('old', 'redis-server', 'Redis server v=3.0.0 sha=0');
    const valkey = await pretender('valkey', 'valkey-server', 'Valkey server v=8.0.1 sha=0');
    const PATH = [broken, old, valkey].map((path) => resolve(path, '..')).join(':');
    expect(await findRedisServer({ version: '4.0', env: { PATH } })).toMatchObject({
      path: valkey,
      version: '8.0.1',
    });
    expect(await findRedisServer({ version: '2.8', env: { PATH } })).toMatchObject({ path: old });
  });

  it('says what was tried and how to get one when there is none', async () => {
    const blocked = join(directory, 'not-a-folder');
    await writeFile(blocked, '');
    const error = await findRedisServer({ version: '2.8', env: { PATH: '' }, cacheDirectory: blocked }).catch(
      String,
    );
    expect(error).toContain('No redis-server found');
    expect(error).toContain('sudo apt-get install redis-server');
    expect(error).toContain('macOS');
    expect(error).toContain('docker run');
    expect(error).toContain('SANDBOX_REDIS_2_8');
  });

  // The one test of this project that needs a package mirror; without apt-get there is nothing to test.
  it.skipIf(!existsSync('/usr/bin/apt-get'))(
    "unpacks Debian's package without root or installing, from several processes at once, and uses it again",
    { timeout: 240_000 },
    async () => {
      const cacheDirectory = join(directory, 'cache');
      const options = { version: '2.8', env: { PATH: '' }, cacheDirectory };
      const [one, other] = await Promise.all([findRedisServer(options), findRedisServer(options)]);
      expect(one.path.startsWith(cacheDirectory)).toBe(true);
      expect(other).toEqual(one);
      expect(await readdir(cacheDirectory)).toEqual(['debian-redis-server']);
      const server = await launchRedisServer({
        binary: one,
        directory: join(directory, 'unpacked'),
        listen: { unixSocket: join(directory, 'unpacked.sock') },
      });
      expect(await ask(server.endpoint, 'PING\r\n')).toBe('+PONG\r\n');
      await server.stop();
      const before = performance.now();
      expect(await findRedisServer(options)).toEqual(one);
      expect(performance.now() - before).toBeLessThan(1_000);
    },
  );
});

describe('a launched redis-server', () => {
  it('answers at a unix socket or a loopback port, asks for its password, and is gone after stop', async () => {
    const binary = await findRedisServer({ env: process.env });
    const password = 'with "quotes" and \\ too';
    const onSocket = await launchRedisServer({
      binary,
      directory: join(directory, 'socket'),
      listen: { unixSocket: join(directory, 'redis.sock') },
      password,
    });
    expect(await ask(onSocket.endpoint, 'PING\r\n')).toContain('-NOAUTH');
    const auth = `*2\r\n$4\r\nAUTH\r\n$${password.length}\r\n${password}\r\n`;
    expect(await ask(onSocket.endpoint, auth)).toBe('+OK\r\n');
    const config = await readFile(join(directory, 'socket', 'redis.conf'), 'utf8');
    expect(config).toContain('appendonly "no"');
    const onPort = await launchRedisServer({
      binary,
      directory: join(directory, 'port'),
      listen: { host: '127.77.1.9', port: 16_379 },
      settings: { maxmemory: '10mb' },
    });
    expect(await ask(onPort.endpoint, 'CONFIG GET maxmemory\r\n')).toContain('10485760');
    await onSocket.stop();
    await onPort.stop();
    await onPort.stop();
    expect([isAlive(onSocket.pid), isAlive(onPort.pid)]).toEqual([false, false]);
  });

  it('tells the end of its log when it does not start', async () => {
    const binary = await findRedisServer({ env: process.env });
    const broken = launchRedisServer({
      binary,
      directory: join(directory, 'broken-config'),
      listen: { unixSocket: join(directory, 'broken.sock') },
      settings: { 'no-such-directive': 'x' },
    });
    await expect(broken).rejects.toThrow(/did not start: .*no-such-directive/s);
    const nowhere = { path: '/no/such/program', env: {} };
    const listen = { unixSocket: join(directory, 'nowhere.sock') };
    await expect(
      launchRedisServer({ binary: nowhere, directory: join(directory, 'nowhere'), listen }),
    ).rejects.toThrow('/no/such/program did not start');
  });

  it('refuses to listen outside the loopback network', async () => {
    const binary = await findRedisServer({ env: process.env });
    const listen = { host: '0.0.0.0', port: 16_379 };
    await expect(launchRedisServer({ binary, directory: join(directory, 'open'), listen })).rejects.toThrow(
      'loopback',
    );
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'ends with its parent when that gets %s',
    async (signal) => {
      const script = join(directory, `parent-${signal}.mts`);
      const source = resolve('src/sandbox/redis-server');
      await writeFile(
        script,
        `import { findRedisServer } from '${source}/find-redis-server.ts';
       import { launchRedisServer } from '${source}/launch-redis-server.ts';
       const binary = await findRedisServer({ env: process.env });
       const server = await launchRedisServer({ binary, directory: '${directory}/${signal}', listen: { unixSocket: '${directory}/${signal}.sock' } });
       process.stdout.write('pid ' + server.pid + '\\n');
       setInterval(() => {}, 1000);`,
      );
      await symlink(resolve('node_modules'), join(directory, 'node_modules')).catch(() => undefined);
      const parent = spawn(process.execPath, ['--import', 'tsx', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(parent.stdout, 'data');
      const pid = Number(/pid (\d+)/.exec(String(line))?.[1]);
      expect(isAlive(pid)).toBe(true);
      parent.kill(signal);
      await once(parent, 'exit');
      const deadline = performance.now() + 5_000;
      while (await isRunning(pid)) {
        if (performance.now() > deadline) throw new Error(`The server outlived its parent's ${signal}`);
        await new Promise((done) => setTimeout(done, 10));
      }
    },
  );
});

/** Alive and not a zombie that nobody has reaped yet: its new parent may take its time. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}
