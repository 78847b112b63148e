import { describe, expect, it } from 'vitest';
import { createDetachSourceAddress } from '../../../src/steps/hand-over.ts';
import { createRehearseFence } from '../../../src/steps/rehearse-fence.ts';
import { afterLateEffects } from '../../../src/steps/settle.ts';
import type { StepDefinition } from '../../../src/upgrade/step-definition.ts';
import { OLD_ADDRESS, PARKING_ADDRESS, SOURCE, TARGET } from '../upgrade/samples.ts';
import { cloudError, FakeCloud, newJob } from './fake-cloud.ts';
import { Bench, depsOver, openRedis, SETTINGS } from './run-step.ts';

function detach(): { cloud: FakeCloud; step: StepDefinition; bench: Bench } {
  const cloud = new FakeCloud();
  const step = afterLateEffects(createDetachSourceAddress(depsOver(cloud)), SETTINGS);
  return { cloud, step, bench: new Bench('detach-source-address') };
}

describe('an undo after a call whose answer was lost', () => {
  it('does not believe that there is nothing to undo before the call can no longer take effect', async () => {
    const { cloud, step, bench } = detach();
    cloud.next('changeAddress', { throws: cloudError('CLOUD_UNAVAILABLE', true) });
    await expect(bench.run(step)).rejects.toThrow('CLOUD_UNAVAILABLE');
    bench.turnBack(step);
    const askedAtMs = bench.nowMs;
    expect(await bench.undo(step)).toMatchObject({ kind: 'again' });
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(bench.nowMs - askedAtMs).toBeGreaterThanOrEqual(SETTINGS.lateEffectMs);
  });

  it('undoes it when it takes effect late', async () => {
    const { cloud, step, bench } = detach();
    cloud.next('changeAddress', { throws: cloudError('CLOUD_UNAVAILABLE', true) });
    await expect(bench.run(step)).rejects.toThrow('CLOUD_UNAVAILABLE');
    bench.turnBack(step);
    expect(await bench.undo(step)).toMatchObject({ kind: 'again' });
    cloud.change(SOURCE.id, { address: PARKING_ADDRESS });
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.get(SOURCE.id).address).toEqual(OLD_ADDRESS);
  });

  it('waits for nothing when the cloud answered, or said that nothing was done', async () => {
    const answered = detach();
    answered.cloud.next('changeAddress', 'without effect');
    await answered.bench.run(answered.step);
    answered.bench.turnBack(answered.step);
    expect(await answered.bench.undo(answered.step)).toEqual({ kind: 'undone' });

    const refused = detach();
    refused.cloud.next('changeAddress', { throws: cloudError('CLOUD_BUSY') });
    await expect(refused.bench.run(refused.step)).rejects.toThrow('CLOUD_BUSY');
    refused.bench.turnBack(refused.step);
    expect(await refused.bench.undo(refused.step)).toEqual({ kind: 'undone' });
  });
});

describe('the undo of the rehearsal, for a store that lost its last second', () => {
  function afterVerification(change: (cloud: FakeCloud) => void) {
    const cloud = new FakeCloud();
    change(cloud);
    const step = createRehearseFence(depsOver(cloud, { access: openRedis(0) }));
    const bench = new Bench('check-gates');
    bench.append({ type: 'abort_requested', reason: 'x' });
    for (const name of [
      'check-gates',
      'await-approval',
      'verify-data',
      'catch-up',
      'copy-snapshot',
    ] as const) {
      bench.append({ type: 'undo_started', step: name });
      bench.append({ type: 'undone', step: name });
    }
    for (const name of ['check-sync-job', 'create-sync-job', 'back-up-source'] as const) {
      bench.append({ type: 'undo_started', step: name });
      bench.append({ type: 'undone', step: name });
    }
    bench.append({ type: 'undo_started', step: 'rehearse-fence' });
    return { cloud, undo: () => bench.until(() => bench.undo(step)) };
  }

  it('brings a source home that was parked without the journal knowing', async () => {
    const { cloud, undo } = afterVerification((world) =>
      world.change(SOURCE.id, { address: PARKING_ADDRESS }),
    );
    expect(await undo()).toEqual({ kind: 'undone' });
    expect(cloud.get(SOURCE.id).address).toEqual(OLD_ADDRESS);
  });

  it('leaves a source alone that somebody moved elsewhere', async () => {
    const elsewhere = { ip: '10.0.0.200', port: 6379 };
    const { cloud, undo } = afterVerification((world) => world.change(SOURCE.id, { address: elsewhere }));
    expect(await undo()).toEqual({ kind: 'undone' });
    expect(cloud.get(SOURCE.id).address).toEqual(elsewhere);
  });

  it('calls a person while the target holds the address', async () => {
    const { undo } = afterVerification((world) => {
      world.change(SOURCE.id, { address: PARKING_ADDRESS });
      world.change(TARGET.id, { address: OLD_ADDRESS });
    });
    expect(await undo()).toMatchObject({ kind: 'failed', error: { code: 'target_holds_address' } });
  });

  it('takes down a job that was bought without the journal knowing', async () => {
    const cloud = new FakeCloud();
    cloud.jobs.push(newJob('sync-1', { status: 'created' }));
    const step = createRehearseFence(depsOver(cloud));
    const bench = new Bench('back-up-source');
    bench.append({ type: 'abort_requested', reason: 'x' });
    bench.append({ type: 'undo_started', step: 'back-up-source' });
    bench.append({ type: 'undone', step: 'back-up-source' });
    bench.append({ type: 'undo_started', step: 'rehearse-fence' });
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.calls).toContain('isolate sync-1');
  });
});
