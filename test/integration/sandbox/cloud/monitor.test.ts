import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Instance } from '../../../../src/sandbox/cloud/world/instances.ts';
import { type CloudUnderTest, codeOf, eventually, startCloudUnderTest } from './cloud-under-test.ts';
import { fake } from './fake-data-plane.ts';

let under: CloudUnderTest;
let instance: Instance;
beforeAll(async () => {
  under = await startCloudUnderTest();
  instance = await under.cloud.createInstance({
    name: 'measured',
    region: 'ap-guangzhou',
    subnet: 'a',
    version: '4.0',
    architecture: 'standard',
    memoryMb: 100,
  });
});
afterAll(async () => {
  await under.close();
});

function query(MetricName: string, id = instance.id, Period = 5) {
  return under.clients().monitor.GetMonitorData({
    Namespace: 'QCE/REDIS_MEM',
    MetricName,
    Period,
    Instances: [{ Dimensions: [{ Name: 'instanceid', Value: id }] }],
    StartTime: new Date(Date.now() - 60_000).toISOString(),
  });
}

const latest = async (metric: string) => (await query(metric)).DataPoints?.[0]?.Values?.at(-1);

describe('GetMonitorData', () => {
  it('measures rates a second, and sees writing stop', async () => {
    const { counts } = fake(instance.node);
    const traffic = setInterval(() => {
      counts.writes += 20;
      counts.reads += 40;
    }, 20);
    try {
      const rate = await eventually(async () => {
        const value = await latest('CmdWrite');
        return value !== undefined && value > 0 ? value : undefined;
      });
      expect(rate).toBeGreaterThan(200);
      expect(rate).toBeLessThan(2_000);
      expect(await eventually(async () => (await latest('CmdRead')) || undefined)).toBeGreaterThan(rate);
    } finally {
      clearInterval(traffic);
    }
    expect(await eventually(async () => ((await latest('CmdWrite')) === 0 ? true : undefined))).toBe(true);
  });

  it('measures memory and keys', async () => {
    fake(instance.node).usedMemoryBytes = 50 * 1024 * 1024;
    fake(instance.node).data.set('a', '1');
    await eventually(async () => ((await latest('MemUtil')) === 50 ? true : undefined));
    expect(await latest('MemUsed')).toBe(50);
    expect(await latest('Keys')).toBe(1);
  });

  it('gives whole seconds, in order, none before StartTime', async () => {
    const { DataPoints } = await query('Connections');
    const { Timestamps = [], Values = [] } = DataPoints?.[0] ?? {};
    expect(Timestamps.length).toBeGreaterThan(0);
    expect(Values).toHaveLength(Timestamps.length);
    expect(Timestamps).toEqual([...new Set(Timestamps)].sort((a, b) => a - b));
    expect(Timestamps.every(Number.isInteger)).toBe(true);
    const later = await under.clients().monitor.GetMonitorData({
      Namespace: 'QCE/REDIS_MEM',
      MetricName: 'Connections',
      Period: 5,
      Instances: [{ Dimensions: [{ Name: 'instanceid', Value: instance.id }] }],
      StartTime: new Date(Date.now() + 1_000).toISOString(),
      EndTime: new Date(Date.now() + 2_000).toISOString(),
    });
    expect(later.DataPoints?.[0]?.Timestamps).toEqual([]);
  });

  it('has no points for an unknown instance, one of another region, and a metric that is not measured', async () => {
    expect((await query('CmdWrite', 'crs-nobody00')).DataPoints?.[0]?.Timestamps).toEqual([]);
    expect((await query('LatencyAvg')).DataPoints?.[0]).toMatchObject({ Timestamps: [], Values: [] });
    const elsewhere = await under.clients('ap-singapore').monitor.GetMonitorData({
      Namespace: 'QCE/REDIS_MEM',
      MetricName: 'Keys',
      Period: 5,
      Instances: [{ Dimensions: [{ Name: 'instanceid', Value: instance.id }] }],
      StartTime: new Date(Date.now() - 60_000).toISOString(),
    });
    expect(elsewhere.DataPoints?.[0]?.Timestamps).toEqual([]);
  });

  it('refuses what does not exist', async () => {
    expect(await codeOf(query('CmdWrites'))).toBe('InvalidParameterValue');
    expect(await codeOf(query('CmdWrite', instance.id, 7))).toBe('InvalidParameterValue');
    const { monitor } = under.clients();
    const other = monitor.GetMonitorData({
      Namespace: 'QCE/REDIS',
      MetricName: 'QpsMin',
      Instances: [{ Dimensions: [{ Name: 'redis_uuid', Value: 'x' }] }],
    });
    expect(await codeOf(other)).toBe('InvalidParameterValue');
  });

  it('hides samples younger than the delay', async () => {
    under.cloud.durations.monitorDelayMs = 3_600_000;
    expect((await query('Keys')).DataPoints?.[0]?.Timestamps).toEqual([]);
    under.cloud.durations.monitorDelayMs = 0;
    expect((await query('Keys')).DataPoints?.[0]?.Timestamps?.length).toBeGreaterThan(0);
  });
});

describe('DescribeBaseMetrics', () => {
  it('names metrics, their units and their dimension', async () => {
    const { MetricSet } = await under.clients().monitor.DescribeBaseMetrics({
      Namespace: 'QCE/REDIS_MEM',
      MetricName: 'CmdWrite',
    });
    expect(MetricSet).toMatchObject([
      {
        MetricName: 'CmdWrite',
        Unit: '1/s',
        Period: [5, 60, 300, 3600, 86400],
        Dimensions: [{ Dimensions: ['instanceid'] }],
      },
    ]);
  });
});
