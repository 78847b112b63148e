import type { Verdict } from '../../compare/comparison.ts';
import type { RepairOutcome } from '../../compare/repair.ts';
import type { SideName } from './address.ts';
import { type Answer, EXIT_CODES } from './judgement.ts';
import type { SideLook } from './look-at-side.ts';
import type { Trouble } from './trouble.ts';

/** How a run of the command ended, whatever it was. */
export interface Ending {
  readonly answer: Answer;
  /** What was asked of a repair, and whether it was done. */
  readonly repair?: {
    readonly from: SideName;
    readonly dryRun: boolean;
    /** Absent when a person did not confirm it, or there was nothing to do. */
    readonly outcome?: RepairOutcome;
  };
  readonly verdict?: Verdict;
  readonly looks?: Readonly<Record<SideName, SideLook>>;
  readonly elapsedMs?: number;
  readonly interrupted?: boolean;
  readonly troubles?: readonly Trouble[];
  readonly report?: string | undefined;
  /** Where it is kept how far it came, when it can be gone on with. */
  readonly state?: string | undefined;
  /** For people. */
  readonly lines: readonly string[];
  /** What to type next, each with why. */
  readonly next: readonly { readonly why: string; readonly command: string }[];
}

/** The object of `--json`. Names of keys, never values, users or passwords. */
export function jsonOf(ending: Ending, sides: Readonly<Record<SideName, string>> | undefined): object {
  const { answer, looks, verdict, repair, troubles } = ending;
  const side = (name: SideName) => {
    const { version, keys, databases } = looks?.[name] ?? {};
    return { address: sides?.[name], version, keys, databases };
  };
  return {
    verdict: answer,
    exitCode: EXIT_CODES[answer],
    ...(sides === undefined ? {} : { source: side('source'), target: side('target') }),
    elapsedMs: ending.elapsedMs,
    interrupted: ending.interrupted ?? false,
    comparison: verdict === undefined ? undefined : withoutMoving(verdict),
    repair:
      repair === undefined
        ? undefined
        : { from: repair.from, dryRun: repair.dryRun, outcome: repair.outcome },
    report: ending.report,
    state: ending.state,
    troubles: troubles ?? [],
    next: ending.next,
  };
}

/** The names of moving keys are for the upgrade's delta check and are not asked for here. */
function withoutMoving({ movingKeys: _names, movingKeysDropped: _more, ...rest }: Verdict): object {
  return rest;
}
