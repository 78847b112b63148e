/** One metric of Tencent's QCE/REDIS_MEM. */
export interface MetricName {
  name: string;
  unit: string;
  meaning: string;
  /** `not measured`: known, but the sandbox has no figures, so its points are absent. */
  source: 'measured' | 'not measured';
}

const measured: readonly [name: string, unit: string, meaning: string][] = [
  ['Commands', '1/s', 'Commands'],
  ['CmdRead', '1/s', 'Read commands'],
  ['CmdWrite', '1/s', 'Write commands'],
  ['CmdOther', '1/s', 'Commands that neither read nor write'],
  ['CmdErr', 'Count', 'Commands that failed'],
  ['Connections', 'Count', 'Connections'],
  ['ConnectionsUtil', '%', 'Share of the connection limit'],
  ['MemUsed', 'MB', 'Memory used'],
  ['MemUtil', '%', 'Share of the memory'],
  ['MemMaxUtil', '%', 'Share of the memory on the fullest node'],
  ['Keys', 'Count', 'Keys'],
  ['Expired', 'Count', 'Keys that expired'],
  ['Evicted', 'Count', 'Keys evicted'],
  ['InFlow', 'Mb/s', 'Traffic in'],
  ['OutFlow', 'Mb/s', 'Traffic out'],
];

const notMeasured: readonly [name: string, unit: string][] = [
  ['CmdBigValue', '1/s'],
  ['CmdSlow', 'Count'],
  ['CmdHits', 'Count'],
  ['CmdMiss', 'Count'],
  ['CmdHitsRatio', '%'],
  ['LatencyAvg', 'ms'],
  ['LatencyMax', 'ms'],
  ['LatencyRead', 'ms'],
  ['LatencyWrite', 'ms'],
  ['LatencyOther', 'ms'],
  ['InBandwidthUtil', '%'],
  ['OutBandwidthUtil', '%'],
  ['InFlowLimit', 'Count'],
  ['OutFlowLimit', 'Count'],
  ['CpuUtil', '%'],
  ['CpuMaxUtil', '%'],
];

export const metricNames: readonly MetricName[] = [
  ...measured.map(([name, unit, meaning]) => ({ name, unit, meaning, source: 'measured' as const })),
  ...notMeasured.map(([name, unit]) => ({ name, unit, meaning: name, source: 'not measured' as const })),
];

export const namespace = 'QCE/REDIS_MEM';
export const dimension = 'instanceid';
/** In seconds. */
export const periods = [5, 60, 300, 3600, 86_400] as const;
