import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/engine/bell.ts';
import { createJournal, type Journal } from '../../../src/engine/journal.ts';
import { createLeases } from '../../../src/engine/lease.ts';
import { createRunner, type RunnerDeps } from '../../../src/engine/runner.ts';
import { createScratch, type Scratch } from '../../../src/engine/scratch.ts';
import { createStoreKeys } from '../../../src/engine/store-keys.ts';
import type { EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import { foldJournal } from '../../../src/upgrade/fold.ts';
import { OperatingError } from '../../../src/upgrade/operating-error.ts';
import type { UpgradeState } from '../../../src/upgrade/state.ts';
import { type StepName, upgradeSteps } from '../../../src/upgrade/steps.ts';
import { ABORTED, APPROVED, eventAt, REQUESTED, UPGRADE_ID } from '../../unit/upgrade/samples.ts';
import { CHANGING, CrashError, crashingJournal, fakeSteps, newWorld, type World } from './fake-steps.ts';
import { SILENT, startStore, type TestStore } from './test-store.ts';

const ADDRESS_STEPS = upgradeSteps('address');

const keys = createStoreKeys();
let store: TestStore;
let journal: Journal;
let scratch: Scratch;
const clock = {
  nowMs: 0,
  now: () => clock.nowMs,
};

beforeAll(async () => {
  store = await startStore();
  journal = createJournal(store.redis, keys);
  scratch = createScratch(store.redis, keys);
});
afterAll(() => store.stop());
beforeEach(async () => {
  clock.nowMs = 1_000;
  await begin();
});

async function begin(): Promise<void> {
  await store.redis.flushall();
  const first = { ...eventAt(0, REQUESTED, clock.nowMs) } as Extract<JournalEvent, { type: 'requested' }>;
  await journal.create(first);
}

function runnerOver(world: World, parts: Partial<RunnerDeps> = {}): (upgradeId: string) => Promise<Answer> {
  return createRunner({
    journal,
    leases: createLeases({ redis: store.redis, keys, leaseMs: 60_000, newToken: randomUUID }),
    scratch,
    steps: fakeSteps(world),
    clock,
    logger: SILENT,
    workerId: 'w1',
    cutoverBudgetMs: 1_000_000,
    rollbackBudgetMs: 1_000_000,
    undoPatienceMs: 5_000,
    inARowMs: 0,
    onChange: () => undefined,
    ...parts,
  });
}

async function state(): Promise<UpgradeState> {
  return foldJournal(await journal.read(UPGRADE_ID));
}
async function append(body: EventBody): Promise<void> {
  const seq = await journal.length(UPGRADE_ID);
  expect(await journal.append(UPGRADE_ID, eventAt(seq, body, clock.nowMs), undefined)).toBe('appended');
}

const MAX_PASSES = 500;

/** Rings as the bell would, with time passing as fast as it is asked for; approves when asked. */
async function play(answer: (upgradeId: string) => Promise<Answer>): Promise<void> {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const said = await answer(UPGRADE_ID);
    if (said === 'rest') return;
    if ('busyMs' in said) throw new Error('the lease was not released');
    if (said.ringInMs === 60_000) await append(APPROVED);
    else clock.nowMs += Math.max(1, said.ringInMs);
  }
  throw new Error('it goes on for ever');
}

const statuses = (of: UpgradeState) => ADDRESS_STEPS.map((name) => of.steps[name].status);

describe('an upgrade that goes well', () => {
  it('runs every step once, in order, and rests', async () => {
    const world = newWorld();
    await play(runnerOver(world));
    const end = await state();
    expect(end.ended?.outcome).toBe('completed');
    expect(world.changes).toEqual(CHANGING.map((name) => `+${name}`));
    expect(await runnerOver(world)(UPGRADE_ID)).toBe('rest');
    expect((await state()).length).toBe(end.length);
    expect(await journal.unfinished()).toEqual([]);
  });

  it('writes down what it is about to do before it does it', async () => {
    const world = newWorld();
    const seen: [number, StepName][] = [];
    const watched: Journal = {
      ...journal,
      append: (id, event, token) => {
        if (event.type === 'step_intended') seen.push([world.changes.length, event.step]);
        return journal.append(id, event, token);
      },
    };
    await play(runnerOver(world, { journal: watched }));
    expect(seen).toEqual(CHANGING.map((name, index) => [index, name]));
  });

  it('rests for an upgrade that there is not', async () => {
    expect(await runnerOver(newWorld())('up-none')).toBe('rest');
  });
});

