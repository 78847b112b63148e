import type { Progress } from '../../compare/comparison.ts';
import { durationOf } from '../words.ts';
import { counted, kindName, kindsOf, number } from './kind-words.ts';

/** Everything that is shown while it runs. */
export interface Shown {
  readonly doing: 'comparing' | 'repairing' | 'dry run';
  readonly progress: Progress;
  /** Keys that differ so far; in a repair those that it found. */
  readonly differences: number;
  readonly byKind: Readonly<Partial<Record<string, number>>>;
  /** It goes slower than it could, for the sake of the servers. */
  readonly braking: boolean;
}

const BAR_CHARS = 24;
const SHOWN_KINDS = 3;

/** One line for a terminal, no wider than it: what matters least is left out first. */
export function progressBar(shown: Shown, columns: number): string {
  const parts = partsOf(shown);
  const share = shareOf(shown.progress);
  const bar = share === undefined ? [] : [`${bars(share)} ${percent(share)}`];
  // By importance: where it is, the differences, time left, rate, the kinds, the brake.
  const choices = [
    [...bar, parts.where, parts.rate, parts.left, parts.differences + parts.kinds, parts.brake],
    [...bar, parts.where, parts.rate, parts.left, parts.differences, parts.brake],
    [...bar, parts.rate, parts.left, parts.differences, parts.brake],
    [...bar, parts.left, parts.differences],
    [share === undefined ? parts.where : percent(share), parts.left],
  ];
  const lines = choices.map((choice) => choice.filter((part) => part !== '').join('  '));
  return (
    lines.find((line) => line.length < columns) ?? (lines.at(-1) ?? '').slice(0, Math.max(0, columns - 1))
  );
}

/** One line for a file or a log. */
export function progressLine(shown: Shown): string {
  const { where, rate, left, differences, kinds, brake } = partsOf(shown);
  const share = shareOf(shown.progress);
  const percents = share === undefined ? '' : percent(share).trim();
  return [`${shown.doing}: ${where}`, percents, rate, left, differences + kinds, brake]
    .filter((part) => part !== '')
    .join(', ');
}

interface Parts {
  readonly where: string;
  readonly rate: string;
  readonly left: string;
  readonly differences: string;
  readonly kinds: string;
  readonly brake: string;
}

function partsOf({ doing, progress, differences, byKind, braking }: Shown): Parts {
  const isSweep = progress.phase === 'values';
  const kinds = kindsOf(byKind)
    .slice(0, SHOWN_KINDS)
    .map(([kind, count]) => `${number(count)} ${kindName(kind)}`);
  const more = kindsOf(byKind).length > SHOWN_KINDS ? ', …' : '';
  const found =
    doing === 'comparing'
      ? `${counted(differences, 'difference')}`
      : `${counted(differences, 'key')} ${doing === 'repairing' ? 'repaired' : 'to repair'}`;
  return {
    where: whereOf(progress),
    rate: isSweep && progress.keysPerSecond > 0 ? `${number(progress.keysPerSecond)} keys/s` : '',
    left:
      isSweep && progress.secondsLeft !== undefined ? `${durationOf(progress.secondsLeft * 1_000)} left` : '',
    differences: found,
    kinds: kinds.length === 0 ? '' : ` (${kinds.join(', ')}${more})`,
    brake: braking ? 'braking: a server answers slowly' : '',
  };
}

function whereOf({ phase, round, suspects, keysCompared, keysTotalEstimate }: Progress): string {
  switch (phase) {
    case 'values':
      return `${number(keysCompared)} of ${number(keysTotalEstimate)} keys`;
    case 'extra_keys':
      return `${counted(keysCompared, 'key')} done, looking for keys only on the target`;
    case 'recheck':
      return `looking again at ${counted(suspects, 'key')}, round ${round}`;
    default:
      return `${counted(keysCompared, 'key')} done`;
  }
}

/** How much of the keys was looked at; undefined where that says nothing. */
function shareOf({ phase, keysCompared, keysTotalEstimate }: Progress): number | undefined {
  if (phase === 'done') return 1;
  if (keysTotalEstimate === 0) return undefined;
  // 100 % is said when it is over, and not before.
  return Math.min(0.99, keysCompared / keysTotalEstimate);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`.padStart(5);
}

function bars(share: number): string {
  const full = Math.floor(share * BAR_CHARS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CHARS - full)}]`;
}
