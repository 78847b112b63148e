import { describe, expect, it } from 'vitest';
import { createAlignTarget } from '../../../src/steps/align-target.ts';
import { createBackUpSource } from '../../../src/steps/back-up-source.ts';
import { createCompleteSync } from '../../../src/steps/complete-sync.ts';
import { createCreateSyncJob } from '../../../src/steps/create-sync-job.ts';
import { createAttachTargetAddress, createDetachSourceAddress } from '../../../src/steps/hand-over.ts';
import { createTidyUp } from '../../../src/steps/tidy-up.ts';
import { OLD_ADDRESS, PARKING_ADDRESS, SOURCE, TARGET } from '../upgrade/samples.ts';
import { cloudError, FakeCloud, newJob } from './fake-cloud.ts';
import { Bench, Crash, depsOver, fencedRedis, openRedis, SETTINGS } from './run-step.ts';

function align(cloud = new FakeCloud()) {
  const step = createAlignTarget(depsOver(cloud));
  const bench = new Bench('align-target');
  return { cloud, step, bench };
}

describe('align-target', () => {
  it('moves the target into the subnet, then changes its port, then its security groups, attaching first', async () => {
    const { cloud, step, bench } = align();
    expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
    expect(cloud.calls).toEqual([
      'move crs-target to subnet-source',
      'port of crs-target to 6379',
      'attach sg-1 to crs-target',
      'attach sg-2 to crs-target',
      'detach sg-9 from crs-target',
    ]);
    expect(cloud.get(TARGET.id)).toMatchObject({ subnetId: SOURCE.subnetId, address: { port: 6379 } });
  });

  it('touches the source in nothing', async () => {
    const { cloud, step, bench } = align();
    const before = cloud.get(SOURCE.id);
    await bench.until(() => bench.run(step));
    expect(cloud.get(SOURCE.id)).toEqual(before);
    expect(cloud.groups.get(SOURCE.id)).toEqual(SOURCE.securityGroups);
  });

  it('puts back exactly what it changed, its old address included', async () => {
    const { cloud, step, bench } = align();
    const before = cloud.get(TARGET.id);
    await bench.until(() => bench.run(step));
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.get(TARGET.id)).toEqual(before);
    expect(cloud.groups.get(TARGET.id)).toEqual(TARGET.securityGroups);
  });

  it('takes another address of the old subnet when somebody took its own', async () => {
    const { cloud, step, bench } = align();
    await bench.until(() => bench.run(step));
    cloud.otherAddresses.set(TARGET.address.ip, { resourceType: 'CVM', resourceId: 'ins-1' });
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.calls).toContain('move crs-target to subnet-target');
    expect(cloud.get(TARGET.id).subnetId).toBe(TARGET.subnetId);
  });

  it('undoes nothing when it had changed nothing', async () => {
    const { cloud, step, bench } = align();
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.calls).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5])(
    'ends in the same place after a crash at write %i, forward and back',
    async (write) => {
      const { cloud, step, bench } = align();
      bench.dieAt = write;
      await expect(bench.until(() => bench.run(step))).rejects.toThrow(Crash);
      expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
      expect([...(cloud.groups.get(TARGET.id) ?? [])].sort()).toEqual(SOURCE.securityGroups);
      bench.turnBack(step);
      bench.dieAt = write;
      await expect(bench.until(() => bench.undo(step))).rejects.toThrow(Crash);
      expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
      expect(cloud.groups.get(TARGET.id)).toEqual(TARGET.securityGroups);
    },
  );

  it('goes on with security groups as long as its calls only get lost on their way', async () => {
    const cloud = new FakeCloud();
    const lost = { throws: cloudError('CLOUD_UNAVAILABLE', true) };
    cloud.next('attachSecurityGroup', lost, lost, lost, lost, lost);
    const step = createAlignTarget(depsOver(cloud));
    const bench = new Bench('align-target');
    const pass = () => bench.run(step).catch(() => ({ kind: 'again', afterMs: 6_000 }) as const);
    expect(await bench.until(pass)).toMatchObject({ kind: 'succeeded' });
    expect(cloud.groups.get(TARGET.id)).toEqual(SOURCE.securityGroups);
  });

  it('gives up security groups that do not change, after so many attempts', async () => {
    const { cloud, step, bench } = align();
    const ignore = Array.from({ length: 20 }, () => 'without effect' as const);
    cloud.next('attachSecurityGroup', ...ignore);
    expect(await bench.until(() => bench.run(step))).toMatchObject({
      kind: 'failed',
      error: { code: 'security_groups_differ' },
    });
    expect(cloud.calls.filter((call) => call === 'attach sg-1 to crs-target')).toHaveLength(
      SETTINGS.maxTaskAttempts,
    );
  });
});

