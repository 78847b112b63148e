import { runProgram } from './run-program.ts';

/** A redis-server (or valkey-server) program that was seen to run. */
export interface RedisBinary {
  path: string;
  /** What it needs in its environment besides the ordinary, for example LD_LIBRARY_PATH. */
  env: Record<string, string>;
  /** As the program itself tells, for example `7.0.15`. */
  version: string;
}

const minimalEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Environment for starting a redis-server: nothing of ours but the locale, and what the binary needs. */
export function environmentOf(binary: Pick<RedisBinary, 'env'>): Record<string, string> {
  return { ...minimalEnvironment, ...binary.env };
}

/** Asks the program for its version; a string saying what went wrong when it does not run or is something else. */
export async function inspectBinary(
  path: string,
  env: Record<string, string> = {},
): Promise<RedisBinary | string> {
  const result = await runProgram(path, ['--version'], { env: environmentOf({ env }) });
  if (result.code !== 0) return result.output.trim() || `${path} --version did not end well`;
  // "Redis server v=7.0.15 sha=…", "Valkey server v=8.0.1 …"
  const version = /\b(?:Redis|Valkey) server v=(\d+\.\d+\.\d+)/i.exec(result.output)?.[1];
  if (version === undefined)
    return `${path} --version does not look like redis-server: ${result.output.trim()}`;
  return { path, env, version };
}

/** Compares `2.8.24` with `4.0`, part by part, as far as both have parts: below 0, 0 or above 0. */
export function compareVersions(left: string, right: string): number {
  const leftParts = left.split('.').map(Number);
  const rightParts = right.split('.').map(Number);
  for (let i = 0; i < Math.min(leftParts.length, rightParts.length); i++) {
    const difference = (leftParts[i] ?? 0) - (rightParts[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
