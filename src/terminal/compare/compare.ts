import type { SideName } from './address.ts';
import { beginOrResume } from './begin.ts';
import { type CompareRequest, readCompareCommand } from './command-line.ts';
import { readCredentials } from './credentials.ts';
import type { Ending } from './ending.ts';
import { EXIT_CODES } from './judgement.ts';
import { lookAtSide, type SideLook } from './look-at-side.ts';
import { openingLines } from './opening-text.ts';
import { compareHelp } from './options.ts';
import { ProgressDisplay } from './progress-display.ts';
import { runPhases } from './run-phases.ts';
import { StateError } from './state-file.ts';
import type { CompareSurroundings } from './surroundings.ts';
import { tell } from './tell.ts';
import { type Trouble, troubleLines, troubleOf } from './trouble.ts';
import { SideWatch } from './which-side.ts';

type Looks = Readonly<Record<SideName, SideLook>>;

/**
 * `redis-upgrade compare SOURCE TARGET`: compares two servers, and makes one equal to the other if asked to. Answers the exit code: 0
 * equal, 1 different, 2 could not tell or wrong use. Never shows a password.
 */
export async function runCompare(args: readonly string[], around: CompareSurroundings): Promise<number> {
  const typed = readCompareCommand(args);
  if (typed.kind === 'help') {
    around.stdout.write(compareHelp(around.program));
    return EXIT_CODES.equal;
  }
  if (typed.kind === 'problems') {
    const lines = [...typed.problems, `See ${around.program} compare --help.`];
    const troubles = typed.problems.map(use);
    return tell(around, { ending: { answer: 'undecided', troubles, lines, next: [] }, json: typed.json });
  }
  const ending = await runRequest(typed.request, around).catch(defect);
  return tell(around, { ending, json: typed.request.json, addresses: typed.request.addresses });
}

async function runRequest(asked: CompareRequest, around: CompareSurroundings): Promise<Ending> {
  const display = new ProgressDisplay(around.stderr, () => around.now());
  const request = await withCredentials(asked, display);
  if ('answer' in request) return request;
  const watch = new SideWatch(request.addresses);
  const looks = await lookAtBoth(request, watch);
  if ('answer' in looks) return looks;
  display.say(...openingLines(request, looks));
  try {
    const begun = await beginOrResume(request, {
      now: () => around.now(),
      warn: (text) => display.say(text),
    });
    display.say(...begun.notes);
    const clock = { now: () => around.now() };
    const session = { request, around, display, watch, begun, clock, signal: interruption(around, display) };
    try {
      return { ...(await runPhases(session)), looks };
    } finally {
      display.clear();
      await begun.report?.close();
    }
  } catch (error) {
    if (error instanceof StateError) return { ...badUse(error.message), looks };
    throw error;
  }
}

/** Aborted by the first Ctrl-C; the second one ends the process. */
function interruption(around: CompareSurroundings, display: ProgressDisplay): AbortSignal {
  const controller = new AbortController();
  around.onInterrupt(() => {
    display.say('Stopping after the keys under way; once more ends it at once.');
    controller.abort();
  });
  return controller.signal;
}

async function withCredentials(
  request: CompareRequest,
  display: ProgressDisplay,
): Promise<CompareRequest | Ending> {
  const { addresses, credentials } = request;
  if (addresses.source.passwordTyped || addresses.target.passwordTyped)
    display.say(
      'A password in a URL can be seen by other users of this machine, and stays in the history of the shell: --credentials FILE avoids both.',
    );
  if (credentials === undefined) return request;
  const credited = await readCredentials(credentials, addresses);
  if (!credited.ok) return badUse(credited.problem);
  if (credited.warning !== undefined) display.say(credited.warning);
  return { ...request, addresses: credited.addresses };
}

/** Looks at both sides at once, so that everything that is wrong with either is said at once. */
async function lookAtBoth(request: CompareRequest, watch: SideWatch): Promise<Looks | Ending> {
  const { addresses } = request;
  const sides = ['source', 'target'] as const;
  const outcomes = await Promise.allSettled(sides.map((side) => lookAtSide(watch.open, addresses[side])));
  const troubles = outcomes.flatMap((outcome, index) => {
    const side = sides[index] ?? 'source';
    return outcome.status === 'rejected' ? [troubleOf(outcome.reason, side, addresses[side])] : [];
  });
  const [source, target] = outcomes;
  if (source?.status === 'fulfilled' && target?.status === 'fulfilled')
    return { source: source.value, target: target.value };
  return { answer: 'undecided', troubles, lines: troubleLines(troubles), next: [] };
}

function badUse(message: string): Ending {
  return { answer: 'undecided', troubles: [use(message)], lines: [message], next: [] };
}

/** Nothing that goes wrong may look like an answer: a process that dies of an error exits with 1. */
function defect(error: unknown): Ending {
  const troubles = [troubleOf(error, undefined, undefined)];
  return { answer: 'undecided', troubles, lines: troubleLines(troubles), next: [] };
}

function use(message: string): Trouble {
  return { code: 'USE', side: undefined, message, cure: '' };
}
