import { z } from 'zod';
import type { MetricName } from '../cloud/cloud.ts';
import type { InstanceRef } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import type { StepDeps } from './step-deps.ts';

/** How an instance serves, by the cloud's monitoring. A figure that is absent was not given, which is not 0. */
export const healthSchema = z.object({
  commandsPerSecond: z.number().optional(),
  /** Of one point of the monitoring, which is 5 seconds. */
  failedCommands: z.number().optional(),
  latencyMs: z.number().optional(),
});
export type Health = z.infer<typeof healthSchema>;
type Figure = keyof Health;

const METRICS: Record<Figure, MetricName> = {
  commandsPerSecond: 'Commands',
  failedCommands: 'CmdErr',
  latencyMs: 'LatencyAvg',
};
const FIGURES: readonly Figure[] = ['commandsPerSecond', 'failedCommands', 'latencyMs'];

/** The newest points since then; empty when the monitoring cannot be read, since nothing may depend on it. */
export async function readHealth(
  deps: Pick<StepDeps, 'cloud'>,
  instance: InstanceRef,
  sinceMs: number,
): Promise<Health> {
  try {
    const points = await deps.cloud.readMetrics(instance, Object.values(METRICS), sinceMs);
    const read = FIGURES.map((figure) => [figure, points[METRICS[figure]]?.value]);
    return healthSchema.parse(Object.fromEntries(read));
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return {};
  }
}

/** Volatile: readings that are lost make the mean one of fewer. */
const READINGS = 'health-readings';
const readingsSchema = z.array(z.object({ atMs: z.number(), health: healthSchema }));
const EVERY_MS = 30_000;
const MAX_READINGS = 100;

/** One more reading every 30 seconds, or now when it is the last, and the mean of all since the step began. */
export async function followHealth(
  deps: Pick<StepDeps, 'cloud'>,
  context: StepContext,
  options: { instance: InstanceRef; isLast: boolean },
): Promise<Health> {
  const beganMs = context.nowMs - context.elapsedMs;
  const stored = await context.scratch.read(READINGS);
  const all = stored === undefined ? [] : readingsSchema.parse(JSON.parse(stored));
  const readings = all.filter(({ atMs }) => atMs >= beganMs);
  const lastMs = readings.at(-1)?.atMs ?? beganMs;
  if (options.isLast || context.nowMs - lastMs >= EVERY_MS) {
    const health = await readHealth(deps, options.instance, Math.max(lastMs, beganMs));
    readings.push({ atMs: context.nowMs, health });
    await context.scratch.write(READINGS, JSON.stringify(readings.slice(-MAX_READINGS)));
  }
  return meanHealth(readings.map(({ health }) => health));
}

/** Each figure's mean over the readings that have it. */
function meanHealth(readings: readonly Health[]): Health {
  const means = FIGURES.map((figure) => {
    const values = readings.map((reading) => reading[figure]).filter((value) => value !== undefined);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [figure, values.length === 0 ? undefined : mean];
  });
  return healthSchema.parse(Object.fromEntries(means));
}

const WORDS: Record<Figure, (value: number) => string> = {
  commandsPerSecond: (value) => `${rounded(value)} commands/s`,
  failedCommands: (value) => `${rounded(value)} failed commands in 5 s`,
  latencyMs: (value) => `${rounded(value)} ms latency`,
};
const NAMES: Record<Figure, string> = {
  commandsPerSecond: 'commands/s',
  failedCommands: 'failed commands',
  latencyMs: 'latency',
};

/** `Before the cutover: 1,200 commands/s; since: 1,150 commands/s. Not measured before: latency; since: latency.` */
export function compareHealth(before: Health, since: Health): string {
  const told = (health: Health) =>
    FIGURES.flatMap((figure) => {
      const value = health[figure];
      return value === undefined ? [] : [WORDS[figure](value)];
    }).join(', ') || 'nothing';
  const missing = (health: Health) =>
    FIGURES.filter((figure) => health[figure] === undefined)
      .map((figure) => NAMES[figure])
      .join(', ');
  const gaps = [
    ...(missing(before) === '' ? [] : [`before: ${missing(before)}`]),
    ...(missing(since) === '' ? [] : [`since: ${missing(since)}`]),
  ];
  const unknown = gaps.length === 0 ? '' : ` The monitoring has no figures for: ${gaps.join('; ')}.`;
  return `By the cloud's monitoring, before the cutover: ${told(before)}; since: ${told(since)}.${unknown}`;
}

function rounded(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });
}
