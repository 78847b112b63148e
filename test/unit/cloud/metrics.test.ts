import { describe, expect, it } from 'vitest';
import { NOW_MS, rejection, SOURCE, useWorld } from './setup.ts';

const world = useWorld();
const second = (ms: number) => Math.floor(ms / 1_000);
const series = (Timestamps: unknown[], Values: unknown[], id = SOURCE.id) => ({
  Dimensions: [{ Name: 'instanceid', Value: id }],
  Timestamps,
  Values,
});
const answered = (...DataPoints: unknown[]) => ({ Period: 5, Msg: '', DataPoints });

describe('metrics', () => {
  const sinceMs = NOW_MS - 60_000;

  it('answers the latest point of each metric', async () => {
    world.tencent.answer('GetMonitorData', ({ body }) =>
      (body as { MetricName: string }).MetricName === 'CmdWrite'
        ? answered(series([second(NOW_MS) - 5, second(NOW_MS) - 20, second(NOW_MS) - 10], [0, 9, 4]))
        : answered(series([second(NOW_MS) - 15], [12.5])),
    );
    expect(await world.cloud().readMetrics(SOURCE, ['CmdWrite', 'MemUsed'], sinceMs)).toEqual({
      CmdWrite: { value: 0, atMs: NOW_MS - 5_000 },
      MemUsed: { value: 12.5, atMs: NOW_MS - 15_000 },
    });
    expect(world.tencent.received[0]?.body).toEqual({
      Namespace: 'QCE/REDIS_MEM',
      MetricName: 'CmdWrite',
      Instances: [{ Dimensions: [{ Name: 'instanceid', Value: SOURCE.id }] }],
      Period: 5,
      StartTime: '2026-11-22T09:29:00+08:00',
      EndTime: '2026-11-22T09:30:00+08:00',
    });
  });

  it.each([
    ['no points', answered()],
    ['null', { Msg: '', DataPoints: null }],
    ['an empty series', answered(series([], []))],
    ['a soft error', { Msg: 'metric not found', DataPoints: [] }],
    ['a value that is null', answered(series([second(NOW_MS)], [null]))],
    ['a time without a value', answered(series([second(NOW_MS)], []))],
    ['a point older than asked for', answered(series([second(sinceMs) - 1], [3]))],
    ['another instance', answered(series([second(NOW_MS)], [3], 'crs-other'))],
  ])('is absent, never 0, after %s', async (_name, reply) => {
    world.tencent.answer('GetMonitorData', reply);
    expect(await world.cloud().readMetrics(SOURCE, ['CmdWrite'], sinceMs)).toEqual({});
  });

  it('skips a missing point and takes the one before', async () => {
    world.tencent.answer('GetMonitorData', answered(series([second(NOW_MS) - 5, second(NOW_MS)], [7, null])));
    expect(await world.cloud().readMetrics(SOURCE, ['CmdWrite'], sinceMs)).toEqual({
      CmdWrite: { value: 7, atMs: NOW_MS - 5_000 },
    });
  });

  it('asks for no more points than one answer holds', async () => {
    world.tencent.answer('GetMonitorData', answered());
    await world.cloud().readMetrics(SOURCE, ['Commands'], NOW_MS - 86_400_000);
    expect(world.tencent.received[0]?.body).toMatchObject({ StartTime: '2026-11-21T23:30:05+08:00' });
  });

  it('asks for a window that ends after it begins, although the points asked for are still to come', async () => {
    world.tencent.answer('GetMonitorData', answered());
    await world.cloud().readMetrics(SOURCE, ['Commands'], NOW_MS + 10_000);
    expect(world.tencent.received[0]?.body).toMatchObject({
      StartTime: '2026-11-22T09:30:10+08:00',
      EndTime: '2026-11-22T09:30:15+08:00',
    });
  });

  it('rejects when the monitor refuses', async () => {
    world.tencent.answer('GetMonitorData', { error: 'FailedOperation.ErrOwed' });
    const error = await rejection(world.cloud().readMetrics(SOURCE, ['Commands'], sinceMs));
    expect(error.cloudCode).toBe('CLOUD_MONEY');
  });
});

describe('the lag in bytes', () => {
  it.each([
    [
      { JobId: 'dts-1', Offset: 4096 },
      { jobId: 'dts-1', lagBytes: 4096 },
    ],
    [
      { JobId: 'dts-1', Offset: '17' },
      { jobId: 'dts-1', lagBytes: 17 },
    ],
    [
      { JobId: 'dts-1', Offset: 0 },
      { jobId: 'dts-1', lagBytes: 0 },
    ],
    [
      { JobId: 'dts-1', Offset: -1 },
      { jobId: 'dts-1', lagBytes: undefined },
    ],
    [{ JobId: 'dts-1' }, { jobId: 'dts-1', lagBytes: undefined }],
    [
      { JobId: 'dts-1', Offset: null },
      { jobId: 'dts-1', lagBytes: undefined },
    ],
    // The lag of no job at all must not look like "caught up".
    [
      { JobId: '', Offset: 0, SrcInfo: { Status: -4 } },
      { jobId: '', lagBytes: undefined },
    ],
  ])('%j is %j', async (reply, lag) => {
    world.tencent.answer('DescribeInstanceDTSInfo', reply);
    expect(await world.cloud().readSyncLag(SOURCE)).toEqual(lag);
    expect(world.tencent.received[0]?.body).toEqual({ InstanceId: SOURCE.id });
  });
});
