/** Tencent publishes no ids for the items of a Redis check; these follow its names for MySQL. */
export const checkSteps = [
  { id: 'ConnectDBCheck', name: 'Network connectivity and login', canSkip: false },
  { id: 'SrcStatusCheck', name: 'Source instance state', canSkip: false },
  { id: 'DstStatusCheck', name: 'Target instance state', canSkip: false },
  { id: 'VersionCheck', name: 'Source and target version compatibility', canSkip: false },
  { id: 'DstSpaceCheck', name: 'Target capacity', canSkip: true },
  { id: 'DstEmptyCheck', name: 'Target is empty', canSkip: false },
] as const;
export type CheckStepId = (typeof checkSteps)[number]['id'];

export interface CheckItem {
  id: CheckStepId;
  name: string;
  status: 'pass' | 'failed' | 'warning';
  /** Empty when it passed. */
  reason: string;
  solution: string;
  skipped: boolean;
}