describe('a crash at any write of the journal', () => {
  /** Plays with a process that dies at its append number `at`; then another one takes over. */
  async function playWithCrash(options: { at: number; when: 'before' | 'after'; broken: StepName[] }) {
    // Odd ones with one action a doorbell, even ones with many in a row.
    const inARowMs = options.at % 2 === 0 ? 1_000 : 0;
    clock.nowMs = 1_000;
    await begin();
    const world = newWorld(options.broken);
    let crashed = false;
    const dying = runnerOver(world, {
      inARowMs,
      journal: crashingJournal(journal, options.at, options.when),
    });
    await play(dying).catch((error: unknown) => {
      if (!(error instanceof CrashError)) throw error;
      crashed = true;
    });
    if (crashed) await play(runnerOver(world, { inARowMs }));
    return { crashed, world, end: await state() };
  }

  it.each([
    ['forward', 'before', []],
    ['forward', 'after', []],
    ['back', 'before', ['verify-delta']],
    ['back', 'after', ['verify-delta']],
    ['back from a failed hand-over', 'before', ['attach-target-address']],
    ['back from a failed hand-over', 'after', ['attach-target-address']],
  ] as ['forward' | 'back', 'before' | 'after', StepName[]][])(
    'going %s, dying %s it is stored, ends in the same state',
    async (_way, when, broken) => {
      const good = await playWithCrash({ at: Number.POSITIVE_INFINITY, when, broken });
      expect(good.end.ended?.outcome).toBe(broken.length === 0 ? 'completed' : 'rolled_back');
      const different: number[] = [];
      let at = 1;
      for (; ; at += 1) {
        const { crashed, world, end } = await playWithCrash({ at, when, broken });
        if (!crashed) break;
        const same =
          end.ended?.outcome === good.end.ended?.outcome &&
          statuses(end).join() === statuses(good.end).join() &&
          [...world.effects].sort().join() === [...good.world.effects].sort().join() &&
          world.changes.join() === good.world.changes.join();
        if (!same) different.push(at);
      }
      expect(at).toBeGreaterThan(50);
      expect(different).toEqual([]);
    },
    60_000,
  );
});

