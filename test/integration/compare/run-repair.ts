import type { RepairCheckpoint } from '../../../src/compare/repair/repair-checkpoint.ts';
import { createRepair, type RepairOutcome, type RepairParts } from '../../../src/compare/repair.ts';
import { clock, QUICK } from './run-comparison.ts';

/** Runs a repair to its outcome, each slice from the JSON of the checkpoint before. */
export async function runRepair(
  parts: Pick<RepairParts, 'source' | 'target' | 'from' | 'options' | 'onRepair'>,
  budgetMs = 1_000,
): Promise<RepairOutcome> {
  const repair = createRepair({ ...parts, options: { ...QUICK, ...parts.options }, clock });
  try {
    let checkpoint: RepairCheckpoint | undefined;
    for (;;) {
      const step = await repair.advance(checkpoint, { budgetMs });
      if (step.outcome !== undefined) return step.outcome;
      if (step.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
      checkpoint = JSON.parse(JSON.stringify(step.checkpoint));
    }
  } finally {
    await repair.close();
  }
}
