import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Advance, createComparison, type Verdict } from '../../../src/compare/comparison.ts';
import type { ComparisonOptions } from '../../../src/compare/comparison-options.ts';
import type { Checkpoint } from '../../../src/compare/sweep/checkpoint.ts';
import { startRedis, type TestServer, until } from './redis-servers.ts';
import { clock, QUICK, runComparison } from './run-comparison.ts';

const OPTIONS: ComparisonOptions = {
  ...QUICK,
  roundDelayMs: 0,
  rounds: 2,
  pageElements: 50,
  pageBytes: 1_024,
  batchKeys: 40,
  looksPerRound: 1,
};
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

let source: TestServer;
let target: TestServer;
const sides = () => ({ source: source.endpoint, target: target.endpoint });

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  for (const { client } of [source, target]) {
    await client.command('MSET', ...range(600).flatMap((n) => [`key-${n}`, `value-${n}`]));
    await client.command('RPUSH', 'list', ...range(2_000).map((n) => `element-${n}`));
    await client.command('SADD', 'set', ...range(1_000).map((n) => `member-${n}`));
    await client.command('HSET', 'hash', ...range(1_000).flatMap((n) => [`field-${n}`, `value-${n}`]));
    await client.command('SELECT', '4');
    await client.command('MSET', ...range(100).flatMap((n) => [`other-${n}`, `value-${n}`]));
    await client.command('SELECT', '0');
  }
  const breaks = [
    ['SET', 'key-77', 'changed'],
    ['DEL', 'key-500'],
    ['SET', 'extra', 'x'],
    ['LSET', 'list', '1234', 'x'],
    ['SADD', 'set', 'surplus'],
    ['HDEL', 'hash', 'field-321'],
  ];
  for (const command of breaks) await target.client.command(...command);
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

/** The parts of a verdict that do not depend on how the work was cut into slices. */
function essence(verdict: Verdict) {
  const named = verdict.examples.map(({ db, key, kind, where }) => `${db} ${key} ${kind} ${where}`).sort();
  const { equal, differences, byKind, byType } = verdict;
  return { equal, differences, byKind, byType, named };
}

async function checkpointsOfOneRun(options: ComparisonOptions = OPTIONS): Promise<{
  checkpoints: Checkpoint[];
  steps: Advance[];
  verdict: Verdict;
}> {
  const comparison = createComparison({ ...sides(), options, clock });
  const checkpoints: Checkpoint[] = [];
  const steps: Advance[] = [];
  try {
    for (;;) {
      const step = await comparison.advance(checkpoints.at(-1), { budgetMs: 0 });
      steps.push(step);
      if (step.verdict !== undefined) return { checkpoints, steps, verdict: step.verdict };
      checkpoints.push(JSON.parse(JSON.stringify(step.checkpoint)));
    }
  } finally {
    await comparison.close();
  }
}

async function finishFrom(checkpoint: Checkpoint): Promise<Verdict> {
  const comparison = createComparison({ ...sides(), options: OPTIONS, clock });
  try {
    let latest = checkpoint;
    for (;;) {
      const step = await comparison.advance(latest, { budgetMs: 10_000 });
      if (step.verdict !== undefined) return step.verdict;
      latest = step.checkpoint;
    }
  } finally {
    await comparison.close();
  }
}

