import { resolve } from 'node:path';
import type { CompareRequest } from './command-line.ts';
import { Keeper } from './keeper.ts';
import { ReportFile } from './report-file.ts';
import {
  type CompareState,
  codeOf,
  defaultStatePath,
  readState,
  StateError,
  type StateSettings,
} from './state-file.ts';

export interface Begun {
  readonly keeper: Keeper;
  readonly report: ReportFile | undefined;
  readonly reportPath: string | undefined;
  /** Worth saying before it starts. */
  readonly notes: readonly string[];
}

interface BeginOptions {
  readonly now: () => number;
  readonly warn: (text: string) => void;
}

/**
 * Opens the state and the report: those of an interrupted comparison with `--resume`, new ones without. Throws a `StateError`
 * when they belong to something else or cannot be used.
 */
export async function beginOrResume(request: CompareRequest, { now, warn }: BeginOptions): Promise<Begun> {
  const path = request.state ?? defaultStatePath(request.addresses);
  const found = await readState(path);
  const state = request.resume && found !== undefined ? found : freshState(request, now());
  if (state === found) refuseOther(state, { path, request });
  const reportPath = reportOf(state, request);
  const { report, lost } = await openReport(reportPath, state);
  const keeper = new Keeper({
    path,
    state,
    report: report === undefined || reportPath === undefined ? undefined : { path: reportPath, file: report },
    now,
    warn,
  });
  await keeper.save();
  if (!keeper.isSaved && request.state !== undefined) {
    await report?.close();
    throw new StateError(
      `--state ${path} cannot be written. Name a file in a folder that can be written to.`,
    );
  }
  const notes = [
    ...noteOfState({ path, found, resume: request.resume }),
    ...(lost
      ? [`The report ${reportPath} is shorter than it was: what was found before may be missing in it.`]
      : []),
  ];
  return { keeper, report, reportPath, notes };
}

function freshState(request: CompareRequest, now: number): CompareState {
  return {
    what: 'redis-upgrade compare',
    version: 1,
    source: request.addresses.source.label,
    target: request.addresses.target.label,
    begunAtMs: now,
    savedAtMs: now,
    settings: settingsOf(request),
  };
}

function settingsOf({ sampleShare, rounds, ttlToleranceMs }: CompareRequest): StateSettings {
  return {
    ...(sampleShare === undefined ? {} : { sampleShare }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(ttlToleranceMs === undefined ? {} : { ttlToleranceMs }),
  };
}

const OTHER_STATE = 'Name another file with --state, or leave out --resume to begin again.';

function refuseOther(
  state: CompareState,
  { path, request }: { path: string; request: CompareRequest },
): void {
  const { source, target } = request.addresses;
  if (state.source !== source.label || state.target !== target.label)
    throw new StateError(
      `${path} belongs to a comparison of ${state.source} with ${state.target}, not of ${source.label} with ${target.label}. ${OTHER_STATE}`,
    );
  const options = [
    ['sample', state.settings.sampleShare, request.sampleShare],
    ['rounds', state.settings.rounds, request.rounds],
    ['ttl-tolerance', state.settings.ttlToleranceMs, request.ttlToleranceMs],
  ] as const;
  const changed = options.filter(([, before, now]) => before !== now).map(([name]) => `--${name}`);
  if (changed.length > 0)
    throw new StateError(
      `The comparison in ${path} was begun with another ${changed.join(' and ')}: give the same. ${OTHER_STATE}`,
    );
  const from = state.repair?.from;
  if (from === undefined || (request.repair?.from === from && !request.repair.dryRun)) return;
  throw new StateError(
    `A repair from the ${from} was interrupted, so what was compared before holds no more. Go on with --repair-from ${from}, or leave out --resume to compare again.`,
  );
}

/** The report of an interrupted comparison goes on; what was found before would be missing in another one. */
function reportOf(state: CompareState, request: CompareRequest): string | undefined {
  const asked = request.report === undefined ? undefined : resolve(request.report);
  const before = state.report?.path;
  if (before === undefined) {
    if (asked !== undefined && (state.comparison?.differences ?? 0) > 0)
      throw new StateError(
        'The comparison was begun without --report, so what it found until now would be missing. Leave out --report or --resume.',
      );
    return asked;
  }
  if (asked === undefined || asked === before) return before;
  throw new StateError(
    `The report of this comparison is ${before}: give the same with --report, or leave it out.`,
  );
}

async function openReport(
  path: string | undefined,
  state: CompareState,
): Promise<{ report: ReportFile | undefined; lost: boolean }> {
  if (path === undefined) return { report: undefined, lost: false };
  try {
    return await ReportFile.open(path, state.report?.bytes ?? 0);
  } catch (error) {
    const again =
      state.report === undefined ? '' : ' It holds what was found before; leave out --resume to begin again.';
    throw new StateError(`The report ${path} cannot be written (${codeOf(error)}).${again}`, {
      cause: error,
    });
  }
}

function noteOfState(at: { path: string; found: CompareState | undefined; resume: boolean }): string[] {
  const { path, found, resume } = at;
  if (resume && found === undefined) return [`There is no ${path} to resume from: it begins at the start.`];
  if (found === undefined) return [];
  const when = `${new Date(found.savedAtMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const done = found.comparison?.keysCompared ?? 0;
  return resume
    ? [`Going on from ${path}, saved at ${when}: ${done.toLocaleString('en-US')} keys are done.`]
    : [
        `${path} (${done.toLocaleString('en-US')} keys done, saved at ${when}) is replaced; --resume would have gone on from it.`,
      ];
}
