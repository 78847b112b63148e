import { z } from 'zod';
import type { Edition, Instance, InstanceStatus, RedisVersion } from '../upgrade/instance.ts';
import { identifier, listOf, someNumber, someText } from './answers.ts';

/** DescribeInstances, of each instance what the product uses. */
export const instancesAnswer = z
  .object({
    TotalCount: someNumber,
    InstanceSet: listOf(
      z.object({
        InstanceId: identifier,
        InstanceName: someText,
        Status: someNumber,
        Type: someNumber,
        WanIp: someText,
        Port: someNumber,
        UniqVpcId: someText,
        UniqSubnetId: someText,
        ZoneId: someNumber,
        Size: someNumber,
        RedisShardNum: someNumber,
        RedisReplicasNum: someNumber,
        NoAuth: z.unknown().optional(),
        CurrentProxyVersion: someText,
        UpgradeProxyVersion: someText,
      }),
    ),
  })
  .transform((answer) => ({
    total: answer.TotalCount ?? answer.InstanceSet.length,
    items: answer.InstanceSet,
  }));
type InstanceItem = z.output<typeof instancesAnswer>['items'][number];

interface Kind {
  version: RedisVersion;
  edition: Edition;
  engine: Instance['engine'];
}
const kind = (version: RedisVersion, edition: Edition, engine: Instance['engine'] = 'redis'): Kind => ({
  version,
  edition,
  engine,
});

/** Tencent's `Type` numbers. 3 and 4 are CKV, an engine of Tencent's own; 19 to 22 Valkey; 200 Memcached. */
const KINDS: Record<number, Kind> = {
  2: kind('2.8', 'standard'),
  3: kind('3.2', 'standard', 'other'),
  4: kind('3.2', 'cluster', 'other'),
  5: kind('2.8', 'single'),
  6: kind('4.0', 'standard'),
  7: kind('4.0', 'cluster'),
  8: kind('5.0', 'standard'),
  9: kind('5.0', 'cluster'),
  15: kind('6.2', 'standard'),
  16: kind('6.2', 'cluster'),
  17: kind('7.0', 'standard'),
  18: kind('7.0', 'cluster'),
  19: kind('8.0', 'standard', 'other'),
  20: kind('8.0', 'cluster', 'other'),
  // One document calls these two Valkey 8.0, another 9.0.
  21: kind('unknown', 'standard', 'other'),
  22: kind('unknown', 'cluster', 'other'),
  200: kind('unknown', 'cluster', 'other'),
};
const UNKNOWN_KIND = kind('unknown', 'unknown', 'other');

const STATUSES: Record<number, InstanceStatus> = {
  0: 'initialising',
  1: 'in-flow',
  2: 'running',
  [-2]: 'isolated',
  [-3]: 'deleting',
};

/** An instance in the product's words. Its region is the one that was asked: Tencent does not always print it. */
export function toInstance(item: InstanceItem, region: string): Instance {
  const { CurrentProxyVersion: current, UpgradeProxyVersion: latest } = item;
  return {
    id: item.InstanceId,
    region,
    name: item.InstanceName,
    ...(item.Type === undefined ? UNKNOWN_KIND : (KINDS[item.Type] ?? UNKNOWN_KIND)),
    status: item.Status === undefined ? 'unknown' : (STATUSES[item.Status] ?? 'unknown'),
    // WanIp is the private address in spite of its name; a public one would be WanAddress.
    address: { ip: item.WanIp, port: item.Port ?? 0 },
    vpcId: item.UniqVpcId,
    subnetId: item.UniqSubnetId,
    zoneId: item.ZoneId ?? 0,
    memoryMb: item.Size ?? 0,
    shardCount: item.RedisShardNum ?? 1,
    replicaCount: item.RedisReplicasNum ?? 0,
    passwordFree: item.NoAuth === true || item.NoAuth === 1,
    // Without a later one on offer the current one is the latest.
    proxyVersion: current === '' ? undefined : { current, latest: latest === '' ? current : latest },
  };
}
