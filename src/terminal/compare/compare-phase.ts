import { type Advance, createComparison, type Verdict } from '../../compare/comparison.ts';
import { comparisonOptions } from './engine-options.ts';
import { runSlices } from './run-slices.ts';
import { type Session, SLICE_MS } from './session.ts';
import { troubleNote } from './trouble-note.ts';

export interface ComparedPhase {
  readonly verdict: Verdict;
  /** Over all the time it worked, before an interruption too. */
  readonly keysPerSecond: number;
  readonly elapsedMs: number;
}

const MAX_SEED = 0xffff_ffff;

/** Compares to the end; undefined when it was interrupted. Throws a `CompareError`, or what the file system says of the report. */
export async function comparePhase(session: Session): Promise<ComparedPhase | undefined> {
  const { request, begun, display, clock, signal, watch } = session;
  const { keeper, report } = begun;
  const from = keeper.state.comparison;
  const seed = from?.sample?.seed ?? Math.floor(session.around.random() * MAX_SEED);
  const comparison = createComparison({
    source: request.addresses.source.endpoint,
    target: request.addresses.target.endpoint,
    options: comparisonOptions(request, seed),
    clock,
    open: watch.open,
    onDifference: (difference, held) => report?.add(difference, request.values ? held : {}),
  });
  const startedAt = clock.now();
  try {
    const last = await runSlices<Advance['checkpoint'], Advance>({
      from,
      advance: (checkpoint, slice) => comparison.advance(checkpoint, slice),
      isDone: (step) => step.verdict !== undefined,
      onStep: async ({ checkpoint, progress }) => {
        await keeper.take({ comparison: checkpoint });
        const { differences, byKind } = checkpoint;
        display.show({
          doing: 'comparing',
          progress,
          differences,
          byKind,
          braking: progress.braking ?? false,
        });
      },
      onTrouble: (error, waitMs) => {
        report?.discard();
        display.say(troubleNote(session, error, waitMs));
      },
      budgetMs: SLICE_MS,
      clock,
      signal,
    });
    if (last?.verdict === undefined) return undefined;
    const elapsedMs = clock.now() - startedAt;
    return { verdict: last.verdict, keysPerSecond: last.progress.keysPerSecond, elapsedMs };
  } finally {
    await comparison.close();
  }
}
