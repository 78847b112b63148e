import type { RepairOutcome } from '../../compare/repair.ts';
import { columns, durationOf } from '../words.ts';
import type { Address, SideName } from './address.ts';
import type { Answer } from './judgement.ts';
import { counted, number } from './kind-words.ts';
import { HEADINGS } from './result-text.ts';

export interface Repaired {
  readonly from: SideName;
  readonly outcome: RepairOutcome;
  readonly answer: Answer;
  readonly dryRun: boolean;
  readonly elapsedMs: number;
}

const SHOWN_UNREPAIRABLE = 10;

/** The side that a repair changes. */
export function changedBy(from: SideName): SideName {
  return from === 'source' ? 'target' : 'source';
}

/** What a person is asked before anything is changed. */
export function questionLines(
  from: SideName,
  asked: {
    addresses: Readonly<Record<SideName, Address>>;
    byKind: { missing: number; extra: number };
    differences: number;
  },
): string[] {
  const changed = changedBy(from);
  const { addresses, byKind, differences } = asked;
  const deleted = from === 'source' ? byKind.extra : byKind.missing;
  const rows = [
    ['changed', `the ${changed.toUpperCase()}, ${addresses[changed].label}`],
    ['as in', `the ${from}, ${addresses[from].label}, which is not changed`],
    ['copied', counted(differences - deleted, 'key')],
    ['deleted', `${counted(deleted, 'key')} that only the ${changed} has`],
  ];
  return [
    '',
    `The ${changed} will be made equal to the ${from}:`,
    ...columns(rows.map(([name = '', what = '']) => [`  ${name}`, what])),
    `Nobody else should write to the ${changed} meanwhile. What it holds now is lost where it differs.`,
    `Type the word ${changed} to go on; anything else changes nothing.`,
  ];
}

/** What came out of a repair, or of its dry run, for people. */
export function repairLines(repaired: Repaired): string[] {
  return repaired.dryRun ? dryRunLines(repaired) : doneLines(repaired);
}

function doneLines({ from, outcome, answer, elapsedMs }: Repaired): string[] {
  const changed = changedBy(from);
  const { keysRepaired, keysDeleted, stillDifferent, unsettledKeys } = outcome;
  return [
    `${HEADINGS[answer]} after the repair: on the ${changed} ${counted(keysRepaired, 'key was', 'keys were')} written and ${number(keysDeleted)} deleted, in ${durationOf(elapsedMs)}.`,
    ...(stillDifferent === 0
      ? []
      : [`  ${counted(stillDifferent, 'key')} stayed different after every attempt.`]),
    ...(unsettledKeys === 0
      ? []
      : [
          `  ${counted(unsettledKeys, 'key was', 'keys were')} written to in every round. Stop the writes and repair again.`,
        ]),
    ...unrepairableLines(outcome, changed),
    ...(answer === 'equal' ? ['  Every key was compared again after it was written.'] : []),
  ];
}

const ACTIONS = { copy: 'copy', delete: 'DELETE', expiry: 'set expiry' } as const;

function dryRunLines({ from, outcome, elapsedMs }: Repaired): string[] {
  const changed = changedBy(from);
  const { keysRepaired, keysDeleted, examples } = outcome;
  const rows = examples.map(({ db, key, type, action, where }) => [
    `  ${ACTIONS[action]}`,
    `db${db}`,
    key,
    type,
    where,
  ]);
  const left = keysRepaired + keysDeleted - rows.length;
  return [
    `DRY RUN, nothing was changed: on the ${changed} ${counted(keysRepaired, 'key')} would be written and ${number(keysDeleted)} deleted (looked for ${durationOf(elapsedMs)}).`,
    ...columns(rows),
    ...(left > 0 ? [`  and ${counted(left, 'more key', 'more keys')}`] : []),
    ...unrepairableLines(outcome, changed),
  ];
}

function unrepairableLines({ unrepairable, unrepairableCount }: RepairOutcome, changed: SideName): string[] {
  if (unrepairableCount === 0) return [];
  const rows = unrepairable
    .slice(0, SHOWN_UNREPAIRABLE)
    .map(({ db, key, type, why }) => [`    db${db}`, key, type, why]);
  return [
    `  ${counted(unrepairableCount, 'key has', 'keys have')} no form on the ${changed} and ${unrepairableCount === 1 ? 'stays' : 'stay'} as ${unrepairableCount === 1 ? 'it is' : 'they are'}:`,
    ...columns(rows),
  ];
}