describe('back-up-source', () => {
  it('makes one backup, however often it is asked, and names it', async () => {
    const cloud = new FakeCloud();
    const step = createBackUpSource(depsOver(cloud));
    const bench = new Bench('back-up-source');
    bench.dieAt = 2;
    await expect(bench.until(() => bench.run(step))).rejects.toThrow(Crash);
    expect(await bench.until(() => bench.run(step))).toMatchObject({
      kind: 'succeeded',
      output: { backupId: 'backup-1' },
    });
    expect(cloud.calls).toEqual(['back up crs-source']);
  });

  it('waits until the source has no task any more, since a pre-check refuses an instance that has one', async () => {
    const cloud = new FakeCloud();
    const bench = new Bench('back-up-source');
    const step = createBackUpSource(depsOver(cloud));
    cloud.backups.push({
      id: 'b-1',
      startedAtMs: 0,
      kind: 'manual',
      status: 'usable',
      remark: `redis-upgrade ${bench.state.id}`,
    });
    cloud.change(SOURCE.id, { status: 'in-flow' });
    expect(await bench.run(step)).toMatchObject({ kind: 'again' });
    cloud.change(SOURCE.id, { status: 'running' });
    expect(await bench.run(step)).toMatchObject({ kind: 'succeeded', output: { backupId: 'b-1' } });
    expect(cloud.calls).toEqual([]);
  });

  it('does not take the backup of another upgrade for its own', async () => {
    const cloud = new FakeCloud();
    cloud.backups.push({
      id: 'b-0',
      startedAtMs: 0,
      kind: 'manual',
      status: 'usable',
      remark: 'redis-upgrade up-other',
    });
    const bench = new Bench('back-up-source');
    const step = createBackUpSource(depsOver(cloud));
    expect(await bench.until(() => bench.run(step))).toMatchObject({ output: { backupId: 'backup-2' } });
  });
});

