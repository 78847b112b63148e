import type {
  DescribeProductInfoResponse,
  ProductConf,
  RegionConf,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { type Action, defineAction } from '../api/action.ts';
import { editions } from '../world/editions.ts';
import { findRegion, zoneNumber } from '../world/regions.ts';
import type { World } from '../world/world.ts';

/** What is for sale: every edition in every zone that has a subnet, whatever region is asked. */
export function describeProductInfo(world: World, regionNames: readonly string[]): Action {
  return defineAction<Record<never, never>, DescribeProductInfoResponse>({
    service: 'redis',
    name: 'DescribeProductInfo',
    parameters: {},
    handle: () => ({ RegionSet: regionNames.map((name) => regionOffer(world, name)) }),
  });
}

function regionOffer(world: World, name: string): RegionConf {
  const zones = [...new Set(world.network.subnets(name).map(({ zone }) => zone))].sort();
  const products = productOffers();
  return {
    RegionId: name,
    RegionName: name,
    RegionShortName: findRegion(name)?.shortName ?? '',
    Area: name.startsWith('ap-') ? 'Asia Pacific' : 'Other',
    ZoneSet: zones.map((zone, index) => ({
      ZoneId: zone,
      ZoneName: zone,
      IsSaleout: false,
      IsDefault: index === 0,
      NetWorkType: ['vpcnet'],
      ProductSet: products,
      OldZoneId: zoneNumber(zone),
    })),
  };
}

function productOffers(): ProductConf[] {
  return editions().map(({ type, version, architecture }) => {
    const isCluster = architecture === 'cluster';
    return {
      Type: type,
      TypeName: `Redis ${version} ${isCluster ? 'Cluster' : 'Master-Replica'} Edition`,
      MinBuyNum: 1,
      MaxBuyNum: 10,
      Saleout: false,
      Engine: 'Redis',
      Version: `Redis-${version}`,
      TotalSize: isCluster ? [] : ['1', '2', '4', '8', '12', '16', '24', '32', '40', '48', '64'],
      ShardSize: isCluster ? ['1', '2', '4', '8', '12', '16', '24', '32'] : [],
      ReplicaNum: version === '2.8' ? ['1'] : ['1', '2', '3', '4', '5'],
      ShardNum: isCluster
        ? ['1', '3', '5', '8', '12', '16', '24', '32', '40', '48', '64', '80', '96', '128']
        : ['1'],
      PayMode: '0,1',
      EnableRepicaReadOnly: version !== '2.8',
      EnableReplicaReadOnly: version !== '2.8',
    };
  });
}
