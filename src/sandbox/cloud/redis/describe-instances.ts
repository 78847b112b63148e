import type {
  DescribeInstancesRequest,
  DescribeInstancesResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import {
  limitUpTo,
  offset,
  optionalInteger,
  optionalIntegers,
  optionalText,
  optionalTexts,
  page,
  text,
} from '../api/parameters.ts';
import type { Instance } from '../world/instances.ts';
import { findRegion } from '../world/regions.ts';
import type { World } from '../world/world.ts';
import { viewInstance } from './instance-view.ts';

const defaultLimit = 20;
const maxLimit = 1_000;

type Matches = (instance: Instance) => boolean;

/** The list of a region's instances with the documented filters. */
export function describeInstances(world: World): Action {
  return defineAction<DescribeInstancesRequest, DescribeInstancesResponse>({
    service: 'redis',
    name: 'DescribeInstances',
    parameters: {
      Limit: limitUpTo(maxLimit),
      Offset: offset,
      InstanceId: optionalText,
      InstanceIds: optionalTexts,
      InstanceName: optionalText,
      SearchKey: optionalText,
      SearchKeys: optionalTexts,
      Status: optionalIntegers,
      Type: optionalInteger,
      TypeList: optionalIntegers,
      TypeVersion: z.exactOptional(z.number()),
      EngineName: optionalText,
      BillingMode: z.exactOptional(z.enum(['postpaid', 'prepaid'])),
      AutoRenew: optionalIntegers,
      VpcIds: optionalTexts,
      SubnetIds: optionalTexts,
      UniqVpcIds: optionalTexts,
      UniqSubnetIds: optionalTexts,
      ProjectIds: optionalIntegers,
      RegionIds: optionalIntegers,
      InstanceTags: z.exactOptional(z.array(z.strictObject({ TagKey: text, TagValue: text }))),
      TagKeys: optionalTexts,
      MonitorVersion: z.exactOptional(z.enum(['5s', '1m'])),
      ProductVersions: optionalTexts,
      AzMode: z.exactOptional(z.enum(['singleaz', 'multiaz'])),
      OrderBy: z.exactOptional(z.enum(['projectId', 'createtime', 'instancename', 'type', 'curDeadline'])),
      OrderType: z.exactOptional(z.union([z.literal(0), z.literal(1)])),
    },
    handle: (request, { region }) => {
      const filters = [...identityFilters(request), ...kindFilters(request), ...placeFilters(request)];
      const found = world.instances
        .inRegion(region)
        .filter((instance) => filters.every((matches) => matches(instance)));
      const ordered = order(found, request);
      return {
        TotalCount: found.length,
        InstanceSet: page(ordered, request.Offset, request.Limit ?? defaultLimit).map(viewInstance),
      };
    },
  });
}

function identityFilters(request: DescribeInstancesRequest): Matches[] {
  const { InstanceId, InstanceIds, InstanceName, SearchKey, SearchKeys } = request;
  return [
    ({ id }) => InstanceId === undefined || id === InstanceId,
    ({ id }) => isOneOf(id, InstanceIds),
    ({ name }) => InstanceName === undefined || name.includes(InstanceName),
    ({ name }) => SearchKey === undefined || name.includes(SearchKey),
    (instance) => SearchKeys === undefined || SearchKeys.some((key) => foundBy(instance, key)),
  ];
}

/** A name fuzzily; an id and an address exactly. */
function foundBy(instance: Instance, key: string): boolean {
  return instance.name.includes(key) || instance.id === key || instance.address.ip === key;
}

function kindFilters(request: DescribeInstancesRequest): Matches[] {
  const { Status, Type, TypeList, TypeVersion, EngineName, BillingMode, AutoRenew, MonitorVersion } = request;
  return [
    ({ status }) => isOneOf(status, Status),
    ({ type }) => Type === undefined || type === Type,
    ({ type }) => isOneOf(type, TypeList),
    ({ version }) => TypeVersion === undefined || Number(version) === TypeVersion,
    () => EngineName === undefined || EngineName.toLowerCase() === 'redis',
    () => BillingMode !== 'prepaid',
    () => isOneOf(0, AutoRenew),
    () => MonitorVersion !== '1m',
    () => request.AzMode !== 'multiaz',
    () => isOneOf('local', request.ProductVersions),
    () => isOneOf(0, request.ProjectIds),
    ({ tags }) =>
      request.InstanceTags === undefined ||
      request.InstanceTags.every(({ TagKey, TagValue }) => tags[TagKey] === TagValue),
    ({ tags }) => request.TagKeys === undefined || request.TagKeys.every((key) => key in tags),
  ];
}

function placeFilters(request: DescribeInstancesRequest): Matches[] {
  return [
    ({ subnet }) => isOneOf(subnet.vpc.id, request.UniqVpcIds),
    ({ subnet }) => isOneOf(subnet.id, request.UniqSubnetIds),
    ({ subnet }) => isOneOf(String(subnet.vpc.number), request.VpcIds),
    ({ subnet }) => isOneOf(String(subnet.number), request.SubnetIds),
    ({ region }) => isOneOf(findRegion(region)?.id ?? 0, request.RegionIds),
  ];
}

/** Whether a filter that is left out, empty, or names the value lets it pass. */
function isOneOf(value: string | number, wanted: readonly (string | number | bigint)[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.includes(value);
}

function order(instances: Instance[], request: DescribeInstancesRequest): Instance[] {
  const direction = request.OrderType === 0 ? 1 : -1;
  const key = (instance: Instance): string | number => {
    if (request.OrderBy === 'instancename') return instance.name;
    return request.OrderBy === 'type' ? instance.type : instance.createdAtMs;
  };
  return [...instances].sort((left, right) => {
    const [a, b] = [key(left), key(right)];
    if (a === b) return left.id < right.id ? -1 : 1;
    return a < b ? -direction : direction;
  });
}
