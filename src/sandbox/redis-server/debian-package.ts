import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectBinary, type RedisBinary } from './redis-binary.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

const aptTimeoutMs = 180_000;
const unpackTimeoutMs = 60_000;
/** Libraries of libraries: how often missing ones are looked for before giving up. */
const maxLibraryRounds = 3;
const unpackedFolder = 'debian-redis-server';

interface AptSession {
  /** Scratch folder: apt's own state, downloads and the unpacked tree. */
  scratch: string;
  options: string[];
  env: Record<string, string | undefined>;
}

/**
 * A redis-server from Debian's (or Ubuntu's) own package, unpacked into `cacheDirectory` without root and without
 * installing anything. Reused when it is there; several processes at once are fine, the first to finish wins.
 * Returns a string saying why when there is no apt-get, no network or no such package.
 */
export async function redisFromDebianPackage(
  cacheDirectory: string,
  env: Record<string, string | undefined>,
): Promise<RedisBinary | string> {
  const home = join(cacheDirectory, unpackedFolder);
  const cached = await inspectUnpacked(home);
  if (typeof cached !== 'string') return cached;
  try {
    await mkdir(cacheDirectory, { recursive: true });
    const scratch = await mkdtemp(join(cacheDirectory, 'unpacking-'));
    try {
      return await downloadInto(home, await openAptSession(scratch, env));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function downloadInto(home: string, session: AptSession): Promise<RedisBinary | string> {
  const tree = join(session.scratch, 'tree');
  await apt(session, 'apt-get', ['update']);
  // On Debian 12 redis-server is a link into redis-tools, so both are needed.
  await unpackPackages(session, tree, ['redis-server', 'redis-tools']);
  await addMissingLibraries(session, tree);
  const unpacked = await inspectUnpacked(tree);
  if (typeof unpacked === 'string') return unpacked;
  try {
    await rename(tree, home);
  } catch {
    // Another process was first, or what lies there is broken: ours replaces only the broken.
    const theirs = await inspectUnpacked(home);
    if (typeof theirs !== 'string') return theirs;
    await rename(home, join(session.scratch, 'broken'));
    await rename(tree, home);
  }
  return await inspectUnpacked(home);
}

async function openAptSession(scratch: string, env: Record<string, string | undefined>): Promise<AptSession> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'log', 'tree']) {
    await mkdir(join(scratch, folder), { recursive: true });
  }
  const status = join(scratch, 'state', 'status');
  await writeFile(status, '');
  const settings = [
    `Dir::State=${join(scratch, 'state')}`,
    // An empty list of installed packages: the machine's own may be half configured, and nothing is installed here.
    `Dir::State::status=${status}`,
    `Dir::Cache=${join(scratch, 'cache')}`,
    `Dir::Log=${join(scratch, 'log')}`,
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
    // As root apt would drop to the user _apt, which cannot write into the user's cache folder.
    'APT::Sandbox::User=',
  ];
  // Hooks of the machine's apt configuration (docker-clean and the like) have no business with our folders.
  const config = join(scratch, 'apt.conf');
  await writeFile(config, '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n');
  return {
    scratch,
    options: ['-q', '-c', config, ...settings.flatMap((setting) => ['-o', setting])],
    // The tools of apt and dpkg call each other by name, and their folders need not be on the caller's PATH.
    env: {
      ...env,
      PATH: `${env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LC_ALL: 'C',
      DEBIAN_FRONTEND: 'noninteractive',
    },
  };
}

async function apt(session: AptSession, program: string, args: readonly string[]): Promise<ProgramResult> {
  const cwd = join(session.scratch, 'cache');
  const options = { cwd, env: session.env, timeoutMs: aptTimeoutMs };
  const result = await runProgram(program, [...session.options, ...args], options);
  if (result.code !== 0) {
    throw new Error(`${program} ${args.join(' ')} failed: ${result.output.trim().slice(-500)}`);
  }
  return result;
}

async function unpackPackages(session: AptSession, tree: string, packages: readonly string[]): Promise<void> {
  await apt(session, 'apt-get', ['download', ...packages]);
  const downloads = join(session.scratch, 'cache');
  for (const file of (await readdir(downloads)).filter((name) => name.endsWith('.deb'))) {
    const path = join(downloads, file);
    const result = await runProgram('dpkg-deb', ['-x', path, tree], {
      env: session.env,
      timeoutMs: unpackTimeoutMs,
    });
    if (result.code !== 0) throw new Error(`dpkg-deb -x ${file} failed: ${result.output.trim()}`);
    await rm(path);
  }
}

/** Fetches the libraries that the loader does not find, out of the packages that redis-tools depends on. */
async function addMissingLibraries(session: AptSession, tree: string): Promise<void> {
  const asked = new Set<string>(['libc6']);
  let parents = ['redis-tools'];
  for (let round = 0; round < maxLibraryRounds; round++) {
    const env = { ...session.env, LD_LIBRARY_PATH: (await libraryFolders(tree)).join(':') };
    const loader = await runProgram('ldd', [join(tree, 'usr/bin/redis-server')], { env });
    if (!loader.output.includes('not found')) return;
    const { output } = await apt(session, 'apt-cache', ['depends', '--important', ...parents]);
    const names = [...output.matchAll(/^\s+(?:Pre)?Depends: ([a-z0-9.+-]+)$/gm)].flatMap(
      ([, name]) => name ?? [],
    );
    parents = names.filter((name) => /^(lib|lua-)/.test(name) && !asked.has(name));
    if (parents.length === 0) return;
    for (const name of parents) asked.add(name);
    await unpackPackages(session, tree, parents);
  }
}

async function inspectUnpacked(tree: string): Promise<RedisBinary | string> {
  const folders = await libraryFolders(tree);
  const env: Record<string, string> = folders.length > 0 ? { LD_LIBRARY_PATH: folders.join(':') } : {};
  return await inspectBinary(join(tree, 'usr/bin/redis-server'), env);
}

/** `usr/lib`, `lib` and their folder of the machine's kind (x86_64-linux-gnu) of an unpacked tree. */
async function libraryFolders(tree: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const path = join(tree, base);
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    const kinds = entries.filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'));
    if (entries.length > 0) found.push(path, ...kinds.map((entry) => join(path, entry.name)));
  }
  return found;
}
