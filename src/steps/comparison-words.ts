import type { Advance, Verdict } from '../compare/comparison.ts';
import { kindWords } from '../upgrade/finding.ts';

type ByKind = Readonly<Partial<Record<string, number>>>;
type Figures = Advance['progress'] & {
  /** It goes slower than it could, for the sake of the servers. */
  readonly braking?: boolean;
};

/** A comparison on its way, as far as people are told of it. */
export interface Comparing {
  readonly progress: Figures;
  /** Proven so far. */
  readonly checkpoint: { readonly differences: number; readonly byKind: ByKind };
}

const LONG_SECONDS = 90;
const DAY_MINUTES = 24 * 60;

/** Where a comparison is: `412,000 of about 1,000,000 keys, 58,000 keys/s, about 10 min left, no difference so far`. */
export function progressWords({ progress, checkpoint }: Comparing): string {
  const { differences, byKind } = checkpoint;
  const found =
    differences === 0
      ? 'no difference so far'
      : `${counted(differences, 'key')} found to differ so far (${kindWords(byKind)})`;
  const brake = progress.braking === true ? ['slower than it could be, as a server answers slowly'] : [];
  return [...whereWords(progress), found, ...brake].join(', ');
}

function whereWords(progress: Figures): string[] {
  const { phase, keysCompared, keysTotalEstimate, keysPerSecond, secondsLeft, suspects, round } = progress;
  switch (phase) {
    case 'values':
      return [
        `${number(keysCompared)} of about ${counted(keysTotalEstimate, 'key')}`,
        ...(keysPerSecond > 0 ? [`${number(keysPerSecond)} keys/s`] : []),
        ...(secondsLeft === undefined ? [] : [leftWords(secondsLeft)]),
      ];
    case 'extra_keys':
      return [`${counted(keysCompared, 'key')} compared`, 'looking for keys that only the target has'];
    case 'recheck':
      return [
        `${counted(keysCompared, 'key')} compared`,
        `looking again at ${counted(suspects, 'key')} that did not match (round ${round})`,
      ];
    case 'done':
      return [`${counted(keysCompared, 'key')} compared`];
  }
}

/** In the largest unit that is worth naming, since nobody counts the seconds of an hour. */
function leftWords(seconds: number): string {
  if (seconds < 10) return 'a few seconds left';
  if (seconds < LONG_SECONDS) return `about ${Math.round(seconds / 10) * 10} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} min left`;
  if (minutes < DAY_MINUTES * 2) return `about ${Math.round(minutes / 60)} h left`;
  return `about ${Math.round(minutes / DAY_MINUTES)} days left`;
}

/** What a comparison without differences came to. */
export function equalWords(verdict: Verdict): string {
  const moving = verdict.movingKeys.length + verdict.movingKeysDropped;
  const sampled = verdict.covered === 'sample' ? ' (a sample)' : '';
  const changing = moving === 0 ? '' : `, ${number(moving)} changed while they were compared`;
  return `${counted(verdict.keysCompared, 'key')}${sampled} compared, no differences${changing}`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}
