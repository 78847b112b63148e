import type { Verdict } from '../../compare/comparison.ts';
import { CompareError } from '../../compare/wire/compare-error.ts';
import { safeText } from '../words.ts';
import { commandAgain } from './again.ts';
import type { RepairRequest } from './command-line.ts';
import { type ComparedPhase, comparePhase } from './compare-phase.ts';
import type { Ending } from './ending.ts';
import { roundsOf } from './engine-options.ts';
import { type Answer, answerAfterRepair, answerOf } from './judgement.ts';
import { counted } from './kind-words.ts';
import { repairPhase } from './repair-phase.ts';
import { changedBy, questionLines, repairLines } from './repair-text.ts';
import { resultLines } from './result-text.ts';
import type { Session } from './session.ts';
import { StateError } from './state-file.ts';
import { type Trouble, troubleLines, troubleOf } from './trouble.ts';

/** Compares, and repairs what was asked to be. Whatever goes wrong ends as `undecided`, with what was done so far kept. */
export async function runPhases(session: Session): Promise<Ending> {
  try {
    const compared = await comparePhase(session);
    if (compared === undefined) return await unfinished(session, []);
    const ending = judged(session, compared);
    const { repair } = session.request;
    if (repair !== undefined && ending.answer !== 'equal') return await runRepair(session, repair, ending);
    await session.begun.keeper.remove();
    if (repair === undefined) return ending;
    const { from, dryRun } = repair;
    return { ...ending, repair: { from, dryRun }, lines: [...ending.lines, 'There is nothing to repair.'] };
  } catch (error) {
    session.begun.report?.discard();
    return await unfinished(session, [await troubleIn(session, error)]);
  }
}

/** A comparison that came to its end, as an ending. */
function judged(session: Session, { verdict, ...figures }: ComparedPhase): Ending & { verdict: Verdict } {
  const { request, begun } = session;
  const answer = answerOf(verdict);
  const report = begun.reportPath;
  const lines = resultLines({ answer, verdict, rounds: roundsOf(request), report, ...figures });
  return {
    answer,
    verdict,
    elapsedMs: figures.elapsedMs,
    report,
    lines,
    next: nextOf(session, answer, verdict),
  };
}

function nextOf({ request, around }: Session, answer: Answer, { sample }: Verdict): Ending['next'] {
  const again = (...more: string[]) => commandAgain(request, around.program, { more });
  if (answer === 'undecided') return [{ why: 'Compare again, best while nobody writes', command: again() }];
  if (answer === 'equal')
    return sample === undefined
      ? []
      : [{ why: 'Look at every key', command: commandAgain(request, around.program, { without: 'sample' }) }];
  const all = { why: 'Have every difference in a file', command: again('--report', 'differences.jsonl') };
  const repair = {
    why: 'See what would make the target equal to the source',
    command: commandAgain(request, around.program, {
      more: ['--repair-from', 'source', '--dry-run'],
      without: 'sample',
    }),
  };
  return [...(request.report === undefined ? [all] : []), repair];
}

async function runRepair(
  session: Session,
  repair: RepairRequest,
  compared: Ending & { verdict: Verdict },
): Promise<Ending> {
  const { begun, around, request } = session;
  const { from, dryRun } = repair;
  tellNow(session, [...compared.lines, '']);
  if (!dryRun && !(await isConfirmed(session, repair, compared.verdict))) {
    if (session.signal.aborted) return { ...(await unfinished(session, [])), verdict: compared.verdict };
    await begun.keeper.remove();
    const lines = [
      `Nothing was changed: the repair was not confirmed. --yes confirms it without a question.`,
    ];
    return { ...compared, repair: { from, dryRun }, lines, next: [] };
  }
  const repaired = await repairPhase(session, repair);
  if (repaired === undefined) return { ...(await unfinished(session, [])), verdict: compared.verdict };
  await begun.keeper.remove();
  const { outcome, elapsedMs } = repaired;
  const answer = dryRun ? compared.answer : answerAfterRepair(outcome);
  return {
    ...compared,
    answer,
    repair: { from, dryRun, outcome },
    elapsedMs: (compared.elapsedMs ?? 0) + elapsedMs,
    lines: repairLines({ from, outcome, answer, dryRun, elapsedMs }),
    next: dryRun
      ? [
          {
            why: `Make the ${changedBy(from)} equal to the ${from}`,
            command: commandAgain(request, around.program, { more: ['--repair-from', from] }),
          },
        ]
      : [],
  };
}

async function isConfirmed(
  session: Session,
  { from, yes }: RepairRequest,
  verdict: Verdict,
): Promise<boolean> {
  const { around, display, request, signal } = session;
  if (yes) return true;
  const { byKind, differences } = verdict;
  display.say(...questionLines(from, { addresses: request.addresses, byKind, differences }));
  const stopped = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined)),
  );
  const typed = await Promise.race([around.readLine(), stopped]);
  return typed?.trim().toLowerCase() === changedBy(from);
}

/** For people, at once: on the other stream where standard output is for a machine. */
function tellNow({ request, around, display }: Session, lines: readonly string[]): void {
  display.clear();
  (request.json ? display : { say: (...all: string[]) => around.stdout.write(safeText(all)) }).say(...lines);
}

/** It ended before it could tell. How far it came is kept. */
async function unfinished(session: Session, troubles: readonly Trouble[]): Promise<Ending> {
  const { request, around, begun } = session;
  const { keeper } = begun;
  await keeper.save();
  const { repair, comparison } = keeper.state;
  const what = repair === undefined ? 'comparison' : 'repair';
  const done = comparison === undefined ? '' : `, after ${counted(comparison.keysCompared, 'key')}`;
  const repairing = request.repair === undefined ? [] : ['--repair-from', request.repair.from];
  const kept = keeper.isSaved
    ? `How far it came is kept in ${keeper.path}.`
    : `How far it came could not be kept: it has to begin again.`;
  return {
    answer: 'undecided',
    interrupted: troubles.length === 0,
    troubles,
    report: begun.reportPath,
    state: keeper.isSaved ? keeper.path : undefined,
    lines: [
      `COULD NOT TELL: the ${what} ${troubles.length === 0 ? 'was interrupted' : 'could not go on'}${done}.`,
      ...troubleLines(troubles),
      kept,
    ],
    next: keeper.isSaved
      ? [
          {
            why: 'Go on from there',
            command: commandAgain(request, around.program, { more: [...repairing, '--resume'] }),
          },
        ]
      : [],
  };
}

async function troubleIn({ watch, request }: Session, error: unknown): Promise<Trouble> {
  if (error instanceof StateError)
    return { code: 'REPORT', side: undefined, message: error.message, cure: 'Make room for it, then go on.' };
  const side = error instanceof CompareError ? await watch.findSideOf(error) : undefined;
  return troubleOf(error, side, side === undefined ? undefined : request.addresses[side]);
}