describe('trouble', () => {
  const cut = (retryable: boolean) =>
    new OperatingError('CLOUD_UNAVAILABLE', 'the cloud is down', { retryable });

  it('that may pass is met with growing waits, and forgotten when it is over', async () => {
    let down = 3;
    const run = async () => {
      if (down-- > 0) throw cut(true);
      return { kind: 'succeeded', output: {} } as const;
    };
    const answer = runnerOver(newWorld(), { steps: fakeSteps(newWorld(), { assess: { run } }) });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 100 });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 200 });
    expect((await scratch.readProgress(UPGRADE_ID))?.trouble).toMatchObject({
      count: 2,
      message: 'the cloud is down',
    });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 400 });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 0 });
    expect((await scratch.readProgress(UPGRADE_ID))?.trouble).toBeUndefined();
    expect((await state()).steps.assess.status).toBe('succeeded');
  });

  it('that lasts longer than the patience of the step fails it, with how long it lasted', async () => {
    const run = async () => {
      throw cut(true);
    };
    const answer = runnerOver(newWorld(), {
      steps: fakeSteps(newWorld(), { assess: { run, patienceMs: 1_000 } }),
    });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 100 });
    clock.nowMs += 1_000;
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 200 });
    clock.nowMs += 1;
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 0 });
    expect((await state()).steps.assess).toMatchObject({
      status: 'failed',
      error: { code: 'CLOUD_UNAVAILABLE', message: 'the cloud is down (for 1 s)' },
    });
  });

  it('that comes and goes never runs out of patience', async () => {
    let pass = 0;
    const run = async () => {
      pass += 1;
      if (pass % 2 === 1) throw cut(true);
      return { kind: 'again', afterMs: 1 } as const;
    };
    const answer = runnerOver(newWorld(), {
      steps: fakeSteps(newWorld(), { assess: { run, patienceMs: 1_000 } }),
    });
    for (let round = 0; round < 10; round += 1) {
      await answer(UPGRADE_ID);
      clock.nowMs += 900;
    }
    expect((await state()).steps.assess.status).toBe('started');
  });

  it('lasts also when the step says how far it is before it meets it', async () => {
    const run: ReturnType<typeof fakeSteps>['assess']['run'] = async (context) => {
      context.progress('half way', 50);
      throw cut(true);
    };
    const answer = runnerOver(newWorld(), {
      steps: fakeSteps(newWorld(), { assess: { run, patienceMs: 1_000 } }),
    });
    await answer(UPGRADE_ID);
    expect(await scratch.readProgress(UPGRADE_ID)).toMatchObject({
      text: 'half way',
      percent: 50,
      trouble: { count: 1 },
    });
    clock.nowMs += 1_001;
    await answer(UPGRADE_ID);
    expect((await state()).steps.assess.status).toBe('failed');
  });

  it('that cannot pass fails the step at once, and the upgrade goes back', async () => {
    const run = async () => {
      throw cut(false);
    };
    const steps = fakeSteps(newWorld(), { 'copy-snapshot': { run } });
    await play(runnerOver(newWorld(), { steps }));
    expect(await state()).toMatchObject({
      ended: { outcome: 'rolled_back' },
      goingBack: { code: 'CLOUD_UNAVAILABLE', message: 'the cloud is down' },
    });
  });

  it('of an undo has a patience of its own, which the run of the step has not used up', async () => {
    const fail = async () => {
      throw cut(true);
    };
    const steps = fakeSteps(newWorld(), { 'align-target': { run: fail, undo: fail, patienceMs: 1_000 } });
    const answer = runnerOver(newWorld(), { steps, undoPatienceMs: 5_000 });
    while ((await state()).steps['align-target'].status !== 'undo_started') {
      await answer(UPGRADE_ID);
      clock.nowMs += 600;
    }
    const undoneSince = (await state()).steps['align-target'].undoStartedAtMs ?? 0;
    clock.nowMs = undoneSince + 4_999;
    await answer(UPGRADE_ID);
    expect((await state()).stuck).toBeUndefined();
    clock.nowMs = undoneSince + 5_001;
    await answer(UPGRADE_ID);
    expect((await state()).stuck).toMatchObject({ step: 'align-target', code: 'CLOUD_UNAVAILABLE' });
    expect(await answer(UPGRADE_ID)).toBe('rest');

    await append({ type: 'resumed' });
    await answer(UPGRADE_ID);
    expect((await state()).stuck).toBeUndefined();
  });

  it('with writes fenced waits half a second at most', async () => {
    const world = newWorld();
    const run = async () => {
      throw cut(true);
    };
    const answer = runnerOver(world, { steps: fakeSteps(world, { drain: { run, patienceMs: 60_000 } }) });
    const waits: number[] = [];
    for (let pass = 0; pass < 100 && waits.length < 5; pass += 1) {
      const said = await answer(UPGRADE_ID);
      if (said === 'rest' || 'busyMs' in said) throw new Error('unexpected');
      if (said.ringInMs === 60_000) await append(APPROVED);
      if ((await state()).steps.drain.status === 'started') waits.push(said.ringInMs);
    }
    expect(waits).toEqual([100, 200, 400, 500, 500]);
  });
});

