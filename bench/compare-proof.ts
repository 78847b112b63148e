/**
 * Proves what the comparison and the repair promise where a test is too small for it: over a live replica under writes, through kills, and
 * with values of 5,000,000 elements and 512 MB.
 *
 *   npx tsx bench/compare-proof.ts [--part moving|killed|big] [--runs 20]
 *
 * Without a part, all of them. Ends with 1 when something is not as promised.
 */
import { parseArgs } from 'node:util';
import { proveBigValues } from './compare-proof/big-values.ts';
import { proveKilled } from './compare-proof/killed.ts';
import { proveMovingData } from './compare-proof/moving.ts';
import { compileWorker } from './compare-proof/worker-process.ts';

const { values: args } = parseArgs({
  options: { part: { type: 'string' }, runs: { type: 'string', default: '20' } },
});

const runs = Number(args.runs);
const PARTS: Readonly<Record<string, (program: string) => Promise<boolean>>> = {
  moving: (program) => proveMovingData(program, runs),
  killed: proveKilled,
  big: proveBigValues,
};

const program = compileWorker();
try {
  for (const [name, prove] of Object.entries(PARTS)) {
    if (args.part !== undefined && args.part !== name) continue;
    if (!(await prove(program.file))) process.exitCode = 1;
  }
} finally {
  program.remove();
}
