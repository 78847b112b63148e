import type {
  DBEndpointInfo,
  KeyValuePairOption,
  MigrateOption,
  ModifyMigrationJobRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import { ApiError } from '../api/api-error.ts';
import { parseBeijingTime } from '../clock.ts';
import type { Instance } from '../world/instances.ts';
import type { World } from '../world/world.ts';
import type { JobSetup, SyncJob } from './sync-job.ts';

/** Keys Tencent defines for Redis; the sandbox acts on the first two and takes note of the rest. */
const extraKeys = [
  'DstWriteMode',
  'IsDstReadOnly',
  'ClientOutputBufferHardLimit',
  'ClientOutputBufferSoftLimit',
  'ClientOutputBufferPersistTime',
  'ReplBacklogSize',
  'ReplTimeout',
  'IsExpireKey',
];
/** Of a job that runs. */
const runtimeKeys = ['DstWriteMode', 'IsDstReadOnly'];
const maxAutoRetryMinutes = 720;
const minAutoRetryMinutes = 5;

/** What a configuration means; an ApiError when it makes no sense for Redis to Redis between two instances. */
export function readSetup(world: World, job: SyncJob, request: ModifyMigrationJobRequest): JobSetup {
  const { MigrateOption: option } = request;
  if (option.MigrateType !== undefined && option.MigrateType !== 'fullAndIncrement') {
    throw invalid('MigrateType', 'Redis takes fullAndIncrement only');
  }
  if (option.DatabaseTable.ObjectMode !== 'all') throw invalid('ObjectMode', 'Redis is copied whole');
  const source = readEndpoint(world, request.SrcInfo, { side: 'SrcInfo', region: job.sourceRegion });
  const target = readEndpoint(world, request.DstInfo, { side: 'DstInfo', region: job.region });
  if (source.instance === target.instance)
    throw invalid('DstInfo', 'source and target are the same instance');
  const { writeMode, targetReadOnly } = readExtras(option);
  return {
    ...readSchedule(request),
    option,
    source,
    target,
    writeMode,
    targetReadOnly,
    autoRetryMinutes: readAutoRetry(request),
  };
}

function readEndpoint(
  world: World,
  info: DBEndpointInfo,
  expected: { side: string; region: string },
): JobSetup['source'] {
  const { side, region } = expected;
  if (info.Region !== region) throw invalid(`${side}.Region`, `the job was bought for ${region}`);
  if (info.DatabaseType !== 'redis') throw invalid(`${side}.DatabaseType`, 'the job was bought for redis');
  if (info.AccessType !== 'cdb') {
    throw new ApiError(
      'OperationDenied.MigrateServiceSupportError',
      `The sandbox knows TencentDB instances only (AccessType cdb), not ${info.AccessType}.`,
    );
  }
  const [database, another] = info.Info;
  if (database?.InstanceId === undefined || another !== undefined) {
    throw invalid(`${side}.Info`, 'exactly one InstanceId is needed');
  }
  const instance = world.instances.byId.get(database.InstanceId);
  if (instance?.region !== region) {
    throw new ApiError(
      'ResourceNotFound.BizResourceNotFoundError',
      `The instance ${database.InstanceId} does not exist in ${region}.`,
    );
  }
  requireNodeType(instance, info.NodeType, side);
  return { instance, password: database.Password, info };
}

function requireNodeType(instance: Instance, nodeType: string, side: string): void {
  const fitting = instance.architecture === 'cluster' ? ['cluster-proxy', 'cluster-cache'] : ['simple'];
  if (!fitting.includes(nodeType)) {
    throw invalid(`${side}.NodeType`, `${instance.id} is ${instance.architecture}: ${fitting.join(' or ')}`);
  }
}

function readExtras(option: MigrateOption): Pick<JobSetup, 'writeMode' | 'targetReadOnly'> {
  const { writeMode, targetReadOnly } = readAttributes(option.ExtraAttr ?? [], {
    parameter: 'ExtraAttr',
    known: extraKeys,
  });
  // Tencent's pages disagree on the default of the write mode; this is the dangerous one of the two.
  return { writeMode: writeMode ?? 'overwrite', targetReadOnly: targetReadOnly ?? false };
}

type Attributes = { [Name in 'writeMode' | 'targetReadOnly']: JobSetup[Name] | undefined };

/** What ModifyMigrateRuntimeAttribute changes; an ApiError for whatever Tencent does not define for Redis. */
export function readRuntimeOptions(options: readonly KeyValuePairOption[]): Attributes {
  if (options.length === 0) throw invalid('OtherOptions', 'at least one attribute is needed');
  return readAttributes(options, { parameter: 'OtherOptions', known: runtimeKeys });
}

function readAttributes(
  options: readonly KeyValuePairOption[],
  { parameter, known }: { parameter: string; known: readonly string[] },
): Attributes {
  const values = new Map(options.map(({ Key = '', Value = '' }) => [Key, Value]));
  for (const key of values.keys()) {
    if (!known.includes(key)) throw invalid(parameter, `${key} is not known`);
  }
  const writeMode = values.get('DstWriteMode');
  if (![undefined, 'normal', 'clearData', 'overwrite'].includes(writeMode)) {
    throw invalid('DstWriteMode', 'normal, clearData or overwrite');
  }
  const readOnly = values.get('IsDstReadOnly');
  if (readOnly !== undefined && readOnly !== 'true' && readOnly !== 'false') {
    throw invalid('IsDstReadOnly', 'true or false');
  }
  return {
    writeMode: writeMode as Attributes['writeMode'],
    targetReadOnly: readOnly === undefined ? undefined : readOnly === 'true',
  };
}

function readSchedule(
  request: ModifyMigrationJobRequest,
): Pick<JobSetup, 'runMode' | 'expectRunTime' | 'startNotBeforeMs'> {
  if (request.RunMode === 'immediate')
    return { runMode: 'immediate', expectRunTime: '', startNotBeforeMs: 0 };
  if (request.RunMode !== 'timed') throw invalid('RunMode', 'immediate or timed');
  const startNotBeforeMs = parseBeijingTime(request.ExpectRunTime ?? '');
  if (request.ExpectRunTime === undefined || startNotBeforeMs === undefined) {
    throw invalid('ExpectRunTime', 'a timed start needs a time of the form yyyy-mm-dd hh:mm:ss');
  }
  return { runMode: 'timed', expectRunTime: request.ExpectRunTime, startNotBeforeMs };
}

function readAutoRetry({ AutoRetryTimeRangeMinutes: minutes = 0 }: ModifyMigrationJobRequest): number {
  if (minutes !== 0 && (minutes < minAutoRetryMinutes || minutes > maxAutoRetryMinutes)) {
    throw invalid('AutoRetryTimeRangeMinutes', '0, or from 5 to 720');
  }
  return minutes;
}

function invalid(parameter: string, reason: string): ApiError {
  return new ApiError(
    'InvalidParameterValue.InvalidParameterValue',
    `The value of ${parameter} is not valid: ${reason}.`,
  );
}