describe('create-sync-job', () => {
  function create(cloud = new FakeCloud()) {
    return { cloud, step: createCreateSyncJob(depsOver(cloud)), bench: new Bench('create-sync-job') };
  }
  const purchases = (cloud: FakeCloud) => cloud.calls.filter((call) => call.startsWith('buy'));

  it('buys one job and configures it', async () => {
    const { cloud, step, bench } = create();
    expect(await bench.until(() => bench.run(step))).toMatchObject({ output: { syncJobId: 'sync-1' } });
    expect(cloud.calls).toEqual(['buy sync-1', 'configure sync-1']);
  });

  it.each([
    [1, 'before the purchase'],
    [2, 'between the purchase and its note'],
    [3, 'before the configuration'],
  ])('never buys twice: crash at write %i, %s', async (write) => {
    const { cloud, step, bench } = create();
    bench.dieAt = write;
    await expect(bench.until(() => bench.run(step))).rejects.toThrow(Crash);
    expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
    expect(purchases(cloud)).toEqual(['buy sync-1']);
  });

  it('never buys twice: a purchase that seemed to fail is found by its tag', async () => {
    const { cloud, step, bench } = create();
    cloud.next('createSyncJob', { throws: cloudError('CLOUD_UNAVAILABLE', true), butHappens: true });
    await expect(bench.run(step)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
    expect(purchases(cloud)).toEqual(['buy sync-1']);
  });

  it('never buys twice: a job whose tag is not seen yet is read by its noted id', async () => {
    const { cloud, step, bench } = create();
    cloud.tagsVisible = false;
    expect(await bench.until(() => bench.run(step))).toMatchObject({ output: { syncJobId: 'sync-1' } });
    bench.nowMs += 10 * SETTINGS.purchaseGraceMs;
    expect(await bench.until(() => bench.run(step))).toMatchObject({ output: { syncJobId: 'sync-1' } });
    expect(purchases(cloud)).toHaveLength(1);
  });

  it('waits for a purchase that may have happened before it tries another', async () => {
    const { cloud, step, bench } = create();
    cloud.next('createSyncJob', { throws: cloudError('CLOUD_UNAVAILABLE', true) });
    await expect(bench.run(step)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    bench.nowMs += SETTINGS.purchaseGraceMs - 1;
    expect((await bench.run(step)).kind).toBe('again');
    expect(purchases(cloud)).toHaveLength(1);
    bench.nowMs += 1;
    await bench.run(step);
    expect(purchases(cloud)).toHaveLength(2);
  });

  it('going back looks for a forgotten purchase as long as one may not be listed yet', async () => {
    const { cloud, step, bench } = create();
    await bench.until(() => bench.run(step));
    bench.turnBack(step);
    let waited = 0;
    const undone = await bench.until(
      () => bench.undo(step),
      () => {
        if (waited === 0) cloud.jobs.push(newJob('forgotten'));
        waited += 1;
      },
    );
    expect(undone).toEqual({ kind: 'undone' });
    expect(cloud.jobs.map(({ tradeStatus }) => tradeStatus)).toEqual(['isolated', 'isolated']);
  });

  it('refuses two jobs with its tag, by their ids, and going back isolates both', async () => {
    const { cloud, step, bench } = create();
    cloud.jobs.push(newJob('sync-a', { status: 'catching-up' }), newJob('sync-b'));
    const said = await bench.run(step);
    expect(said).toMatchObject({ kind: 'failed', error: { code: 'two_sync_jobs' } });
    if (said.kind === 'failed') expect(said.error.message).toContain('(sync-a, sync-b)');
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.calls).toEqual(['stop sync-a', 'isolate sync-a', 'isolate sync-b']);
  });

  it('does not count a job that was given back', async () => {
    const { cloud, step, bench } = create();
    cloud.jobs.push(newJob('sync-old', { status: 'isolated', tradeStatus: 'isolated' }));
    expect(await bench.until(() => bench.run(step))).toMatchObject({ output: { syncJobId: 'sync-2' } });
  });

  it('undo stops what runs, isolates it, and finds a job whose tag is not seen', async () => {
    const { cloud, step, bench } = create();
    await bench.until(() => bench.run(step));
    cloud.changeJob('sync-1', { status: 'copying' });
    cloud.tagsVisible = false;
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.calls.slice(2)).toEqual(['stop sync-1', 'isolate sync-1']);
  });

  it('undo is done when the job is gone, and when there never was one', async () => {
    const { cloud, step, bench } = create();
    await bench.until(() => bench.run(step));
    cloud.jobs.splice(0);
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    const never = create();
    never.bench.turnBack(never.step);
    expect(await never.bench.undo(never.step)).toEqual({ kind: 'undone' });
  });

  it('undo waits for a job that is stopping by itself', async () => {
    const { cloud, step, bench } = create();
    cloud.jobs.push(newJob('sync-1', { status: 'completing' }));
    bench.turnBack(step);
    expect((await bench.undo(step)).kind).toBe('again');
    expect(cloud.calls).toEqual([]);
  });
});

