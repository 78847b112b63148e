import type { GetMonitorDataRequest } from 'tencentcloud-sdk-nodejs/tencentcloud/services/monitor/v20180724/monitor_models.js';
import { z } from 'zod';
import type { InstanceRef } from '../upgrade/instance.ts';
import { optionalListOf, someNumber, someText } from './answers.ts';
import { formatBeijingIso } from './beijing-time.ts';
import type { Calls } from './calls.ts';
import type { Cloud, MetricName, MetricPoint } from './cloud.ts';
import type { CloudClock } from './cloud-limits.ts';

/** 5-second points; the older 1-minute monitoring was retired. */
const PERIOD_SECONDS = 5;
/** Tencent answers at most this many points to a request. */
const MAX_POINTS = 7_200;

const monitorAnswer = z.object({
  Msg: someText,
  DataPoints: optionalListOf(
    z.object({
      Dimensions: optionalListOf(z.object({ Name: someText, Value: someText })),
      Timestamps: optionalListOf(someNumber),
      Values: optionalListOf(someNumber),
    }),
  ),
});

/**
 * Metrics of one instance by GetMonitorData, one call a metric. What the monitor does not know is absent, and so is what it
 * declines softly (a text in `Msg`, HTTP 200, no points): absent never means 0.
 */
export function createMetrics(calls: Calls, clock: Pick<CloudClock, 'now'>): Pick<Cloud, 'readMetrics'> {
  async function latest(
    ref: InstanceRef,
    name: MetricName,
    sinceMs: number,
  ): Promise<MetricPoint | undefined> {
    const untilMs = Math.max(clock.now(), sinceMs + PERIOD_SECONDS * 1_000);
    const fromMs = Math.max(sinceMs, untilMs - (MAX_POINTS - 1) * PERIOD_SECONDS * 1_000);
    const request: GetMonitorDataRequest = {
      Namespace: 'QCE/REDIS_MEM',
      MetricName: name,
      Instances: [{ Dimensions: [{ Name: 'instanceid', Value: ref.id }] }],
      Period: PERIOD_SECONDS,
      StartTime: formatBeijingIso(fromMs),
      EndTime: formatBeijingIso(untilMs),
    };
    const action = 'GetMonitorData';
    const call = { service: 'monitor', region: ref.region, action, request, answer: monitorAnswer } as const;
    const { answer } = await calls.read(call);
    const points = answer.DataPoints.filter((series) => isOf(ref, series.Dimensions)).flatMap((series) =>
      series.Timestamps.map((at, index) => toPoint(at, series.Values[index])),
    );
    return points
      .filter((point) => point !== undefined)
      .filter((point) => point.atMs >= sinceMs)
      .reduce<MetricPoint | undefined>(
        (last, point) => (last === undefined || point.atMs >= last.atMs ? point : last),
        undefined,
      );
  }

  return {
    async readMetrics(ref, names, sinceMs) {
      const points = await Promise.all(
        names.map(async (name) => ({ name, point: await latest(ref, name, sinceMs) })),
      );
      const read: Partial<Record<MetricName, MetricPoint>> = {};
      for (const { name, point } of points) {
        if (point !== undefined) {
          read[name] = point;
        }
      }
      return read;
    },
  };
}

/** One instance was asked for, so a series without dimensions is its; one that names another instance is not. */
function isOf(ref: InstanceRef, dimensions: { Name: string; Value: string }[]): boolean {
  const named = dimensions.filter(({ Name }) => Name.toLowerCase() === 'instanceid');
  return named.every(({ Value }) => Value === ref.id);
}

/** Tencent's timestamps are Unix seconds; a value that is null is a point that is missing. */
function toPoint(atSeconds: number | undefined, value: number | undefined): MetricPoint | undefined {
  return atSeconds === undefined || value === undefined ? undefined : { value, atMs: atSeconds * 1_000 };
}
