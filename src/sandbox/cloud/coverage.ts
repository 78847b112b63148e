import type { Service } from './api/action.ts';

/** What the sandbox makes of one action of the real API. */
export interface CoveredAction {
  service: Service;
  action: string;
  /** Actions `not modelled` answer InvalidAction. */
  coverage: 'supported' | 'partial' | 'not modelled';
  note: string;
}

const supported = (service: Service, action: string, note = ''): CoveredAction => ({
  service,
  action,
  coverage: 'supported',
  note,
});
const partial = (service: Service, action: string, note: string): CoveredAction => ({
  service,
  action,
  coverage: 'partial',
  note,
});
const absent = (service: Service, action: string, note: string): CoveredAction => ({
  service,
  action,
  coverage: 'not modelled',
  note,
});

/** Every action an upgrade could want, and how true the sandbox is to it. */
export const coverage: readonly CoveredAction[] = [
  partial(
    'redis',
    'DescribeInstances',
    'All filters; one project, all instances postpaid and in a single zone',
  ),
  supported('redis', 'DescribeTaskInfo'),
  partial('redis', 'DescribeTaskList', 'Operators and projects are not kept apart'),
  partial('redis', 'ModifyNetworkConfig', 'No classic network; an address kept by Recycle serves nobody'),
  partial('redis', 'ModifyInstanceReadOnly', 'Allowed for every version; connections stay open'),
  partial('redis', 'DescribeInstanceDTSInfo', 'What it answers without a job is a guess'),
  partial('redis', 'DescribeInstanceSecurityGroup', 'Groups are bound and listed, never enforced'),
  partial('redis', 'DescribeDBSecurityGroups', 'Groups are bound and listed, never enforced'),
  partial('redis', 'AssociateSecurityGroups', 'Groups are bound and listed, never enforced'),
  partial('redis', 'DisassociateSecurityGroups', 'Groups are bound and listed, never enforced'),
  partial('redis', 'ModifyDBInstanceSecurityGroups', 'Groups are bound and listed, never enforced'),
  supported('redis', 'ManualBackupInstance', 'Really saves an RDB file'),
  partial('redis', 'DescribeInstanceBackups', 'Manual backups only'),
  partial('redis', 'DescribeInstanceParams', 'A few parameters, at their defaults'),
  partial('redis', 'DescribeInstanceAccount', 'The root account only'),
  partial('redis', 'DescribeInstanceNodeInfo', 'Node ids are made up; there is one real server'),
  partial('redis', 'DescribeInstanceShards', 'Figures of the one real server, dealt evenly to the shards'),
  partial('redis', 'DescribeMaintenanceWindow', 'Always the default window'),
  partial('redis', 'DescribeProductInfo', 'Everything is for sale everywhere'),
  partial('redis', 'DescribeInstanceMonitorTopNCmd', 'Counts since the server started, for every span'),
  absent('redis', 'SwitchInstanceVip', 'Nobody documents it for a migration job'),
  absent('redis', 'CreateInstances', 'The target has to be bought already'),
  absent('redis', 'UpgradeInstanceVersion', "Tencent's in-place upgrade is another product"),
  absent('redis', 'ModifyInstanceParams', 'Parameters stay at their defaults'),
  absent('redis', 'CreateInstanceAccount', 'The root account only'),
  absent('redis', 'DestroyPostpaidInstance', 'Retiring the source is left to people'),
  absent('redis', 'ClearInstance', 'The sandbox offers it to tests directly'),
  absent('redis', 'KillMasterGroup', 'There are no replicas to fail over to'),
  absent('redis', 'DescribeSlowLog', 'No slow log'),
  partial('dts', 'CreateMigrationService', 'Redis to Redis only; nothing is paid'),
  partial(
    'dts',
    'ModifyMigrationJob',
    'TencentDB on both sides; of ExtraAttr, DstWriteMode and IsDstReadOnly act',
  ),
  partial(
    'dts',
    'ModifyMigrateRuntimeAttribute',
    'The two attributes of Redis; a change of DstWriteMode counts from the next start of the job',
  ),
  partial(
    'dts',
    'CreateMigrateCheckJob',
    'Six items, really checked; their ids are not published by Tencent',
  ),
  partial(
    'dts',
    'DescribeMigrationCheckJob',
    'Six items, really checked; their ids are not published by Tencent',
  ),
  partial('dts', 'SkipCheckItem', 'Only DstSpaceCheck may be skipped; counts from the next check on'),
  supported('dts', 'StartMigrateJob', 'Really copies'),
  partial('dts', 'DescribeMigrationDetail', 'Two steps with ids of our own; a retry is never automatic'),
  partial('dts', 'DescribeMigrationJobs', 'As DescribeMigrationDetail; passwords are in clear here too'),
  partial('dts', 'CompleteMigrateJob', 'Applies what has been received; CompleteMode is ignored'),
  supported('dts', 'StopMigrateJob'),
  partial('dts', 'ResumeMigrateJob', 'Always begins with a new full copy'),
  partial('dts', 'PauseMigrateJob', 'Always refused: nobody documents it for Redis'),
  partial('dts', 'ContinueMigrateJob', 'Always refused: nobody documents it for Redis'),
  partial('dts', 'IsolateMigrateJob', 'Allowed for jobs that never ran, too'),
  supported('dts', 'RecoverMigrateJob'),
  supported('dts', 'DestroyMigrateJob'),
  partial('dts', 'DescribeMigrateDBInstances', 'Usable means running'),
  absent('dts', 'CreateCompareTask', 'No consistency check by DTS'),
  absent('dts', 'ModifyMigrateRateLimit', 'Copies run at full speed'),
  partial(
    'monitor',
    'GetMonitorData',
    'Latency, bandwidth and CPU are known but have no points; no per-node series',
  ),
  partial('monitor', 'DescribeBaseMetrics', 'The namespace QCE/REDIS_MEM only'),
  absent('monitor', 'DescribeStatisticData', 'Not for Redis at Tencent either'),
  partial('vpc', 'DescribeUsedIpAddress', 'The name of the resource type of Redis is a guess'),
  partial('vpc', 'DescribeSubnets', 'Filters by id, VPC, name, zone and network; no NextToken'),
  partial('vpc', 'DescribeVpcs', 'Filters by id, name and network'),
  absent('vpc', 'CreateReserveIpAddresses', 'Addresses cannot be reserved'),
];
