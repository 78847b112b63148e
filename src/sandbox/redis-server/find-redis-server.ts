import { existsSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { redisFromDebianPackage } from './debian-package.ts';
import { compareVersions, inspectBinary, type RedisBinary } from './redis-binary.ts';

export interface FindRedisServerOptions {
  /** Wanted version, for example `2.8`; a newer server is found as well, and the sandbox lets it pose. */
  version?: string;
  /** The environment: `SANDBOX_REDIS_2_8` and so on, `PATH`, `XDG_CACHE_HOME`, `HOME`. */
  env: Record<string, string | undefined>;
  /** Where Debian's package is unpacked; default `redis-upgrade` in the user's cache folder. */
  cacheDirectory?: string;
}

const programNames = ['redis-server', 'valkey-server'];

/**
 * Looks for a redis-server: the variable of the wanted version (which must name a server of just that version), then
 * PATH, then Debian's own package in a cache folder of the user. Throws an error that says what to do when there is none.
 */
export async function findRedisServer(options: FindRedisServerOptions): Promise<RedisBinary> {
  if (platform() !== 'linux') {
    throw new Error(
      `The sandbox runs on Linux only, as every instance has a 127.x.y.z address of its own, which ${platform()} does not serve.\n${howToGetOne}`,
    );
  }
  const named = await fromVariable(options);
  if (named) return named;
  const wanted = options.version ?? '0';
  const reasons: string[] = [];
  for await (const found of search(options)) {
    if (typeof found === 'string') reasons.push(found);
    else if (compareVersions(found.version, wanted) >= 0) return found;
    else reasons.push(`${found.path} is ${found.version}, older than ${wanted}`);
  }
  throw new Error(
    `No redis-server found on PATH nor by way of Debian's package.\n${reasons.join('\n')}\n${howToGetOne}`,
  );
}

async function* search({
  env,
  cacheDirectory,
}: FindRedisServerOptions): AsyncGenerator<RedisBinary | string> {
  for (const candidate of candidates(env)) {
    if (existsSync(candidate)) yield await inspectBinary(candidate);
  }
  yield await redisFromDebianPackage(cacheDirectory ?? defaultCache(env), env);
}

/** The name of the variable that names a server of this version: `SANDBOX_REDIS_2_8`. */
function variableOf(version: string): string {
  return `SANDBOX_REDIS_${version.replaceAll('.', '_')}`;
}

async function fromVariable({ version, env }: FindRedisServerOptions): Promise<RedisBinary | undefined> {
  if (version === undefined) return undefined;
  const variable = variableOf(version);
  const path = env[variable];
  if (path === undefined || path === '') return undefined;
  const binary = await inspectBinary(path);
  if (typeof binary === 'string') throw new Error(`${variable}=${path} does not run: ${binary}`);
  if (compareVersions(binary.version, version) !== 0) {
    throw new Error(`${variable}=${path} is redis-server ${binary.version}, not ${version}`);
  }
  return binary;
}

function candidates(env: Record<string, string | undefined>): string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return programNames.flatMap((name) => folders.map((folder) => join(folder, name)));
}

function defaultCache(env: Record<string, string | undefined>): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(base, 'redis-upgrade');
}

const howToGetOne = `Get one with:
  Debian, Ubuntu:  sudo apt-get install redis-server
  macOS:           run the sandbox in a container, as it needs Linux:
                   docker run --rm -it -v "$PWD":/app -w /app node:20 bash -c "npm ci && npm run demo"
  Docker:          docker run --rm -it -v "$PWD":/app -w /app node:20 bash -c "apt-get update && apt-get install -y redis-server && npm ci && npm run demo"
or name one in SANDBOX_REDIS_2_8, SANDBOX_REDIS_4_0 and so on.`;