describe('a defect in a step', () => {
  const run = async () => {
    throw new TypeError('undefined is not a function');
  };

  it('leaves the upgrade where it was, lets go of the lease, and is tried again', async () => {
    const answer = runnerOver(newWorld(), { steps: fakeSteps(newWorld(), { assess: { run } }) });
    await expect(answer(UPGRADE_ID)).rejects.toThrow('undefined is not a function');
    const length = await journal.length(UPGRADE_ID);
    await expect(answer(UPGRADE_ID)).rejects.toThrow('undefined is not a function');
    expect(await journal.length(UPGRADE_ID)).toBe(length);
    expect((await state()).steps.assess.status).toBe('started');
    await play(runnerOver(newWorld()));
    expect((await state()).ended?.outcome).toBe('completed');
  });

  it('with writes fenced is undone when the budget is over', async () => {
    const world = newWorld();
    const steps = fakeSteps(world, { drain: { run } });
    const answer = runnerOver(world, { steps, cutoverBudgetMs: 5_000 });
    await expect(play(answer)).rejects.toThrow('undefined is not a function');
    expect(world.effects.has('fence-source')).toBe(true);
    clock.nowMs += 6_000;
    await play(answer);
    expect((await state()).goingBack?.code).toBe('cutover_over_budget');
    expect(world.effects.size).toBe(0);
  });
});

describe('a decision that comes in while a pass runs', () => {
  it('is acted on at once although the step wanted to wait', async () => {
    const run = async () => {
      await append(ABORTED);
      return { kind: 'again', afterMs: 3_600_000 } as const;
    };
    const answer = runnerOver(newWorld(), { steps: fakeSteps(newWorld(), { assess: { run } }) });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 0 });
  });

  it('is kept beside the outcome of the pass when both are allowed', async () => {
    const run = async () => {
      await append({ type: 'paused' });
      return { kind: 'succeeded', output: {} } as const;
    };
    const answer = runnerOver(newWorld(), { steps: fakeSteps(newWorld(), { assess: { run } }) });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 0 });
    expect(await state()).toMatchObject({ paused: true, steps: { assess: { status: 'succeeded' } } });
    expect(await answer(UPGRADE_ID)).toBe('rest');
  });

  it('stops a step before it changes anything more', async () => {
    const world = newWorld();
    const steps = fakeSteps(world);
    const { run } = steps['align-target'];
    steps['align-target'].run = async (context) => {
      if (context.state.goingBack === undefined) await append(ABORTED);
      return run(context);
    };
    await play(runnerOver(world, { steps }));
    expect(world.changes).toEqual([]);
    expect((await state()).ended?.outcome).toBe('rolled_back');
  });

  it('voids what the pass wanted to ask', async () => {
    const steps = fakeSteps(newWorld());
    const { run } = steps['await-approval'];
    steps['await-approval'].run = async (context) => {
      await append(ABORTED);
      return run(context);
    };
    await play(runnerOver(newWorld(), { steps }));
    expect(await state()).toMatchObject({ approval: undefined, ended: { outcome: 'rolled_back' } });
  });

  it('lets the fence not begin after a pause', async () => {
    const world = newWorld();
    const steps = fakeSteps(world);
    steps['check-gates'].run = async () => {
      await append({ type: 'paused' });
      return { kind: 'succeeded', output: {} };
    };
    await play(runnerOver(world, { steps }));
    expect(await state()).toMatchObject({
      paused: true,
      steps: { 'fence-source': { status: 'never_started' } },
    });
    expect(world.effects.has('fence-source')).toBe(false);
  });
});