describe('the hand-over', () => {
  it('parks the source at the address that was approved, and takes it back', async () => {
    const cloud = new FakeCloud();
    const step = createDetachSourceAddress(depsOver(cloud));
    const bench = new Bench('detach-source-address');
    expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
    expect(cloud.get(SOURCE.id).address).toEqual(PARKING_ADDRESS);
    bench.turnBack(step);
    expect(await bench.until(() => bench.undo(step))).toEqual({ kind: 'undone' });
    expect(cloud.get(SOURCE.id).address).toEqual(OLD_ADDRESS);
  });

  it('does not move a source that somebody else moved, nor to an address that somebody holds', async () => {
    const cloud = new FakeCloud();
    const step = createDetachSourceAddress(depsOver(cloud));
    cloud.otherAddresses.set(PARKING_ADDRESS.ip, { resourceType: 'CVM', resourceId: 'ins-1' });
    expect(await new Bench('detach-source-address').run(step)).toEqual({
      kind: 'failed',
      error: {
        code: 'address_taken',
        message:
          '10.0.0.99 is held by CVM ins-1. The source takes the old address back; start again when it is free.',
      },
    });
    cloud.change(SOURCE.id, { address: { ip: '10.0.0.50', port: 6379 } });
    expect(await new Bench('detach-source-address').run(step)).toMatchObject({
      kind: 'failed',
      error: { code: 'address_moved' },
    });
    expect(cloud.calls).toEqual([]);
  });

  it('tells a person how to go on when the way back is barred', async () => {
    const cloud = new FakeCloud();
    const step = createDetachSourceAddress(depsOver(cloud));
    const bench = new Bench('detach-source-address');
    await bench.until(() => bench.run(step));
    cloud.otherAddresses.set(OLD_ADDRESS.ip, { resourceType: 'CVM', resourceId: 'ins-1' });
    bench.turnBack(step);
    const said = await bench.undo(step);
    expect(said).toMatchObject({ kind: 'failed', error: { code: 'address_taken' } });
    if (said.kind === 'failed') expect(said.error.message).toContain('/redis-upgrade resume');
  });

  function attach(access = fencedRedis()) {
    const cloud = new FakeCloud();
    cloud.change(SOURCE.id, { address: PARKING_ADDRESS });
    return {
      cloud,
      step: createAttachTargetAddress(depsOver(cloud, { access })),
      bench: new Bench('attach-target-address'),
    };
  }

  it('gives the old address to the target, also over a crash and an error that hid it', async () => {
    const { cloud, step, bench } = attach();
    cloud.next('changeAddress', { throws: cloudError('CLOUD_UNAVAILABLE', true), butHappens: true });
    await expect(bench.run(step)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
    expect(cloud.get(TARGET.id).address).toEqual(OLD_ADDRESS);
    expect(cloud.calls).toEqual(['address of crs-target to 10.0.0.5:6379']);
  });

  it('gives the target nothing while the source takes writes again, or may soon', async () => {
    const { cloud, step, bench } = attach(openRedis(0));
    cloud.change(SOURCE.id, { status: 'in-flow' });
    expect((await bench.run(step)).kind).toBe('again');
    cloud.change(SOURCE.id, { status: 'running' });
    expect(await bench.run(step)).toMatchObject({ kind: 'failed', error: { code: 'fence_lifted' } });
    expect(cloud.calls).toEqual([]);
  });

  it('waits while the old address still seems to be with the source', async () => {
    const { cloud, step, bench } = attach();
    cloud.change(SOURCE.id, { address: OLD_ADDRESS });
    await expect(bench.run(step)).rejects.toMatchObject({ code: 'ADDRESS_NOT_RELEASED', retryable: true });
    cloud.change(SOURCE.id, { address: PARKING_ADDRESS });
    expect(await bench.until(() => bench.run(step))).toMatchObject({ kind: 'succeeded' });
  });

  it('gives up after its own, shorter deadline, so that the source can take the address back', async () => {
    const { cloud, step, bench } = attach();
    cloud.next('changeAddress', 'by a task');
    const began = bench.nowMs;
    expect(await bench.until(() => bench.run(step))).toMatchObject({ error: { code: 'task_deadline' } });
    expect(bench.nowMs - began).toBeLessThan(SETTINGS.handOverDeadlineMs + 2 * SETTINGS.pollLastMs);
  });

  it('undo never takes the address from the target: a person has to decide', async () => {
    const { cloud, step, bench } = attach();
    await bench.until(() => bench.run(step));
    const { calls } = cloud;
    const count = calls.length;
    bench.append({ type: 'step_failed', step: 'attach-target-address', error: { code: 'x', message: 'x' } });
    bench.append({ type: 'undo_started', step: 'attach-target-address' });
    const said = await bench.undo(step);
    expect(said).toMatchObject({ kind: 'failed', error: { code: 'target_holds_address' } });
    if (said.kind === 'failed')
      expect(said.error.message).toContain('/redis-upgrade rollback up-aaaa1111 --lossless');
    expect(calls).toHaveLength(count);
    expect(cloud.get(TARGET.id).address).toEqual(OLD_ADDRESS);
  });

  it('undo is done when the target never got it, and waits while a task could still give it', async () => {
    const { cloud, step, bench } = attach();
    cloud.change(TARGET.id, { status: 'in-flow' });
    bench.append({ type: 'step_failed', step: 'attach-target-address', error: { code: 'x', message: 'x' } });
    bench.append({ type: 'undo_started', step: 'attach-target-address' });
    expect((await bench.undo(step)).kind).toBe('again');
    cloud.change(TARGET.id, { status: 'running' });
    expect(await bench.undo(step)).toEqual({ kind: 'undone' });
    expect(cloud.calls).toEqual([]);
  });
});

describe('complete-sync and tidy-up', () => {
  it('completes the job once and waits for its success', async () => {
    const cloud = new FakeCloud();
    cloud.jobs.push(newJob('sync-1', { status: 'catching-up' }));
    const step = createCompleteSync(depsOver(cloud, { access: openRedis(41) }));
    const bench = new Bench('complete-sync');
    expect(await bench.until(() => bench.run(step))).toMatchObject({
      kind: 'succeeded',
      output: { targetRunId: 'run-target', targetWrites: 41 },
    });
    expect(cloud.calls).toEqual(['complete sync-1']);
  });

  it('fails when the job broke before it was completed', async () => {
    const cloud = new FakeCloud();
    cloud.jobs.push(newJob('sync-1', { status: 'failed', rawStatus: 'failed', error: 'OOM' }));
    expect(await new Bench('complete-sync').run(createCompleteSync(depsOver(cloud)))).toMatchObject({
      kind: 'failed',
      error: { code: 'sync_job_failed' },
    });
  });

  it('isolates the job, leaves the source as it is, and says where it is left', async () => {
    const cloud = new FakeCloud();
    cloud.readOnly.add(SOURCE.id);
    cloud.jobs.push(newJob('sync-1', { status: 'completed' }));
    const step = createTidyUp(depsOver(cloud));
    const bench = new Bench('tidy-up');
    const said = await bench.until(() => bench.run(step));
    expect(said).toMatchObject({
      kind: 'succeeded',
      output: {
        summary:
          'The way back has ended, and the DTS job is isolated. crs-source is left at 10.0.0.99:6379, read-only, and costs until it is destroyed: do that in the console when you are sure.',
      },
    });
    expect(cloud.calls).toEqual(['isolate sync-1']);
    expect(cloud.readOnly.has(SOURCE.id)).toBe(true);
  });

  it('counts a job that is gone as tidied up', async () => {
    const bench = new Bench('tidy-up');
    expect((await bench.run(createTidyUp(depsOver(new FakeCloud())))).kind).toBe('succeeded');
  });
});
