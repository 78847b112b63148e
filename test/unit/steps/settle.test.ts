import { describe, expect, it } from 'vitest';
import { lookAt, settle } from '../../../src/steps/settle.ts';
import type { StepDefinition } from '../../../src/upgrade/step-definition.ts';
import { SOURCE } from '../upgrade/samples.ts';
import { cloudError, FakeCloud } from './fake-cloud.ts';
import { Bench, Crash, SETTINGS } from './run-step.ts';

const PORT = 7000;

/** A step that does nothing but settle one effect: the port of the source. */
function stepOver(cloud: FakeCloud): StepDefinition {
  return {
    name: 'align-target',
    title: '',
    describe: () => '',
    describeUndo: '',
    undo: { none: '' },
    patienceMs: 1,
    async run(context) {
      const settled = await settle(
        context,
        { cloud, settings: SETTINGS },
        {
          action: 'change-port',
          detail: { port: PORT },
          look: async () => {
            const now = await cloud.readInstance(SOURCE);
            return lookAt(now, now.address.port === PORT);
          },
          act: () => cloud.changePort(SOURCE, PORT),
        },
      );
      return settled.kind === 'there' ? { kind: 'succeeded', output: {} } : settled;
    },
  };
}

function prepare() {
  const cloud = new FakeCloud();
  const step = stepOver(cloud);
  const bench = new Bench('align-target');
  const attempts = () => cloud.calls.length;
  return { cloud, step, bench, attempts, run: () => bench.run(step) };
}
const DONE = { kind: 'succeeded', output: {} };

describe('bringing an effect about', () => {
  it('does nothing when it is there already', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.change(SOURCE.id, { address: { ip: '10.0.0.5', port: PORT } });
    expect(await run()).toEqual(DONE);
    expect(attempts()).toBe(0);
    expect(bench.state.steps['align-target'].intents).toEqual([]);
  });

  it('writes down the intent, acts once, and looks again at once', async () => {
    const { bench, run, attempts } = prepare();
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
    expect(bench.state.steps['align-target'].intents).toMatchObject([
      { action: 'change-port', detail: { port: PORT } },
    ]);
    expect(bench.state.steps['align-target'].note).toMatchObject({ 'task:change-port': { id: 1 } });
    expect(await run()).toEqual(DONE);
    expect(attempts()).toBe(1);
  });

  it('follows a task that takes its time, with growing waits, and does not act again', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', 'by a task');
    const waits: number[] = [];
    for (let pass = 0; pass < 20; pass += 1) {
      const said = await run();
      if (said.kind !== 'again') throw new Error(said.kind);
      waits.push(said.afterMs);
      bench.nowMs += said.afterMs;
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    cloud.finishTasks();
    expect(await run()).toEqual(DONE);
    expect(attempts()).toBe(1);
  });

  it('waits while the instance is busy with something else', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.change(SOURCE.id, { status: 'in-flow' });
    expect((await run()).kind).toBe('again');
    expect(attempts()).toBe(0);
    cloud.change(SOURCE.id, { status: 'running' });
    expect(await bench.until(run)).toEqual(DONE);
  });

  it.each([
    ['an error that hid a success', true, 1],
    ['an error that was one', false, 2],
  ])('looks before it acts again after %s', async (...[, butHappens, attempted]) => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', { throws: cloudError('CLOUD_UNAVAILABLE', true), butHappens });
    await expect(run()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(await bench.until(run)).toEqual(DONE);
    expect(attempts()).toBe(attempted);
  });

  it.each([
    [1, 'before the intent is written: nothing was done', 1],
    [2, 'after the call and before its task is noted: it is found done', 1],
  ])('survives a crash at write %i, %s', async (...[write, , attempted]) => {
    const { bench, run, attempts } = prepare();
    bench.dieAt = write;
    await expect(run()).rejects.toThrow(Crash);
    expect(await bench.until(run)).toEqual(DONE);
    expect(attempts()).toBe(attempted);
  });

  it('attempts a task that fails again, so many times, and says what it failed with', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', { taskFails: 'no' }, { taskFails: 'no' }, { taskFails: 'still no' });
    expect(await bench.until(run)).toEqual({
      kind: 'failed',
      error: { code: 'task_failed', message: 'change-port failed 3 times: still no' },
    });
    expect(attempts()).toBe(SETTINGS.maxTaskAttempts);
  });

  it('goes well when the second attempt does', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', { taskFails: 'no' });
    expect(await bench.until(run)).toEqual(DONE);
    expect(attempts()).toBe(2);
  });

  it('gives the effect of a task time to be seen before it acts again, and not for ever', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', 'without effect', 'without effect', 'without effect');
    const began = bench.nowMs;
    expect(await bench.until(run)).toMatchObject({ kind: 'failed', error: { code: 'task_failed' } });
    expect(attempts()).toBe(3);
    expect(bench.nowMs - began).toBeGreaterThan(3 * 5_000);
  });

  it('begins anew when a person resumed it after it had failed', async () => {
    const { cloud, bench, step, attempts } = prepare();
    const probe = { ...step, name: 'probe' as const };
    const past = new Bench('probe');
    past.nowMs += 1;
    cloud.next('changePort', { taskFails: 'no' }, { taskFails: 'no' }, { taskFails: 'no' });
    const failed = await past.until(() => past.run(probe));
    if (failed.kind !== 'failed') throw new Error(failed.kind);
    past.append({ type: 'step_failed', step: 'probe', error: failed.error });
    past.nowMs += 2 * SETTINGS.taskDeadlineMs;
    past.append({ type: 'resumed' });
    past.nowMs += 1;
    expect(await past.until(() => past.run(probe))).toEqual(DONE);
    expect(attempts()).toBe(4);
    expect(bench.state.stuck).toBeUndefined();
  });

  it('fails after the deadline, also while a task still runs', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', 'by a task');
    const said = await bench.until(run);
    expect(said).toMatchObject({ kind: 'failed', error: { code: 'task_deadline' } });
    expect(attempts()).toBe(1);
  });

  it('attempts again when its task is not known any more', async () => {
    const { cloud, bench, run, attempts } = prepare();
    cloud.next('changePort', 'by a task');
    await run();
    cloud.tasks.clear();
    expect(await bench.until(run)).toEqual(DONE);
    expect(attempts()).toBe(2);
  });
});
