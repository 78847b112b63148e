import type {
  AssociateSecurityGroupsRequest,
  AssociateSecurityGroupsResponse,
  DescribeDBSecurityGroupsRequest,
  DescribeDBSecurityGroupsResponse,
  DescribeInstanceSecurityGroupRequest,
  DescribeInstanceSecurityGroupResponse,
  DisassociateSecurityGroupsRequest,
  DisassociateSecurityGroupsResponse,
  ModifyDBInstanceSecurityGroupsRequest,
  ModifyDBInstanceSecurityGroupsResponse,
  SecurityGroup as SecurityGroupModel,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { text, texts } from '../api/parameters.ts';
import { beijingTime } from '../clock.ts';
import type { Instance } from '../world/instances.ts';
import type { SecurityGroup } from '../world/security-groups.ts';
import type { World } from '../world/world.ts';

const product = z.literal('redis');
const maxInstancesPerCall = 100;

/** Which groups guard which instances. They take effect in the books at once, without a task. */
export function securityGroupActions(world: World): Action[] {
  return [
    describeInstanceSecurityGroup(world),
    describeDbSecurityGroups(world),
    associateSecurityGroups(world),
    disassociateSecurityGroups(world),
    modifyDbInstanceSecurityGroups(world),
  ];
}

function describeInstanceSecurityGroup(world: World): Action {
  return defineAction<DescribeInstanceSecurityGroupRequest, DescribeInstanceSecurityGroupResponse>({
    service: 'redis',
    name: 'DescribeInstanceSecurityGroup',
    parameters: { InstanceIds: z.array(text).max(maxInstancesPerCall) },
    handle: (request, { region }) => ({
      InstanceSecurityGroupsDetail: request.InstanceIds.map((id) => ({
        InstanceId: id,
        SecurityGroupDetails: groupsOf(world, world.instances.require(region, id)).map((group) => ({
          ProjectId: 0,
          CreateTime: beijingTime(group.createdAtMs),
          SecurityGroupId: group.id,
          SecurityGroupName: group.name,
          SecurityGroupRemark: '',
          InboundRule: group.inbound.map((rule) => ({
            Action: rule.action,
            Ip: rule.cidr,
            Port: rule.port,
            Proto: rule.protocol,
          })),
          OutboundRule: [{ Action: 'ACCEPT', Ip: '0.0.0.0/0', Port: 'ALL', Proto: 'ALL' }],
        })),
      })),
    }),
  });
}

function describeDbSecurityGroups(world: World): Action {
  return defineAction<DescribeDBSecurityGroupsRequest, DescribeDBSecurityGroupsResponse>({
    service: 'redis',
    name: 'DescribeDBSecurityGroups',
    parameters: { Product: product, InstanceId: text },
    handle: (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      return {
        Groups: groupsOf(world, instance).map(viewGroup),
        VIP: instance.address.ip,
        VPort: String(instance.address.port),
      };
    },
  });
}

function associateSecurityGroups(world: World): Action {
  return defineAction<AssociateSecurityGroupsRequest, AssociateSecurityGroupsResponse>({
    service: 'redis',
    name: 'AssociateSecurityGroups',
    parameters: { Product: product, SecurityGroupId: text, InstanceIds: texts },
    handle: (request, { region }) => {
      requireGroup(world, region, request.SecurityGroupId);
      const instances = request.InstanceIds.map((id) => world.instances.require(region, id));
      for (const { securityGroupIds } of instances) {
        if (!securityGroupIds.includes(request.SecurityGroupId))
          securityGroupIds.push(request.SecurityGroupId);
      }
      return {};
    },
  });
}

function disassociateSecurityGroups(world: World): Action {
  return defineAction<DisassociateSecurityGroupsRequest, DisassociateSecurityGroupsResponse>({
    service: 'redis',
    name: 'DisassociateSecurityGroups',
    parameters: { Product: product, SecurityGroupId: text, InstanceIds: texts },
    handle: (request, { region }) => {
      requireGroup(world, region, request.SecurityGroupId);
      const instances = request.InstanceIds.map((id) => world.instances.require(region, id));
      for (const { securityGroupIds } of instances) {
        const index = securityGroupIds.indexOf(request.SecurityGroupId);
        if (index >= 0) securityGroupIds.splice(index, 1);
      }
      return {};
    },
  });
}

function modifyDbInstanceSecurityGroups(world: World): Action {
  return defineAction<ModifyDBInstanceSecurityGroupsRequest, ModifyDBInstanceSecurityGroupsResponse>({
    service: 'redis',
    name: 'ModifyDBInstanceSecurityGroups',
    parameters: { Product: product, SecurityGroupIds: texts, InstanceId: text },
    handle: (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      for (const id of request.SecurityGroupIds) requireGroup(world, region, id);
      instance.securityGroupIds.splice(
        0,
        instance.securityGroupIds.length,
        ...new Set(request.SecurityGroupIds),
      );
      return {};
    },
  });
}

function groupsOf(world: World, instance: Instance): SecurityGroup[] {
  return instance.securityGroupIds.flatMap((id) => world.securityGroups.find(instance.region, id) ?? []);
}

function requireGroup(world: World, region: string, id: string): void {
  if (world.securityGroups.find(region, id) === undefined) {
    throw new ApiError('InvalidParameter', `The security group ${id} does not exist.`);
  }
}

function viewGroup(group: SecurityGroup): SecurityGroupModel {
  return {
    CreateTime: beijingTime(group.createdAtMs),
    ProjectId: 0,
    SecurityGroupId: group.id,
    SecurityGroupName: group.name,
    SecurityGroupRemark: '',
    Inbound: group.inbound.map((rule) => ({
      Action: rule.action,
      CidrIp: rule.cidr,
      PortRange: rule.port,
      IpProtocol: rule.protocol,
    })),
    Outbound: [{ Action: 'ACCEPT', CidrIp: '0.0.0.0/0', PortRange: 'ALL', IpProtocol: 'ALL' }],
  };
}
