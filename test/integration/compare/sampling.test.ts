import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createComparison } from '../../../src/compare/comparison.ts';
import { isInSample } from '../../../src/compare/names/sampling.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { clock, QUICK, runComparison } from './run-comparison.ts';

const KEYS = 6_000;
const SAMPLE = { share: 0.1, seed: 5 };
const OPTIONS = { ...QUICK, roundDelayMs: 0, sampleShare: SAMPLE.share, sampleSeed: SAMPLE.seed };
const names = Array.from({ length: KEYS }, (_, n) => `key-${n}`);
const isDrawn = (name: string) => isInSample(Buffer.from(name), SAMPLE);
const drawn = names.filter(isDrawn);

let source: TestServer;
let target: TestServer;
const sides = () => ({ source: source.endpoint, target: target.endpoint });
beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  for (const { client } of [source, target]) {
    await client.command('MSET', ...names.flatMap((name) => [name, 'x']));
    await client.command('SELECT', '2');
    await client.command('HSET', drawn[0] ?? '', 'field', 'value');
    await client.command('SELECT', '0');
  }
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

/** Calls of each command since the last reset. */
async function callsOf(server: TestServer): Promise<Record<string, number>> {
  const stats = String(await server.client.command('INFO', 'commandstats'));
  const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  return Object.fromEntries(calls.map((match) => [match[1], Number(match[2])]));
}

describe('a comparison of a sample', () => {
  it('says what it looked at and what that proves, and does not call itself everything', async () => {
    const verdict = await runComparison(sides(), OPTIONS);
    expect(verdict).toMatchObject({ equal: true, complete: true, covered: 'sample', differences: 0 });
    const { sample } = verdict;
    expect(sample).toMatchObject({ ...SAMPLE, confidence: 0.95, keysSampled: drawn.length + 1 });
    expect(sample?.atMostDiffering).toBeGreaterThan(2.9 / (drawn.length + 1));
    expect(sample?.atMostDiffering).toBeLessThan(3 / (drawn.length + 1));
    const all = await runComparison(sides(), { ...OPTIONS, sampleShare: 1 });
    expect(all.covered).toBe('all');
    expect(all.sample).toBeUndefined();
  });

  it('reads only what is in the sample, in batches as full as ever', async () => {
    for (const { client } of [source, target]) await client.command('CONFIG', 'RESETSTAT');
    await runComparison(sides(), OPTIONS);
    const [onSource, onTarget] = await Promise.all([callsOf(source), callsOf(target)]);
    const keys = drawn.length + 1;
    expect(onSource['getrange']).toBe(drawn.length);
    expect(onSource['pttl']).toBe(keys);
    expect(onSource['exists']).toBeUndefined();
    expect(onTarget['type']).toBe(keys);
    // Names are listed a thousand at a time, so few of them do not make many small questions.
    expect(onSource['scan']).toBeLessThan(KEYS / 500);
    const total = Object.values(onSource).reduce((sum, calls) => sum + calls, 0);
    expect(total).toBeLessThan(keys * 2 + 60);
  });

  it('finds exactly the differences that are in the sample, in both directions', async () => {
    const others = names.filter((name) => !isDrawn(name));
    const extras = Array.from({ length: 400 }, (_, n) => `extra-${n}`);
    const changed = [...drawn.slice(0, 20), ...others.slice(0, 200)];
    const missing = [...drawn.slice(20, 30), ...others.slice(200, 300)];
    await target.client.command('MSET', ...[...extras, ...changed].flatMap((name) => [name, 'other']));
    await target.client.command('DEL', ...missing);
    const told: string[] = [];
    const comparison = createComparison({
      ...sides(),
      options: OPTIONS,
      clock,
      onDifference: ({ key, kind }) => told.push(`${key} ${kind}`),
    });
    const { verdict } = await comparison.advance(undefined, { budgetMs: 60_000 });
    await comparison.close();
    const expected = [
      ...extras.filter(isDrawn).map((name) => `${name} extra`),
      ...drawn.slice(0, 20).map((name) => `${name} value`),
      ...drawn.slice(20, 30).map((name) => `${name} missing`),
    ];
    expect(told.sort()).toEqual(expected.sort());
    expect(verdict).toMatchObject({ equal: false, covered: 'sample', differences: expected.length });
    expect(verdict?.sample?.atMostDiffering).toBeGreaterThan(expected.length / (drawn.length + 41));
  });

  it('goes on only with the same sample', async () => {
    const first = createComparison({ ...sides(), options: OPTIONS, clock });
    const { checkpoint } = await first.advance(undefined, { budgetMs: 0 });
    await first.close();
    const other = createComparison({ ...sides(), options: { ...OPTIONS, sampleSeed: 6 }, clock });
    await expect(other.advance(checkpoint, { budgetMs: 0 })).rejects.toMatchObject({
      code: 'COMPARE_CHECKPOINT',
    });
    await other.close();
    const same = createComparison({ ...sides(), options: OPTIONS, clock });
    const step = await same.advance(JSON.parse(JSON.stringify(checkpoint)), { budgetMs: 60_000 });
    expect(step.verdict?.covered).toBe('sample');
    expect(step.progress.keysCompared).toBe(drawn.length + 1);
    await same.close();
  });
});
