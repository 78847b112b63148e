import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createComparison, type Verdict } from '../../../src/compare/comparison.ts';
import type { ComparisonOptions } from '../../../src/compare/comparison-options.ts';
import type { Checkpoint } from '../../../src/compare/sweep/checkpoint.ts';
import type { Difference } from '../../../src/compare/values/difference.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { clock, QUICK } from './run-comparison.ts';

const MISSING = 4_000;
const MAX_SUSPECTS = 300;
const FEW_SUSPECTS: ComparisonOptions = {
  ...QUICK,
  roundDelayMs: 0,
  looksPerRound: 1,
  maxSuspects: MAX_SUSPECTS,
  maxExamples: 3,
};
const LONG_KEY = Buffer.concat([Buffer.alloc(5_000, 'long'), Buffer.from([0, 255, 13, 10])]);

let source: TestServer;
let target: TestServer;
beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  const both = Array.from({ length: 500 }, (_, n) => [`same-${n}`, 'x']).flat();
  await Promise.all([source, target].map(({ client }) => client.command('MSET', ...both)));
  const missing = Array.from({ length: MISSING }, (_, n) => [`missing-${n}`, 'x']).flat();
  await source.client.command('MSET', ...missing);
  await target.client.command('MSET', 'extra-1', 'x', 'extra-2', 'x');
  await source.client.command('SET', LONG_KEY, 'one');
  await target.client.command('SET', LONG_KEY, 'two', 'EX', '1000');
  await source.client.command('SELECT', '3');
  await source.client.command('SADD', 'in-three', 'x');
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

interface Listed {
  readonly verdict: Verdict;
  readonly told: Difference[];
  readonly largestCheckpoint: number;
}

async function list(options: ComparisonOptions, from?: Checkpoint): Promise<Listed> {
  const told: Difference[] = [];
  const comparison = createComparison({
    source: source.endpoint,
    target: target.endpoint,
    options,
    clock,
    onDifference: (difference) => told.push(difference),
  });
  let checkpoint = from;
  let largestCheckpoint = 0;
  try {
    for (;;) {
      const step = await comparison.advance(checkpoint, { budgetMs: 50 });
      if (step.verdict !== undefined) return { verdict: step.verdict, told, largestCheckpoint };
      checkpoint = step.checkpoint;
      largestCheckpoint = Math.max(largestCheckpoint, checkpoint.suspects.length);
    }
  } finally {
    await comparison.close();
  }
}

const nameOf = (one: Difference) => `${one.db} ${one.key.slice(0, 12)} ${one.type} ${one.kind}`;

describe('a list of every difference', () => {
  it('holds all of them, also where there are many more than may be suspects at a time', async () => {
    const { verdict, told, largestCheckpoint } = await list({ ...FEW_SUSPECTS, maxDifferences: 1_000_000 });
    expect(verdict).toMatchObject({ complete: true, equal: false, differences: MISSING + 4 });
    expect(verdict.examples).toHaveLength(3);
    const missing = told.filter((one) => one.kind === 'missing' && one.db === 0);
    expect(new Set(missing.map((one) => one.key)).size).toBe(MISSING);
    const others = told.filter((one) => !missing.includes(one)).map(nameOf);
    expect(others.sort()).toEqual([
      '0 extra-1 string extra',
      '0 extra-2 string extra',
      '0 longlonglong string ttl',
      '0 longlonglong string value',
      '3 in-three set missing',
    ]);
    // Two lanes may each finish a page of SCAN after the last free place was taken.
    expect(largestCheckpoint).toBeLessThan(MAX_SUSPECTS * 3);
  });

  it('names a key whole, however long and binary it is', async () => {
    const { told } = await list({ ...FEW_SUSPECTS, maxDifferences: 1_000_000 });
    const long = told.find((one) => one.kind === 'value');
    expect(Buffer.from(long?.keyBase64 ?? '', 'base64').equals(LONG_KEY)).toBe(true);
    expect(long?.key.length).toBeLessThan(210);
  });

  it('ends early where no number of differences was given, and says so', async () => {
    const { verdict, told } = await list(FEW_SUSPECTS);
    expect(verdict).toMatchObject({ complete: false, equal: false });
    expect(verdict.differences).toBeLessThan(MISSING);
    expect(told.length).toBe(verdict.differences);
  });

  it('goes on from a checkpoint without what was told before it', async () => {
    const told: Difference[] = [];
    const options = { ...FEW_SUSPECTS, maxDifferences: 1_000_000 };
    const first = createComparison({
      source: source.endpoint,
      target: target.endpoint,
      options,
      clock,
      onDifference: (difference) => told.push(difference),
    });
    let checkpoint: Checkpoint | undefined;
    while (told.length < MISSING / 4) {
      checkpoint = (await first.advance(checkpoint, { budgetMs: 0 })).checkpoint;
    }
    await first.close();
    const rest = await list(options, JSON.parse(JSON.stringify(checkpoint)));
    const keys = [...told, ...rest.told].filter((one) => one.kind === 'missing').map(nameOfKey);
    expect(keys.length).toBe(MISSING + 1);
    expect(new Set(keys).size).toBe(MISSING + 1);
  });
});

const nameOfKey = (one: Difference) => `${one.db}:${one.keyBase64}`;