describe('a comparison in slices', () => {
  it('gives the same verdict from every checkpoint, also inside big keys and rounds', async () => {
    const whole = essence(await runComparison(sides(), OPTIONS, 60_000));
    expect(whole.differences).toBe(6);
    const { checkpoints, verdict } = await checkpointsOfOneRun();
    expect(essence(verdict)).toEqual(whole);
    expect(checkpoints.length).toBeGreaterThan(20);
    expect(checkpoints.some((one) => one.paged.some((big) => big.seen > 0))).toBe(true);
    expect(checkpoints.some((one) => one.phase === 'recheck')).toBe(true);
    for (const checkpoint of checkpoints) expect(essence(await finishFrom(checkpoint))).toEqual(whole);
  });

  it('shows progress that grows, and every phase in its turn', async () => {
    const { steps } = await checkpointsOfOneRun();
    const compared = steps.map((step) => step.progress.keysCompared);
    expect(compared).toEqual([...compared].sort((a, b) => a - b));
    const phases = steps.map((step) => step.progress.phase);
    expect([...new Set(phases)]).toEqual(['values', 'extra_keys', 'recheck', 'done']);
    expect(steps.at(-1)?.progress).toMatchObject({ suspects: 0, keysTotalEstimate: compared.at(-1) });
  });

  it('begins no new work after its budget', async () => {
    const comparison = createComparison({
      ...sides(),
      options: { ...OPTIONS, maxKeysPerSecond: 500 },
      clock,
    });
    const startedAt = performance.now();
    const step = await comparison.advance(undefined, { budgetMs: 200 });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(step.verdict).toBeUndefined();
    // What has to be waited before the next slice counts: the rate is the one that was allowed.
    expect(step.progress.keysCompared).toBeGreaterThan(0);
    expect(step.progress.keysPerSecond).toBeLessThanOrEqual(510);
    await comparison.close();
  });

  it('keeps to the rate it was given', async () => {
    const startedAt = performance.now();
    const verdict = await runComparison(sides(), { ...OPTIONS, rounds: 1, maxKeysPerSecond: 1_000 });
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(verdict.keysCompared / seconds).toBeLessThan(1_200);
  });

  it('ends a slice on the signal, with a checkpoint from which it goes on', async () => {
    const comparison = createComparison({
      ...sides(),
      options: { ...OPTIONS, maxKeysPerSecond: 300 },
      clock,
    });
    const controller = new AbortController();
    await source.client.command('CONFIG', 'RESETSTAT');
    const pending = comparison.advance(undefined, { budgetMs: 60_000, signal: controller.signal });
    await until(
      async () => String(await source.client.command('INFO', 'commandstats')).includes('cmdstat_scan'),
      'work',
    );
    controller.abort();
    const step = await pending;
    await comparison.close();
    expect(step.verdict).toBeUndefined();
    expect((await finishFrom(step.checkpoint)).differences).toBe(6);
  });

  it('says how long there is nothing to do between rounds, and does nothing before', async () => {
    const options = { ...OPTIONS, roundDelayMs: 60_000 };
    const comparison = createComparison({ ...sides(), options, clock });
    const first = await comparison.advance(undefined, { budgetMs: 60_000 });
    expect(first.waitMs).toBeGreaterThan(50_000);
    const second = await comparison.advance(first.checkpoint, { budgetMs: 60_000 });
    expect(second.waitMs).toBeGreaterThan(50_000);
    expect(second.checkpoint).toEqual(first.checkpoint);
    await comparison.close();
  });

  it('fails with a retryable error when the connection is lost, and the checkpoint before stays good', async () => {
    const comparison = createComparison({
      ...sides(),
      options: { ...OPTIONS, maxKeysPerSecond: 400 },
      clock,
    });
    const first = await comparison.advance(undefined, { budgetMs: 0 });
    const before = JSON.stringify(first.checkpoint);
    const failure = comparison.advance(first.checkpoint, { budgetMs: 30_000 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await source.client.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect(await failure).toMatchObject({ code: 'COMPARE_CONNECT', retryable: true });
    expect(JSON.stringify(first.checkpoint)).toBe(before);
    const next = await comparison.advance(first.checkpoint, { budgetMs: 0 });
    expect(next.progress.keysCompared).toBeGreaterThan(first.progress.keysCompared);
    await comparison.close();
    expect((await finishFrom(first.checkpoint)).differences).toBe(6);
  });

  it('refuses a checkpoint that is not one of its own', async () => {
    const comparison = createComparison({ ...sides(), options: OPTIONS, clock });
    const { checkpoint } = await comparison.advance(undefined, { budgetMs: 0 });
    const broken = { ...checkpoint, cursor: 5 } as unknown as Checkpoint;
    const refusal = { code: 'COMPARE_CHECKPOINT', retryable: false };
    await expect(comparison.advance(broken, { budgetMs: 0 })).rejects.toMatchObject(refusal);
    await comparison.close();
    await expect(comparison.advance(undefined, { budgetMs: 0 })).rejects.toMatchObject({
      code: 'COMPARE_CLOSED',
    });
  });

  it('begins its stage again when a server was restarted, since cursors mean nothing then', async () => {
    const { checkpoints } = await checkpointsOfOneRun({ ...OPTIONS, lanes: 1, batchKeys: 20 });
    const inStage = (stage: Checkpoint['stage']) =>
      checkpoints.find((one) => one.stage === stage && !['0', 'end'].includes(one.cursor));
    for (const checkpoint of [inStage('values'), inStage('extras')]) {
      if (checkpoint === undefined) throw new Error('no checkpoint in the middle of this stage');
      expect((await finishFrom({ ...checkpoint, sourceRunId: 'another' })).differences).toBe(6);
    }
  });

  it('keeps its checkpoint small', async () => {
    const { checkpoints } = await checkpointsOfOneRun();
    const sizes = checkpoints.map((one) => JSON.stringify(one).length);
    expect(Math.max(...sizes)).toBeLessThan(40_000);
  });
});
