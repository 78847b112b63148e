import type { InstanceSet } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { beijingTime, unsetTime } from '../clock.ts';
import { type Instance, instanceStatus } from '../world/instances.ts';
import { findRegion, zoneNumber } from '../world/regions.ts';

/** Tencent's account number in the answers. */
const appId = 1_250_000_000;
/** The value Tencent's own sample shows beside `Status: 1`; no documentation names it. */
const undocumentedSubStatus = 37;
const readOnlySwitch = 'read-only switch';

/** Whether ModifyInstanceReadOnly has made it read-only; a sync job's hold on its target does not show here. */
export function isSwitchedReadOnly(instance: Instance): boolean {
  return instance.writeBarriers.has(readOnlySwitch);
}

/** Sets the switch in the books; applyWriteBarriers carries it to the server. */
export function switchReadOnly(instance: Instance, readOnly: boolean): void {
  if (readOnly) instance.writeBarriers.add(readOnlySwitch);
  else instance.writeBarriers.delete(readOnlySwitch);
}

/** An instance in the words of DescribeInstances. */
export function viewInstance(instance: Instance): InstanceSet {
  const inFlow = instance.status === instanceStatus.inFlow;
  return {
    InstanceName: instance.name,
    InstanceId: instance.id,
    Appid: appId,
    ProjectId: 0,
    ProjectName: 'Default Project',
    RegionId: findRegion(instance.region)?.id ?? 0,
    Region: instance.region,
    ZoneId: zoneNumber(instance.zone),
    VpcId: instance.subnet.vpc.number,
    SubnetId: instance.subnet.number,
    UniqVpcId: instance.subnet.vpc.id,
    UniqSubnetId: instance.subnet.id,
    Status: instance.status,
    SubStatus: inFlow ? undocumentedSubStatus : 0,
    InstanceTitle: instance.flowTitle,
    WanIp: instance.address.ip,
    Port: instance.address.port,
    WanAddress: '',
    Createtime: beijingTime(instance.createdAtMs),
    ...viewSpecification(instance),
    ...viewBilling(),
    NoAuth: instance.password === undefined,
    PasswordFree: 0,
    ReadOnly: isSwitchedReadOnly(instance) ? 1 : 0,
    SlaveReadWeight: 0,
    DtsStatus: 0,
    InstanceTags: Object.entries(instance.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    Tags: [],
    InstanceNode: [],
    MonitorVersion: '5s',
  };
}

function viewSpecification(instance: Instance): InstanceSet {
  return {
    Size: instance.memoryMb,
    // Deprecated by Tencent, which says to read the memory from the monitor.
    SizeUsed: 0,
    Type: instance.type,
    Engine: 'Redis',
    ProductType: instance.architecture === 'cluster' ? 'cluster' : 'standalone',
    ProductVersion: 'local',
    RedisShardSize: Math.floor(instance.memoryMb / instance.shards),
    RedisShardNum: instance.shards,
    RedisReplicasNum: instance.replicas,
    ClientLimit: 10_000,
    ClientLimitMin: 10_000,
    ClientLimitMax: 40_000,
    NetLimit: 96,
    DiskSize: 0,
    CurrentProxyVersion: '5.8.12',
    UpgradeProxyVersion: '',
    CurrentRedisVersion: `${instance.version}.0`,
    UpgradeRedisVersion: '',
    Vip6: '',
    IPv6: '',
    PolarisServer: '',
    RedisClusterId: '',
    DedicatedClusterId: '',
    RemainBandwidthDuration: '',
    BackupMode: 'SecondLevelBackup',
    DeleteProtectionSwitch: 0,
  };
}

function viewBilling(): InstanceSet {
  return {
    BillingMode: 0,
    AutoRenewFlag: 0,
    PriceId: 0,
    DeadlineTime: unsetTime,
    CloseTime: unsetTime,
    OfflineTime: unsetTime,
  };
}
