import { describe, expect, it } from 'vitest';
import type { Progress, Verdict } from '../../../../src/compare/comparison.ts';
import type { RepairOutcome } from '../../../../src/compare/repair.ts';
import { DIFFERENCE_KINDS } from '../../../../src/compare/values/difference.ts';
import { CompareError, type CompareErrorCode } from '../../../../src/compare/wire/compare-error.ts';
import { answerAfterRepair, answerOf } from '../../../../src/terminal/compare/judgement.ts';
import { ProgressDisplay } from '../../../../src/terminal/compare/progress-display.ts';
import { progressBar, progressLine } from '../../../../src/terminal/compare/progress-text.ts';
import { questionLines } from '../../../../src/terminal/compare/repair-text.ts';
import { resultLines } from '../../../../src/terminal/compare/result-text.ts';
import { troubleOf } from '../../../../src/terminal/compare/trouble.ts';

const NONE = Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, 0])) as Verdict['byKind'];

function verdict(change: Partial<Verdict> = {}): Verdict {
  return {
    equal: true,
    covered: 'all',
    complete: true,
    keysCompared: 1_000,
    sourceKeys: 1_000,
    targetKeys: 1_000,
    differences: 0,
    byKind: NONE,
    byType: {},
    examples: [],
    rounds: 3,
    unsettledKeys: 0,
    movingKeys: [],
    movingKeysDropped: 0,
    ...change,
  };
}

const example = {
  db: 3,
  key: 'user:1',
  keyBase64: '',
  type: 'hash',
  kind: 'value',
  where: 'field a',
} as const;
const differing = verdict({
  equal: false,
  differences: 12,
  byKind: { ...NONE, value: 9, missing: 3 },
  byType: { hash: 12 },
  examples: [example],
});
const sampled = verdict({
  covered: 'sample',
  sample: { share: 0.01, seed: 1, keysSampled: 1_000, confidence: 0.95, atMostDiffering: 0.002991 },
});

describe('the answer', () => {
  it.each([
    ['equal', 'everything was looked at and nothing differs', verdict()],
    ['equal', 'nothing differs in a sample', sampled],
    ['different', 'one key differs', verdict({ equal: false, differences: 1, byKind: { ...NONE, ttl: 1 } })],
    ['different', 'keys differ and others never held still', { ...differing, unsettledKeys: 7 }],
    ['different', 'it ended early', { ...differing, complete: false }],
    ['undecided', 'a key was written to in every round', verdict({ unsettledKeys: 1 })],
    [
      'undecided',
      'the only difference is a key that cannot be read',
      verdict({ equal: false, differences: 1, byKind: { ...NONE, not_compared: 1 } }),
    ],
  ])('is %s when %s', (answer, _, given) => {
    expect(answerOf(given)).toBe(answer);
  });

  it.each([
    ['equal', { equal: true }],
    ['different', { stillDifferent: 1 }],
    ['different', { unrepairableCount: 1 }],
    ['undecided', { unsettledKeys: 1 }],
  ])('after a repair is %s when %o', (answer, change) => {
    const outcome: RepairOutcome = {
      equal: false,
      complete: true,
      keysCompared: 1,
      keysRepaired: 1,
      keysDeleted: 0,
      stillDifferent: 0,
      unsettledKeys: 0,
      unrepairable: [],
      unrepairableCount: 0,
      rounds: 3,
      byKind: NONE,
      byType: {},
      examples: [],
      stillDifferentExamples: [],
      ...change,
    };
    expect(answerAfterRepair(outcome)).toBe(answer);
  });
});

describe('the result', () => {
  const told = (given: Verdict, report?: string) =>
    resultLines({
      answer: answerOf(given),
      verdict: given,
      rounds: 3,
      elapsedMs: 61_000,
      keysPerSecond: 83_120,
      report,
    }).join('\n');

  it('says the answer first, then how many of what, then examples', () => {
    const text = told(differing, 'all.jsonl');
    expect(text).toMatch(/^DIFFERENT: 12 keys differ\.\n/u);
    expect(text).toMatch(/^ +9 {2}value +another value\n +3 {2}missing +only on the source$/mu);
    expect(text).toContain('By type: 12 hash.');
    expect(text).toMatch(/^ {2}db3 +user:1 +hash +value +field a\n {2}and 11 more keys$/mu);
    expect(text).toContain('Every difference is in all.jsonl');
    expect(text).toContain('1,000 keys in 1 min 1 s (83,120 a second)');
    expect(told(differing)).toContain('--report FILE lists them all');
    expect(told({ ...differing, complete: false })).toContain('DIFFERENT: at least 12 keys differ.');
  });

  it('never calls a sample equal, and says what it proves', () => {
    const text = told(sampled);
    expect(text).toMatch(/^NO DIFFERENCE in a SAMPLE of 1,000 keys; the others were not looked at\.\n/u);
    expect(text).toContain('With 95 % confidence no more than 0.3 % of all keys differ.');
    expect(text).not.toContain('EQUAL');
    expect(told(verdict())).toMatch(/^EQUAL: 1,000 keys, with their values and expiry\.\n/u);
  });

  it('says why it could not tell', () => {
    expect(told(verdict({ unsettledKeys: 2 }))).toMatch(
      /^COULD NOT TELL: .*\n {2}2 keys were written to in every round/u,
    );
  });
});

