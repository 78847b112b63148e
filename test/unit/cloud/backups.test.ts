import { describe, expect, it } from 'vitest';
import { REGION, SOURCE, useWorld } from './setup.ts';

const world = useWorld();

describe('backups', () => {
  it('starts one with a remark', async () => {
    world.tencent.answer('ManualBackupInstance', { TaskId: 12 });
    expect(await world.cloud().startBackup(SOURCE, 'before up-12345678')).toEqual({
      region: REGION,
      id: 12,
      requestId: 'request-1',
      instanceId: SOURCE.id,
    });
    expect(world.tencent.received[0]?.body).toEqual({ InstanceId: SOURCE.id, Remark: 'before up-12345678' });
  });

  it('lists the newest first, in epoch milliseconds', async () => {
    world.tencent.answer('DescribeInstanceBackups', {
      TotalCount: 3,
      BackupSet: [
        { BackupId: 'b-1', StartTime: '2026-11-21 03:00:00', BackupType: '1', Status: 2, Remark: '' },
        { BackupId: 'b-2', StartTime: '2026-11-22 09:29:00', BackupType: '0', Status: 1, Remark: 'mine' },
        { BackupId: 'b-3', StartTime: '0000-00-00 00:00:00', BackupType: 2, Status: 9, Remark: null },
      ],
    });
    expect(await world.cloud().listBackups(SOURCE, 2)).toEqual([
      {
        id: 'b-2',
        startedAtMs: Date.parse('2026-11-22T01:29:00Z'),
        kind: 'manual',
        status: 'in-flow',
        remark: 'mine',
      },
      {
        id: 'b-1',
        startedAtMs: Date.parse('2026-11-20T19:00:00Z'),
        kind: 'automatic',
        status: 'usable',
        remark: '',
      },
      { id: 'b-3', startedAtMs: 0, kind: 'automatic', status: 'unknown', remark: '' },
    ]);
    // Two days up to now, with five minutes on either side for clocks that differ; 2 alone would hide what is being made.
    expect(world.tencent.received[0]?.body).toEqual({
      InstanceId: SOURCE.id,
      Limit: 100,
      Offset: 0,
      BeginTime: '2026-11-20 09:30:00',
      EndTime: '2026-11-22 09:35:00',
      Status: [1, 2],
    });
  });

  it.each([
    [1, 'in-flow'],
    [2, 'usable'],
    [3, 'usable'],
    [4, 'usable'],
    [-1, 'expired'],
    [undefined, 'unknown'],
  ])('status %s is %s', async (Status, status) => {
    const BackupSet = [{ BackupId: 'b-1', StartTime: '2026-11-21 03:00:00', BackupType: '0', Status }];
    world.tencent.answer('DescribeInstanceBackups', { TotalCount: 1, BackupSet });
    expect((await world.cloud().listBackups(SOURCE, 1))[0]?.status).toBe(status);
  });

  it('never asks for more than the thirty days Tencent allows', async () => {
    world.tencent.answer('DescribeInstanceBackups', { TotalCount: 0, BackupSet: [] });
    await world.cloud().listBackups(SOURCE, 90);
    expect(world.tencent.received[0]?.body).toMatchObject({
      BeginTime: '2026-10-23 09:35:00',
      EndTime: '2026-11-22 09:35:00',
    });
  });
});
