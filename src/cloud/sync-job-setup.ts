import type {
  DBEndpointInfo,
  ModifyMigrationJobRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/dts/v20211206/dts_models.js';
import type { SyncJobRef, SyncJobSetup } from './cloud.ts';

/**
 * ModifyMigrationJob from one TencentDB instance to another. Redis knows only `fullAndIncrement`. The write mode is always sent, since
 * Tencent's documents disagree on its default: `normal` makes the check fail when the target holds anything, `clearData` deletes it first. The target is read-only
 * to everyone but the job until the job ends.
 */
export function toModifyRequest(job: SyncJobRef, setup: SyncJobSetup): ModifyMigrationJobRequest {
  return {
    JobId: job.id,
    RunMode: 'immediate',
    MigrateOption: {
      DatabaseTable: { ObjectMode: 'all' },
      MigrateType: 'fullAndIncrement',
      ExtraAttr: [
        { Key: 'DstWriteMode', Value: setup.clearsTarget ? 'clearData' : 'normal' },
        { Key: 'IsDstReadOnly', Value: 'true' },
      ],
    },
    SrcInfo: toEndpoint(setup.source),
    DstInfo: toEndpoint(setup.target),
  };
}

function toEndpoint(side: SyncJobSetup['source']): DBEndpointInfo {
  return {
    Region: side.region,
    AccessType: 'cdb',
    DatabaseType: 'redis',
    NodeType: side.edition === 'cluster' ? 'cluster-proxy' : 'simple',
    Info: [
      {
        InstanceId: side.id,
        ...(side.username === undefined ? {} : { User: side.username }),
        ...(side.password === undefined ? {} : { Password: side.password }),
      },
    ],
  };
}