describe('the progress', () => {
  const progress: Progress = {
    phase: 'values',
    round: 1,
    keysCompared: 430_000,
    keysTotalEstimate: 1_000_000,
    suspects: 4,
    keysPerSecond: 83_120,
    secondsLeft: 7,
  };
  const shown = {
    doing: 'comparing',
    progress,
    differences: 3,
    byKind: { missing: 2, value: 1 },
    braking: true,
  } as const;

  it('shows percent, rate, time left, differences by kind and the brake', () => {
    expect(progressBar(shown, 200)).toBe(
      '[##########..............]  43 %  430,000 of 1,000,000 keys  83,120 keys/s  7 s left  3 differences (2 missing, 1 value)  braking: a server answers slowly',
    );
    expect(progressLine(shown)).toBe(
      'comparing: 430,000 of 1,000,000 keys, 43 %, 83,120 keys/s, 7 s left, 3 differences (2 missing, 1 value), braking: a server answers slowly',
    );
  });

  it.each([200, 120, 100, 80, 60, 40, 20, 5])('is narrower than a terminal of %i columns', (columns) => {
    const bar = progressBar(shown, columns);
    expect(bar.length).toBeLessThan(columns);
    if (columns >= 20) expect(bar).toContain('43 %');
  });

  it('does not say 100 % before it is over', () => {
    const late = { ...progress, phase: 'recheck', keysCompared: 1_000_000 } as const;
    expect(progressBar({ ...shown, progress: late }, 200)).toContain(
      '99 %  looking again at 4 keys, round 1',
    );
    expect(progressBar({ ...shown, progress: { ...late, phase: 'done' } }, 200)).toContain('100 %');
  });

  it('is one line that is drawn anew in a terminal, and a line every few seconds elsewhere', () => {
    for (const isTTY of [true, false]) {
      let written = '';
      let now = 0;
      const stream = { isTTY, columns: 100, write: (text: string) => (written += text) };
      const display = new ProgressDisplay(stream, () => now);
      for (; now < 11_000; now += 500) display.show(shown);
      display.say('something else');
      if (isTTY) {
        expect(written.split('\r\x1b[2K')).toHaveLength(24);
        expect(written.split('\n')).toHaveLength(2);
        expect(written.endsWith('\r\x1b[2Ksomething else\n')).toBe(true);
      } else {
        expect(written.match(/^comparing: /gmu)).toHaveLength(2);
        expect(written).not.toContain('\x1b');
      }
    }
  });
});

describe('trouble', () => {
  const address = { endpoint: { host: 'a', port: 1 }, label: 'a:1', passwordTyped: false };
  const withPassword = { ...address, endpoint: { ...address.endpoint, password: 'hunter2' } };
  const words = (code: CompareErrorCode, message: string, at = address) => {
    const { message: said, cure } = troubleOf(new CompareError(code, message), 'target', at);
    return `${said} ${cure}`;
  };

  it.each([
    ['COMPARE_CONNECT', 'connecting to a:1: connect ECONNREFUSED', 'cannot be reached'],
    ['COMPARE_CONNECT', 'connecting to a:1: getaddrinfo ENOTFOUND a', 'cannot be resolved'],
    ['COMPARE_CONNECT', 'talking to a:1: the connection was closed', 'closed the connection'],
    ['COMPARE_TIMEOUT', 'no answer', 'did not answer in time'],
    ['COMPARE_NOT_READY', 'LOADING', 'try again in a moment'],
    ['COMPARE_PROTOCOL', 'x', 'one without TLS'],
    ['COMPARE_REFUSED', 'asking INFO: ERR unknown command', 'refuses a command'],
    ['COMPARE_AUTH', 'asking SCAN: NOPERM', 'does not let this user'],
    ['COMPARE_AUTH', 'connecting to a:1: NOAUTH', '"target": { "password"'],
  ] as const)('of %s (%s) names the side and the cure', (code, message, cure) => {
    expect(words(code, message)).toContain('The target a:1');
    expect(words(code, message)).toContain(cure);
  });

  it('with a password says that it is wrong, and not what it is', () => {
    const said = words('COMPARE_AUTH', 'authenticating at a:1: refused (WRONGPASS)', withPassword);
    expect(said).toContain('The target a:1 refuses the password.');
    expect(said).not.toContain('hunter2');
  });

  it('is never guessed a side for', () => {
    expect(troubleOf(new CompareError('COMPARE_REFUSED', 'x'), undefined, undefined).message).toMatch(
      /^One of the two /u,
    );
  });
});

it.each([
  ['source', 'TARGET, b:2', '9 keys', '3 keys that only the target has', 'Type the word target'],
  ['target', 'SOURCE, a:1', '4 keys', '8 keys that only the source has', 'Type the word source'],
] as const)('the question before a repair from the %s names the side that is changed', (from, ...words) => {
  const at = (label: string) => ({ endpoint: { host: label, port: 1 }, label, passwordTyped: false });
  const asked = {
    addresses: { source: at('a:1'), target: at('b:2') },
    byKind: { missing: 8, extra: 3 },
    differences: 12,
  };
  const text = questionLines(from, asked).join('\n');
  for (const word of words) expect(text).toContain(word);
});
