import type {
  DataPoint,
  DescribeBaseMetricsRequest,
  DescribeBaseMetricsResponse,
  GetMonitorDataRequest,
  GetMonitorDataResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/monitor/v20180724/monitor_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { integer, optionalInteger, optionalText, optionalTexts, text } from '../api/parameters.ts';
import type { World } from '../world/world.ts';
import { dimension, metricNames, namespace, periods } from './metric-names.ts';
import { foldPoints } from './points.ts';

const defaultPeriodSeconds = 300;
const finestPeriodSeconds = 5;
const maxInstancesPerCall = 50;
const maxPointsPerCall = 7_200;
/** Bits of SpecifyStatistics. */
const statistics = { average: 1, highest: 2, lowest: 4 } as const;

export function monitorActions(world: World): Action[] {
  return [getMonitorData(world), describeBaseMetrics()];
}

/** Period 5 gives the finest points there are: one per sampling period of the sandbox, from one second up. */
function getMonitorData(world: World): Action {
  return defineAction<GetMonitorDataRequest, GetMonitorDataResponse>({
    service: 'monitor',
    name: 'GetMonitorData',
    parameters: {
      Namespace: text,
      MetricName: text,
      Instances: z
        .array(z.strictObject({ Dimensions: z.array(z.strictObject({ Name: text, Value: text })).min(1) }))
        .min(1)
        .max(maxInstancesPerCall),
      Period: optionalInteger,
      StartTime: optionalText,
      EndTime: optionalText,
      SpecifyStatistics: z.exactOptional(integer.min(1).max(7)),
    },
    handle: (request, { region }) => {
      requireMetric(request);
      const period = request.Period ?? defaultPeriodSeconds;
      const now = world.clock.now();
      const untilMs = timeOf(request.EndTime) ?? now;
      const fromMs = timeOf(request.StartTime) ?? untilMs - period * 1000;
      requireSpan(fromMs, untilMs, period * 1000);
      return {
        Period: period,
        MetricName: request.MetricName,
        StartTime: isoTime(fromMs),
        EndTime: isoTime(untilMs),
        DataPoints: request.Instances.map((instance) =>
          dataPoint(world, request, { dimensions: instance.Dimensions, region, period, fromMs, untilMs }),
        ),
        Msg: '',
      };
    },
  });
}

interface Series {
  dimensions: { Name: string; Value: string }[];
  region: string;
  period: number;
  fromMs: number;
  untilMs: number;
}

function dataPoint(world: World, request: GetMonitorDataRequest, series: Series): DataPoint {
  // Per-node series (rnodeid, pnodeid) are not measured: their arrays stay empty, as those of unknown instances do.
  const isWhole = series.dimensions.length === 1 && series.dimensions[0]?.Name === dimension;
  const id = isWhole ? series.dimensions[0]?.Value : undefined;
  const instance = id === undefined ? undefined : world.instances.byId.get(id);
  const samples = instance?.region === series.region ? world.metrics.visible(instance.id) : [];
  const finest = Math.min(Math.max(world.durations.monitorPeriodMs / 1000, 1), finestPeriodSeconds);
  const points = foldPoints(samples, {
    metric: request.MetricName,
    periodSeconds: series.period === finestPeriodSeconds ? Math.floor(finest) : series.period,
    fromMs: series.fromMs,
    untilMs: series.untilMs,
    visibleUntilMs: world.clock.now() - world.durations.monitorDelayMs,
  });
  const asked = request.SpecifyStatistics ?? 0;
  return {
    Dimensions: series.dimensions,
    Timestamps: points.map(({ timestamp }) => timestamp),
    Values: points.map(({ average }) => average),
    ...((asked & statistics.average) === 0 ? {} : { AvgValues: points.map(({ average }) => average) }),
    ...((asked & statistics.highest) === 0 ? {} : { MaxValues: points.map(({ highest }) => highest) }),
    ...((asked & statistics.lowest) === 0 ? {} : { MinValues: points.map(({ lowest }) => lowest) }),
  };
}

function requireMetric(request: GetMonitorDataRequest): void {
  if (request.Namespace !== namespace) {
    throw new ApiError('InvalidParameterValue', `The sandbox knows the namespace ${namespace} only.`);
  }
  if (!metricNames.some(({ name }) => name === request.MetricName)) {
    throw new ApiError('InvalidParameterValue', `There is no metric \`${request.MetricName}\`.`);
  }
  const { Period } = request;
  if (Period !== undefined && !periods.some((period) => period === Period)) {
    throw new ApiError('InvalidParameterValue', `There is no period of ${Period} s.`);
  }
}

function requireSpan(fromMs: number, untilMs: number, periodMs: number): void {
  if (untilMs < fromMs) throw new ApiError('InvalidParameterValue', 'EndTime is before StartTime.');
  if ((untilMs - fromMs) / periodMs > maxPointsPerCall) {
    throw new ApiError('LimitExceeded', `More than ${maxPointsPerCall} points are asked for.`);
  }
}

const isoForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

function timeOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!isoForm.test(given))
    throw new ApiError('InvalidParameterValue', `${given} is not an ISO 8601 time with offset.`);
  return Date.parse(given);
}

function isoTime(epochMs: number): string {
  return `${new Date(epochMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

function describeBaseMetrics(): Action {
  return defineAction<DescribeBaseMetricsRequest, DescribeBaseMetricsResponse>({
    service: 'monitor',
    name: 'DescribeBaseMetrics',
    parameters: { Namespace: text, MetricName: optionalText, Dimensions: optionalTexts },
    handle: (request) => {
      if (request.Namespace !== namespace) {
        throw new ApiError('InvalidParameterValue', `The sandbox knows the namespace ${namespace} only.`);
      }
      const found = metricNames.filter(
        ({ name }) => request.MetricName === undefined || request.MetricName === name,
      );
      return {
        MetricSet: found.map(({ name, unit, meaning }) => ({
          Namespace: namespace,
          MetricName: name,
          Unit: unit,
          UnitCname: unit,
          Period: [...periods],
          Periods: periods.map((period) => ({ Period: String(period), StatType: ['avg', 'max', 'min'] })),
          Meaning: { En: meaning, Zh: meaning },
          Dimensions: [{ Dimensions: [dimension] }],
          MetricCName: name,
          MetricEName: name,
        })),
      };
    },
  });
}
