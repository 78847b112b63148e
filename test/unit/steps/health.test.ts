import { describe, expect, it } from 'vitest';
import type { MetricName, MetricPoint } from '../../../src/cloud/cloud.ts';
import { compareHealth, followHealth, readHealth } from '../../../src/steps/health.ts';
import { createSoak } from '../../../src/steps/soak.ts';
import { TARGET } from '../upgrade/samples.ts';
import { cloudError, FakeCloud } from './fake-cloud.ts';
import { Bench, depsOver } from './run-step.ts';

const point = (value: number): MetricPoint => ({ value, atMs: 0 });

describe('the health of an instance', () => {
  it('has the figures that the monitoring has, and 0 is one of them', async () => {
    const cloud = new FakeCloud();
    Object.assign(cloud.metrics, { Commands: point(1_200), CmdErr: point(0) });
    expect(await readHealth({ cloud }, TARGET, 0)).toEqual({ commandsPerSecond: 1_200, failedCommands: 0 });
  });

  it('is empty when the monitoring cannot be read', async () => {
    const cloud = new FakeCloud();
    cloud.readMetrics = async () => {
      throw cloudError('CLOUD_FORBIDDEN');
    };
    expect(await readHealth({ cloud }, TARGET, 0)).toEqual({});
  });

  it('is a defect when something else is thrown', async () => {
    const cloud = new FakeCloud();
    cloud.readMetrics = async () => {
      throw new TypeError('a defect');
    };
    await expect(readHealth({ cloud }, TARGET, 0)).rejects.toThrow(TypeError);
  });

  it('is the mean of a reading every 30 seconds and a last one, each of points since the one before', async () => {
    const cloud = new FakeCloud();
    const bench = new Bench('soak');
    const began = bench.nowMs;
    const asked: number[] = [];
    const values = [10, 20, 60];
    cloud.readMetrics = async (...args: unknown[]) => {
      asked.push(Number(args[2]) - began);
      const read: Partial<Record<MetricName, MetricPoint>> = { Commands: point(values.shift() ?? 0) };
      return read;
    };
    const deps = depsOver(cloud);
    const step = createSoak(deps);
    const follow = (atMs: number, isLast: boolean) => {
      bench.nowMs = began + atMs;
      return followHealth(deps, bench.context(step), { instance: TARGET, isLast });
    };
    expect(await follow(5_000, false)).toEqual({});
    expect(await follow(30_000, false)).toEqual({ commandsPerSecond: 10 });
    expect(await follow(35_000, false)).toEqual({ commandsPerSecond: 10 });
    expect(await follow(61_000, false)).toEqual({ commandsPerSecond: 15 });
    expect(await follow(70_000, true)).toEqual({ commandsPerSecond: 30 });
    expect(asked).toEqual([0, 30_000, 61_000]);
  });
});

describe('the comparison of before and since', () => {
  it('names each figure of both', () => {
    const before = { commandsPerSecond: 1_234.5, failedCommands: 0, latencyMs: 0.42 };
    const since = { commandsPerSecond: 1_100, failedCommands: 2.5, latencyMs: 0.5 };
    expect(compareHealth(before, since)).toBe(
      "By the cloud's monitoring, before the cutover: 1,235 commands/s, 0 failed commands in 5 s, 0.42 ms latency; since: 1,100 commands/s, 2.5 failed commands in 5 s, 0.5 ms latency.",
    );
  });

  it('says which figures there are none of', () => {
    expect(compareHealth({ commandsPerSecond: 5 }, {})).toBe(
      "By the cloud's monitoring, before the cutover: 5 commands/s; since: nothing. The monitoring has no figures for: before: failed commands, latency; since: commands/s, failed commands, latency.",
    );
  });
});
