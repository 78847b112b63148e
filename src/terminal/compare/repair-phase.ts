import { createRepair, type RepairAdvance, type RepairOutcome } from '../../compare/repair.ts';
import type { RepairRequest } from './command-line.ts';
import { repairOptions } from './engine-options.ts';
import { runSlices } from './run-slices.ts';
import { type Session, SLICE_MS } from './session.ts';
import { troubleNote } from './trouble-note.ts';

export interface RepairedPhase {
  readonly outcome: RepairOutcome;
  readonly elapsedMs: number;
}

/** Makes one side equal to the other, or only looks what that would take; undefined when it was interrupted. Throws as `comparePhase`. */
export async function repairPhase(
  session: Session,
  { from, dryRun }: RepairRequest,
): Promise<RepairedPhase | undefined> {
  const { request, begun, display, clock, signal, watch } = session;
  const { keeper } = begun;
  const repair = createRepair({
    source: request.addresses.source.endpoint,
    target: request.addresses.target.endpoint,
    from,
    options: repairOptions(request, dryRun),
    clock,
    open: watch.open,
  });
  const startedAt = clock.now();
  try {
    const last = await runSlices<RepairAdvance['checkpoint'], RepairAdvance>({
      from: dryRun ? undefined : keeper.state.repair,
      advance: (checkpoint, slice) => repair.advance(checkpoint, slice),
      isDone: (step) => step.outcome !== undefined,
      onStep: async ({ checkpoint, progress }) => {
        // A dry run is not gone on with: its looks are worth little later.
        if (!dryRun) await keeper.take({ repair: checkpoint });
        display.show({
          doing: dryRun ? 'dry run' : 'repairing',
          progress,
          differences: progress.keysRepaired + progress.keysDeleted,
          byKind: checkpoint.repair.byKind,
          braking: progress.braking ?? false,
        });
      },
      onTrouble: (error, waitMs) => display.say(troubleNote(session, error, waitMs)),
      budgetMs: SLICE_MS,
      clock,
      signal,
    });
    if (last?.outcome === undefined) return undefined;
    return { outcome: last.outcome, elapsedMs: clock.now() - startedAt };
  } finally {
    await repair.close();
  }
}
