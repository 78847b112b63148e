import type {
  DescribeInstanceAccountRequest,
  DescribeInstanceAccountResponse,
  DescribeInstanceNodeInfoRequest,
  DescribeInstanceNodeInfoResponse,
  DescribeInstanceShardsRequest,
  DescribeInstanceShardsResponse,
  DescribeMaintenanceWindowRequest,
  DescribeMaintenanceWindowResponse,
  InstanceClusterShard,
  RedisNodes,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { type Action, defineAction } from '../api/action.ts';
import { integer, optionalBoolean, optionalInteger, text } from '../api/parameters.ts';
import { beijingTime } from '../clock.ts';
import type { ServerFigures } from '../data-plane.ts';
import type { Instance } from '../world/instances.ts';
import { zoneNumber } from '../world/regions.ts';
import type { World } from '../world/world.ts';

const proxies = 2;
const slots = 16_384;
const maxAccountsPerPage = 100;

/** What an instance is made of: accounts, nodes, shards, and when it may be maintained. */
export function insideActions(world: World): Action[] {
  return [
    describeInstanceAccount(world),
    describeInstanceNodeInfo(world),
    describeInstanceShards(world),
    describeMaintenanceWindow(world),
  ];
}

function describeInstanceAccount(world: World): Action {
  return defineAction<DescribeInstanceAccountRequest, DescribeInstanceAccountResponse>({
    service: 'redis',
    name: 'DescribeInstanceAccount',
    parameters: { InstanceId: text, Limit: integer.min(1).max(maxAccountsPerPage), Offset: integer.min(0) },
    handle: (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const root = {
        InstanceId: instance.id,
        AccountName: 'root',
        Remark: '',
        Privilege: 'rw',
        ReadonlyPolicy: ['master'],
        Status: 2,
        CreateTime: beijingTime(instance.createdAtMs),
        PasswordLastModifiedTime: beijingTime(undefined),
      };
      return { TotalCount: 1, Accounts: request.Offset === 0 ? [root] : [] };
    },
  });
}

function describeInstanceNodeInfo(world: World): Action {
  return defineAction<DescribeInstanceNodeInfoRequest, DescribeInstanceNodeInfoResponse>({
    service: 'redis',
    name: 'DescribeInstanceNodeInfo',
    // Tencent ignores both.
    parameters: { InstanceId: text, Limit: optionalInteger, Offset: optionalInteger },
    handle: (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const zone = zoneNumber(instance.zone);
      const redis = nodes(instance, zone);
      return {
        ProxyCount: proxies,
        Proxy: Array.from({ length: proxies }, (_, index) => ({
          NodeId: `${instance.number}_p${index}`,
          ZoneId: zone,
        })),
        RedisCount: redis.length,
        Redis: redis,
        TendisCount: 0,
        Tendis: [],
      };
    },
  });
}

function nodes(instance: Instance, zone: number): RedisNodes[] {
  return Array.from({ length: instance.shards }, (_, shard) =>
    Array.from({ length: 1 + instance.replicas }, (_, replica) => ({
      NodeId: `${instance.number}_${shard}_${replica}`,
      NodeRole: replica === 0 ? 'master' : 'slave',
      ClusterId: shard,
      ZoneId: zone,
    })),
  ).flat();
}

function describeInstanceShards(world: World): Action {
  return defineAction<DescribeInstanceShardsRequest, DescribeInstanceShardsResponse>({
    service: 'redis',
    name: 'DescribeInstanceShards',
    parameters: { InstanceId: text, FilterSlave: optionalBoolean },
    handle: async (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const figures = await (await instance.start()).figures();
      const all = Array.from({ length: instance.shards }, (_, index) =>
        shard(instance, index, figures),
      ).flat();
      const shown = request.FilterSlave === true ? all.filter(({ Role }) => Role === 0) : all;
      return { TotalCount: shown.length, InstanceShards: shown };
    },
  });
}

/** A shard and its replicas. The sandbox has one server an instance, so its figures are dealt evenly. */
function shard(instance: Instance, index: number, figures: ServerFigures): InstanceClusterShard[] {
  const share = (total: number): number =>
    Math.floor((total * (index + 1)) / instance.shards) - Math.floor((total * index) / instance.shards);
  const firstSlot = Math.ceil((slots * index) / instance.shards);
  const lastSlot = Math.ceil((slots * (index + 1)) / instance.shards) - 1;
  return Array.from({ length: 1 + instance.replicas }, (_, replica) => ({
    ShardName: `${instance.number}_${index}_${replica}`,
    ShardId: `${instance.number}_${index}_${replica}`,
    Role: replica === 0 ? 0 : 1,
    Keys: share(figures.keys),
    Storage: share(figures.usedMemoryBytes),
    StorageSlope: 0,
    Slots: `${firstSlot}-${lastSlot}`,
    Runid: '',
    RunId: '',
    Connected: 1,
    ZoneId: String(zoneNumber(instance.zone)),
    ReplicasNodeId: index,
  }));
}

function describeMaintenanceWindow(world: World): Action {
  return defineAction<DescribeMaintenanceWindowRequest, DescribeMaintenanceWindowResponse>({
    service: 'redis',
    name: 'DescribeMaintenanceWindow',
    parameters: { InstanceId: text },
    handle: (request, { region }) => {
      world.instances.require(region, request.InstanceId);
      return { StartTime: '03:00', EndTime: '04:00' };
    },
  });
}
