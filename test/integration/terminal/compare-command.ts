import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runCompare } from '../../../src/terminal/compare/compare.ts';
import type { TestServer } from '../compare/redis-servers.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What a run of the command said, and its exit code; null when it was killed. */
export interface Said {
  exit: number | null;
  out: string;
  err: string;
}

export function urlOf(server: TestServer, user = ''): string {
  return `redis://${user}${server.endpoint.host}:${server.endpoint.port}`;
}

export function labelOf(server: TestServer): string {
  return `${server.endpoint.host}:${server.endpoint.port}`;
}

/** A folder of its own for a test's files. */
export async function makeFolder(): Promise<{ path(name: string): string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'compare-command-'));
  return {
    path: (name) => join(folder, name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The command inside this process, with what a person types at its question. */
export async function typeHere(words: readonly string[], answer?: string): Promise<Said> {
  const said: Said = { exit: null, out: '', err: '' };
  said.exit = await runCompare(words, {
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
    program: 'redis-upgrade',
    now: () => Date.now(),
    random: () => 0.5,
    readLine: async () => answer,
    onInterrupt: () => undefined,
  });
  return said;
}

/** The command as a process of its own. */
export function start(words: readonly string[]): { child: ChildProcess; said: Promise<Said> } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'compare', ...words], {
    cwd: root,
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: Said = { exit: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  child.stdin.end();
  return {
    child,
    said: new Promise((resolve) => {
      child.once('close', (exit) => resolve({ ...said, exit }));
    }),
  };
}

const reportLine = z.strictObject({
  db: z.int(),
  key: z.string(),
  keyBase64: z.base64(),
  type: z.string(),
  kind: z.string(),
  where: z.string(),
});
export type ReportLine = z.infer<typeof reportLine>;

/** Every line of a report, which has to be whole. */
export async function readReport(path: string): Promise<ReportLine[]> {
  const text = await readFile(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line of the report is not whole');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => reportLine.parse(JSON.parse(line)));
}

/** `db3 hello extra`, sorted: a report as a set of differences. */
export function differencesIn(lines: readonly ReportLine[]): string[] {
  return lines.map(({ db, keyBase64, kind }) => `db${db} ${Buffer.from(keyBase64, 'base64')} ${kind}`).sort();
}
