import type { Verdict } from '../../compare/comparison.ts';
import { columns, durationOf } from '../words.ts';
import type { Answer } from './judgement.ts';
import { counted, kindMeaning, kindName, kindsOf, number } from './kind-words.ts';

/** The first word of a result. */
export const HEADINGS: Readonly<Record<Answer, string>> = {
  equal: 'EQUAL',
  different: 'DIFFERENT',
  undecided: 'COULD NOT TELL',
};

export interface Compared {
  readonly answer: Answer;
  readonly verdict: Verdict;
  readonly rounds: number;
  readonly elapsedMs: number;
  /** Over all the time it worked, before an interruption too. */
  readonly keysPerSecond: number;
  readonly report: string | undefined;
}

const SHOWN_EXAMPLES = 10;
const MAX_KEY_CHARS = 60;

/** What came out of a comparison, for people; the first line says it all. */
export function resultLines(compared: Compared): string[] {
  const { verdict, report } = compared;
  return [
    headline(compared),
    ...indented(notes(verdict)),
    ...(verdict.differences === 0 ? [] : ['', ...countLines(verdict), '', ...exampleLines(verdict, report)]),
    '',
    ...(report === undefined || verdict.differences === 0
      ? []
      : [`Every difference is in ${report}, a JSON object a line.`]),
    whatWasDone(compared),
  ];
}

function headline({ answer, verdict }: Compared): string {
  const { sample, differences, complete, keysCompared } = verdict;
  const heading = HEADINGS[answer];
  if (answer === 'different') {
    const least = complete ? '' : 'at least ';
    const among = sample === undefined ? '' : ` in a sample of ${number(sample.keysSampled)}`;
    return `${heading}: ${least}${counted(differences, 'key differs', 'keys differ')}${among}.`;
  }
  if (answer === 'undecided')
    return `${heading}: nothing was proven to differ, but not everything was proven equal.`;
  if (sample === undefined)
    return `${heading}: ${counted(keysCompared, 'key')}, with their values and expiry.`;
  return `NO DIFFERENCE in a SAMPLE of ${counted(sample.keysSampled, 'key')}; the others were not looked at.`;
}

/** What keeps the result from saying more. */
function notes({ sample, byKind, unsettledKeys, complete, differences }: Verdict): string[] {
  const notCompared = byKind.not_compared;
  return [
    ...(sample === undefined || !complete
      ? []
      : [
          `With ${Math.round(sample.confidence * 100)} % confidence no more than ${shareText(sample.atMostDiffering)} of all keys differ. Without --sample every key is looked at.`,
        ]),
    ...(complete ? [] : [`It ended early, after ${counted(differences, 'difference')} (--max-differences).`]),
    ...(unsettledKeys === 0
      ? []
      : [
          `${counted(unsettledKeys, 'key was', 'keys were')} written to in every round, so nothing can be said of them. Stop the writes, or compare again.`,
        ]),
    ...(notCompared === 0
      ? []
      : [
          `${counted(notCompared, 'key')} cannot be read by this program (a type of a module, or an element too large).`,
        ]),
  ];
}

/** `0.3 %`, `0.00012 %`: two digits that say something. */
function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function countLines({ byKind, byType }: Verdict): string[] {
  const kinds = kindsOf(byKind).map(([kind, count]) => [
    `  ${number(count).padStart(9)}`,
    kindName(kind),
    kindMeaning(kind),
  ]);
  const types = Object.entries(byType)
    .sort(([, one], [, other]) => other - one)
    .map(([type, count]) => `${number(count)} ${type === 'none' ? 'gone meanwhile' : type}`);
  return [...columns(kinds), '', `  By type: ${types.join(', ')}.`];
}

function exampleLines({ examples, differences }: Verdict, report: string | undefined): string[] {
  const rows = examples
    .slice(0, SHOWN_EXAMPLES)
    .map(({ db, key, type, kind, where }) => [`  db${db}`, shortened(key), type, kindName(kind), where]);
  const left = differences - rows.length;
  const more = report === undefined ? '; --report FILE lists them all' : '';
  return [
    'For example:',
    ...columns(rows),
    ...(left > 0 ? [`  and ${counted(left, 'more key', 'more keys')}${more}`] : []),
  ];
}

function shortened(key: string): string {
  return key.length <= MAX_KEY_CHARS ? key : `${key.slice(0, MAX_KEY_CHARS - 1)}…`;
}

function whatWasDone({ verdict, rounds, elapsedMs, keysPerSecond }: Compared): string {
  const { keysCompared, sourceKeys, targetKeys, differences } = verdict;
  const seen = differences === 0 ? '' : ` Each difference was seen in ${counted(rounds, 'round')}.`;
  return `Looked at ${counted(keysCompared, 'key')} in ${durationOf(elapsedMs)} (${number(keysPerSecond)} a second); the source has ${number(sourceKeys)} now, the target ${number(targetKeys)}.${seen}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
