import type {
  DescribeSubnetsRequest,
  DescribeSubnetsResponse,
  DescribeUsedIpAddressRequest,
  DescribeUsedIpAddressResponse,
  DescribeVpcsRequest,
  DescribeVpcsResponse,
  Filter,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/vpc/v20170312/vpc_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import {
  limitUpTo,
  offset,
  optionalInteger,
  optionalText,
  optionalTexts,
  page,
  text,
  texts,
} from '../api/parameters.ts';
import { beijingTime } from '../clock.ts';
import { addressesPerSubnet } from '../world/network.ts';
import type { World } from '../world/world.ts';

const defaultLimit = 20;
const maxLimit = 100;
const maxAddressesPerCall = 100;
const filters = z.exactOptional(z.array(z.strictObject({ Name: text, Values: texts })));
/** The VPC service takes the numbers of its pages as texts. */
const numberText = z.exactOptional(z.string().regex(/^\d+$/));

export function vpcActions(world: World): Action[] {
  return [describeUsedIpAddress(world), describeSubnets(world), describeVpcs(world)];
}

function describeUsedIpAddress(world: World): Action {
  return defineAction<DescribeUsedIpAddressRequest, DescribeUsedIpAddressResponse>({
    service: 'vpc',
    name: 'DescribeUsedIpAddress',
    parameters: {
      VpcId: text,
      SubnetId: optionalText,
      IpAddresses: z.exactOptional(texts.max(maxAddressesPerCall)),
      Filters: filters,
      Offset: offset,
      Limit: limitUpTo(maxLimit),
    },
    handle: (request, { region }) => {
      const vpc = world.network.vpcs(region).find(({ id }) => id === request.VpcId);
      if (vpc === undefined) throw notFound(request.VpcId);
      const subnets = world.network
        .subnets(region)
        .filter((subnet) => subnet.vpc === vpc)
        .filter(({ id }) => request.SubnetId === undefined || id === request.SubnetId);
      if (subnets.length === 0) throw notFound(request.SubnetId ?? '');
      const { ip: wantedIps, resource: wantedResources } = addressFilters(request);
      const used = subnets
        .flatMap((subnet) => world.network.occupied(subnet).map((held) => ({ subnet, ...held })))
        .filter(({ ip }) => wantedIps === undefined || wantedIps.includes(ip))
        .filter(
          ({ occupant }) => wantedResources === undefined || wantedResources.includes(occupant.resourceId),
        );
      return {
        TotalCount: used.length,
        IpAddressStates: page(used, request.Offset, request.Limit ?? defaultLimit).map(
          ({ subnet, ip, occupant }) => ({
            VpcId: vpc.id,
            SubnetId: subnet.id,
            IpAddress: ip,
            ResourceType: occupant.resourceType,
            ResourceId: occupant.resourceId,
          }),
        ),
      };
    },
  });
}

function addressFilters(request: DescribeUsedIpAddressRequest): {
  ip: string[] | undefined;
  resource: string[] | undefined;
} {
  if (request.Filters !== undefined && request.IpAddresses !== undefined) {
    throw new ApiError('InvalidParameter.Coexist', 'IpAddresses and Filters exclude each other.');
  }
  const found = readFilters(request.Filters, ['ip-addresses', 'resource-id']);
  return { ip: request.IpAddresses ?? found.get('ip-addresses'), resource: found.get('resource-id') };
}

function describeSubnets(world: World): Action {
  return defineAction<DescribeSubnetsRequest, DescribeSubnetsResponse>({
    service: 'vpc',
    name: 'DescribeSubnets',
    parameters: {
      SubnetIds: optionalTexts,
      Filters: filters,
      Offset: numberText,
      Limit: numberText,
      MaxResults: optionalInteger,
      NextToken: optionalText,
    },
    handle: (request, { region }) => {
      if (request.SubnetIds !== undefined && request.Filters !== undefined) {
        throw new ApiError('InvalidParameter.Coexist', 'SubnetIds and Filters exclude each other.');
      }
      const wanted = readFilters(request.Filters, [
        'subnet-id',
        'vpc-id',
        'cidr-block',
        'subnet-name',
        'zone',
      ]);
      const passes = (name: string, value: string): boolean => wanted.get(name)?.includes(value) ?? true;
      const found = world.network
        .subnets(region)
        .filter(({ id }) => request.SubnetIds === undefined || request.SubnetIds.includes(id))
        .filter((subnet) => passes('subnet-id', subnet.id) && passes('vpc-id', subnet.vpc.id))
        .filter((subnet) => passes('cidr-block', subnet.cidr.replace(/\/\d+$/, '')))
        .filter((subnet) => passes('subnet-name', subnet.name) && passes('zone', subnet.zone));
      return {
        TotalCount: found.length,
        SubnetSet: page(found, Number(request.Offset ?? 0), Number(request.Limit ?? defaultLimit)).map(
          (subnet) => ({
            VpcId: subnet.vpc.id,
            SubnetId: subnet.id,
            SubnetName: subnet.name,
            CidrBlock: subnet.cidr,
            IsDefault: false,
            EnableBroadcast: false,
            Zone: subnet.zone,
            RouteTableId: '',
            CreatedTime: beijingTime(subnet.createdAtMs),
            AvailableIpAddressCount: addressesPerSubnet - world.network.occupied(subnet).length,
            TotalIpAddressCount: addressesPerSubnet,
            Ipv6CidrBlock: '',
            NetworkAclId: '',
            IsRemoteVpcSnat: false,
            TagSet: [],
          }),
        ),
      };
    },
  });
}

function describeVpcs(world: World): Action {
  return defineAction<DescribeVpcsRequest, DescribeVpcsResponse>({
    service: 'vpc',
    name: 'DescribeVpcs',
    parameters: { VpcIds: optionalTexts, Filters: filters, Offset: numberText, Limit: numberText },
    handle: (request, { region }) => {
      const wanted = readFilters(request.Filters, ['vpc-id', 'vpc-name', 'cidr-block']);
      const passes = (name: string, value: string): boolean => wanted.get(name)?.includes(value) ?? true;
      const found = world.network
        .vpcs(region)
        .filter(({ id }) => request.VpcIds === undefined || request.VpcIds.includes(id))
        .filter((vpc) => passes('vpc-id', vpc.id) && passes('vpc-name', vpc.name))
        .filter((vpc) => passes('cidr-block', vpc.cidr));
      return {
        TotalCount: found.length,
        VpcSet: page(found, Number(request.Offset ?? 0), Number(request.Limit ?? defaultLimit)).map(
          (vpc) => ({
            VpcId: vpc.id,
            VpcName: vpc.name,
            CidrBlock: vpc.cidr,
            IsDefault: false,
            EnableMulticast: false,
            CreatedTime: beijingTime(vpc.createdAtMs),
            DnsServerSet: [],
            DomainName: '',
            DhcpOptionsId: '',
            EnableDhcp: true,
            Ipv6CidrBlock: '',
            TagSet: [],
            AssistantCidrSet: [],
          }),
        ),
      };
    },
  });
}

/** Filters by name; an ApiError for one the sandbox does not know, rather than a filter that silently does nothing. */
function readFilters(given: readonly Filter[] | undefined, known: readonly string[]): Map<string, string[]> {
  const unknown = given?.find(({ Name }) => !known.includes(Name));
  if (unknown !== undefined) {
    throw new ApiError('InvalidParameter.FilterInvalidKey', `The filter \`${unknown.Name}\` is not known.`);
  }
  return new Map(given?.map(({ Name, Values }) => [Name, Values]));
}

function notFound(id: string): ApiError {
  return new ApiError('ResourceNotFound', `The resource ${id} does not exist.`);
}
