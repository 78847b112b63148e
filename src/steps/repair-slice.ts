import { type RepairCheckpoint, repairCheckpointSchema } from '../compare/repair/repair-checkpoint.ts';
import { createRepair, type RepairAdvance, type RepairOutcome } from '../compare/repair.ts';
import type { Instance } from '../upgrade/instance.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import type { StepDeps } from './step-deps.ts';

const SHOWN_EXAMPLES = 5;
/** Nobody is to be spared: every ms is one in which nobody can write. */
const BEHIND_A_FENCE = {
  mode: 'fast',
  roundDelayMs: 0,
  lookDelayMs: 0,
  batchKeys: 1_000,
  sparedKeys: 1_000,
  lanes: 4,
} as const;

/** The same difference seen twice is none that the copy is about to cure. */
const BESIDE_A_COPY = { looksBeforeRepair: 2, maxExamples: 1_000 } as const;

/** What is to be made equal, and how gently. */
export interface RepairTask {
  source: Instance;
  target: Instance;
  /** The side whose data is right. */
  from: 'source' | 'target';
  /** Nobody writes to either side, so nothing has to be waited for and nobody is to be spared. */
  fenced: boolean;
  /** A sync job copies in the same direction all the time: what is only on its way is left to it. */
  copyIsLive?: boolean;
}

/** One slice of making both sides equal, resumable after a crash. Its checkpoint belongs to this start of the step. */
export async function repairSlice(
  deps: StepDeps,
  context: StepContext,
  task: RepairTask,
): Promise<RepairAdvance> {
  const { settings, access } = deps;
  const repair = createRepair({
    source: access.endpoint(task.source.id, task.source.address),
    target: access.endpoint(task.target.id, task.target.address),
    from: task.from,
    options: {
      // Before its fence the side that is right is the one that serves clients.
      spare: task.from,
      ...(task.fenced ? BEHIND_A_FENCE : { roundDelayMs: settings.verifyRoundMs }),
      ...(task.copyIsLive === true ? BESIDE_A_COPY : {}),
      commandTimeoutMs: settings.redisCommandTimeoutMs,
      connectTimeoutMs: settings.redisConnectTimeoutMs,
      ...(task.fenced || settings.verifyKeysPerSecond === undefined
        ? {}
        : { maxKeysPerSecond: settings.verifyKeysPerSecond }),
    },
    clock: deps.clock,
    open: access.open,
  });
  const name = `repair:${context.step.startedAtMs}`;
  try {
    const checkpoint = await readCheckpoint(context, name);
    const advance = await repair.advance(checkpoint, {
      budgetMs: settings.verifySliceMs,
      signal: context.signal,
    });
    await context.scratch.write(name, JSON.stringify(advance.checkpoint));
    return advance;
  } finally {
    await repair.close();
  }
}

/** A checkpoint that cannot be read is no loss: the repair begins again. */
async function readCheckpoint(context: StepContext, name: string): Promise<RepairCheckpoint | undefined> {
  const stored = await context.scratch.read(name);
  if (stored === undefined) return undefined;
  try {
    return repairCheckpointSchema.safeParse(JSON.parse(stored)).data;
  } catch {
    return undefined;
  }
}

export function describeRepair({ progress }: RepairAdvance): string {
  const { keysCompared, keysTotalEstimate, keysRepaired, keysDeleted } = progress;
  return `${keysCompared} of about ${keysTotalEstimate} keys compared, ${keysRepaired} copied, ${keysDeleted} deleted`;
}

export function percentOfRepair({ progress }: RepairAdvance): number {
  return Math.min(100, Math.round((100 * progress.keysCompared) / Math.max(1, progress.keysTotalEstimate)));
}

/** Why two sides could not be made equal, with names of keys and never their values. */
export function describeUnequal(outcome: RepairOutcome): string {
  const examples = [...outcome.unrepairable, ...outcome.stillDifferentExamples]
    .slice(0, SHOWN_EXAMPLES)
    .map(({ key, type, db }) => `${key} (${type}, db ${db})`);
  const counts = [
    [outcome.stillDifferent, 'stay different'],
    [outcome.unrepairableCount, 'have no form on the other side'],
    [outcome.unsettledKeys, 'are written to all the time'],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} keys ${what}`);
  return `${said.join(', ') || 'the comparison did not come to its end'}. For example ${examples.join(', ') || 'none'}.`;
}
