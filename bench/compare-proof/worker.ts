/**
 * A process that compares or repairs, as a product would run it: in slices, with its checkpoint kept in a file that is replaced as a
 * whole. Started again after a SIGKILL it goes on from that file. Tells its parent what came out and what it cost.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { createComparison } from '../../src/compare/comparison.ts';
import { comparisonOptionsSchema } from '../../src/compare/comparison-options.ts';
import { repairOptionsSchema } from '../../src/compare/repair/repair-options.ts';
import { createRepair } from '../../src/compare/repair.ts';

const endpoint = z.strictObject({ host: z.string(), port: z.int() });
const shared = {
  source: endpoint,
  target: endpoint,
  /** Work between two checkpoints. */
  sliceMs: z.int(),
  /** Unset: the checkpoint is kept in memory only. */
  checkpointFile: z.string().optional(),
};
/** What a worker is to do, as JSON in its first argument. */
export const workerTaskSchema = z.discriminatedUnion('work', [
  z.strictObject({ work: z.literal('compare'), options: comparisonOptionsSchema.partial(), ...shared }),
  z.strictObject({
    work: z.literal('repair'),
    from: z.enum(['source', 'target']),
    options: repairOptionsSchema.partial(),
    ...shared,
  }),
]);
type Task = z.output<typeof workerTaskSchema>;

/** One of the two kinds of work, with what they have in common. */
interface Running {
  advance(checkpoint: unknown): Promise<Step>;
  close(): Promise<void>;
}
interface Step {
  readonly checkpoint: unknown;
  readonly waitMs?: number;
  readonly result?: object;
}

function begin(task: Task): Running {
  const { source, target, sliceMs: budgetMs } = task;
  const clock = { now: () => Date.now() };
  if (task.work === 'compare') {
    const comparison = createComparison({ source, target, options: given(task.options), clock });
    return {
      close: () => comparison.close(),
      advance: async (checkpoint) => {
        const step = await comparison.advance(checkpoint as never, { budgetMs });
        return { ...step, ...(step.verdict === undefined ? {} : { result: step.verdict }) };
      },
    };
  }
  const repair = createRepair({ source, target, from: task.from, options: given(task.options), clock });
  return {
    close: () => repair.close(),
    advance: async (checkpoint) => {
      const step = await repair.advance(checkpoint as never, { budgetMs });
      return { ...step, ...(step.outcome === undefined ? {} : { result: step.outcome }) };
    },
  };
}

/** Without what was left out: a default belongs to the engine. */
function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

async function readCheckpoint(file: string | undefined): Promise<unknown> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

async function keep(file: string | undefined, checkpoint: unknown): Promise<void> {
  if (file === undefined) return;
  await writeFile(`${file}.new`, JSON.stringify(checkpoint));
  await rename(`${file}.new`, file);
}

async function work(task: Task): Promise<object> {
  const running = begin(task);
  let checkpoint = await readCheckpoint(task.checkpointFile);
  for (;;) {
    const step = await running.advance(checkpoint);
    checkpoint = step.checkpoint;
    await keep(task.checkpointFile, checkpoint);
    if (step.result !== undefined) {
      await running.close();
      return step.result;
    }
    if (step.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
  }
}

const task = workerTaskSchema.parse(JSON.parse(process.argv[2] ?? 'null'));
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
const result = await work(task);
const cpu = process.cpuUsage(cpuBefore);
process.send?.({
  result,
  seconds: (performance.now() - startedAt) / 1_000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  // What the process ever had at most, by the kernel's own count.
  peakRssMb: process.resourceUsage().maxRSS / 1_024,
});
process.disconnect?.();
