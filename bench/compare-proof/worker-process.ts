import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { workerTaskSchema } from './worker.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The worker compiled, as the product is: a loader of TypeScript in the process would be half of its memory. */
export interface WorkerProgram {
  readonly file: string;
  remove(): void;
}

/** Compiles a worker into a folder of its own, beside the packages it imports. */
export function compileWorker(entry = 'bench/compare-proof/worker.ts'): WorkerProgram {
  const folder = mkdtempSync(join(root, 'node_modules', '.compare-proof-'));
  const settings = {
    extends: join(root, 'tsconfig.build.json'),
    compilerOptions: { outDir: folder, rootDir: root, incremental: false, sourceMap: false },
    include: [],
    files: [join(root, entry)],
  };
  const remove = () => rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const compiled = spawnSync(process.execPath, [tsc, '-p', folder], { stdio: ['ignore', 2, 2] });
  if (compiled.status !== 0) {
    remove();
    throw new Error('compiling the worker of the benchmark');
  }
  return { file: join(folder, entry.replace(/\.ts$/, '.js')), remove };
}

const measuredSchema = z.object({
  result: z.looseObject({}),
  seconds: z.number(),
  cpuSeconds: z.number(),
  peakRssMb: z.number(),
});
/** What a worker that came to its end says of itself. */
export type Measured = z.infer<typeof measuredSchema>;

/** A worker at work. */
export interface RunningWorker {
  readonly child: ChildProcess;
  /** Undefined when it was killed; rejects when it failed. */
  readonly done: Promise<Measured | undefined>;
}

/** Starts a worker; `execArgv` are words for Node itself. */
export function startWorker(
  program: string,
  task: z.input<typeof workerTaskSchema>,
  execArgv: string[] = [],
): RunningWorker {
  const child = fork(program, [JSON.stringify(task)], { execArgv });
  const done = new Promise<Measured | undefined>((resolve, reject) => {
    let measured: Measured | undefined;
    child.once('message', (message) => {
      measured = measuredSchema.parse(message);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (measured !== undefined || signal === 'SIGKILL') resolve(measured);
      else reject(new Error(`a worker ended with code ${code}, signal ${signal}`));
    });
  });
  return { child, done };
}