describe('actions that follow each other at once', () => {
  /** A clock that moves a little at every look, as a real one does. */
  const ticking = { now: () => ++clock.nowMs };

  it('are done under one doorbell, up to where something has to be waited for', async () => {
    const world = newWorld();
    const answer = runnerOver(world, { clock: ticking, inARowMs: 1_000 });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 10 });
    expect(await state()).toMatchObject({
      steps: { assess: { status: 'succeeded' }, 'align-target': { status: 'started' } },
    });
  });

  it('give way to other upgrades after a while', async () => {
    const run = async () => {
      clock.nowMs += 300;
      return { kind: 'again', afterMs: 0 } as const;
    };
    const steps = fakeSteps(newWorld(), { assess: { run } });
    const answer = runnerOver(newWorld(), { steps, clock: ticking, inARowMs: 1_000 });
    const began = clock.nowMs;
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 0 });
    expect(clock.nowMs - began).toBeLessThan(2_000);
  });

  it('see a decision that came in between, and act on it', async () => {
    const world = newWorld();
    let runs = 0;
    const run = async () => {
      runs += 1;
      if (runs === 1) await append(ABORTED);
      return { kind: 'again', afterMs: 0 } as const;
    };
    const steps = fakeSteps(world, { 'back-up-source': { run } });
    await play(runnerOver(world, { steps, clock: ticking, inARowMs: 60_000 }));
    expect(runs).toBe(1);
    expect((await state()).ended?.outcome).toBe('rolled_back');
  });

  it('say how far they are each for itself', async () => {
    const first: ReturnType<typeof fakeSteps>['assess']['run'] = async (context) => {
      context.progress('assessed');
      return { kind: 'succeeded', output: {} };
    };
    const steps = fakeSteps(newWorld(), { assess: { run: first } });
    await runnerOver(newWorld(), { steps, clock: ticking, inARowMs: 1_000 })(UPGRADE_ID);
    expect(await scratch.readProgress(UPGRADE_ID)).toMatchObject({ step: 'assess', text: 'assessed' });
  });
});

describe('one runner at a time', () => {
  it('the second is told to come back, and changes nothing', async () => {
    const world = newWorld();
    const second = runnerOver(world);
    let said: Answer | undefined;
    const run = async () => {
      said = await second(UPGRADE_ID);
      return { kind: 'succeeded', output: {} } as const;
    };
    await runnerOver(world, { steps: fakeSteps(world, { assess: { run } }) })(UPGRADE_ID);
    expect(said).toEqual({ busyMs: 250 });
  });

  it('whoever lost the lease in the middle writes nothing any more', async () => {
    const world = newWorld();
    const run = async () => {
      await store.redis.set(keys.lease(UPGRADE_ID), 'somebody else');
      return { kind: 'succeeded', output: {} } as const;
    };
    const answer = runnerOver(world, { steps: fakeSteps(world, { assess: { run } }) });
    expect(await answer(UPGRADE_ID)).toEqual({ ringInMs: 0 });
    expect((await state()).steps.assess.status).toBe('started');
  });

  it('and acts on nothing that it could not write down first', async () => {
    const world = newWorld();
    const steps = fakeSteps(world);
    const { run } = steps['align-target'];
    steps['align-target'].run = async (context) => {
      await store.redis.set(keys.lease(UPGRADE_ID), 'somebody else');
      return run(context);
    };
    const answer = runnerOver(world, { steps });
    await answer(UPGRADE_ID);
    await answer(UPGRADE_ID);
    expect(world.changes).toEqual([]);
  });
});

describe('scratch', () => {
  it('that cannot be read never stops an upgrade', async () => {
    await store.redis.set(keys.progress(UPGRADE_ID), '{"step":"a step of another version"}');
    await play(runnerOver(newWorld()));
    expect((await state()).ended?.outcome).toBe('completed');
  });

  it('is kept across passes and gone with the store, without harm', async () => {
    const read: (string | undefined)[] = [];
    const run: ReturnType<typeof fakeSteps>['assess']['run'] = async (context) => {
      read.push(await context.scratch.read('count'));
      if (read.length === 2) await store.redis.del(keys.scratch(UPGRADE_ID));
      else await context.scratch.write('count', String(read.length));
      return read.length < 4 ? { kind: 'again', afterMs: 1 } : { kind: 'succeeded', output: {} };
    };
    await play(runnerOver(newWorld(), { steps: fakeSteps(newWorld(), { assess: { run } }) }));
    expect(read).toEqual([undefined, '1', undefined, '3']);
  });
});
