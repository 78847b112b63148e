import type {
  AssociateSecurityGroupsRequest,
  DescribeInstanceSecurityGroupRequest,
  DisassociateSecurityGroupsRequest,
  ModifyNetworkConfigRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import type {
  DescribeSubnetsRequest,
  DescribeUsedIpAddressRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/vpc/v20170312/vpc_models.js';
import { z } from 'zod';
import type { InstanceRef } from '../upgrade/instance.ts';
import { identifier, listOf, nothingButRequestId, optionalListOf, someNumber, someText } from './answers.ts';
import type { Calls } from './calls.ts';
import type { Cloud, Task } from './cloud.ts';
import { notFound } from './instances.ts';
import { taskAnswer, toTask } from './tasks.ts';

/** Days that an address given up stays reserved. 0: released at once, so that the other instance can take it. */
const RECYCLE_DAYS = 0;

const subnetsAnswer = z.object({
  SubnetSet: listOf(
    z.object({
      VpcId: someText,
      SubnetId: identifier,
      Zone: someText,
      CidrBlock: someText,
      AvailableIpAddressCount: someNumber,
    }),
  ),
});
const usedAddressesAnswer = z.object({
  IpAddressStates: listOf(z.object({ IpAddress: someText, ResourceType: someText, ResourceId: someText })),
});
const securityGroupsAnswer = z.object({
  InstanceSecurityGroupsDetail: listOf(
    z.object({
      InstanceId: someText,
      SecurityGroupDetails: optionalListOf(z.object({ SecurityGroupId: identifier })),
    }),
  ),
});

/** ModifyNetworkConfig: each move is a task, and every connection on the address given up is cut. */
export function createAddressMoves(
  calls: Calls,
): Pick<Cloud, 'moveToSubnet' | 'changeAddress' | 'changePort'> {
  async function modify(
    ref: InstanceRef,
    change: Omit<ModifyNetworkConfigRequest, 'InstanceId'>,
  ): Promise<Task> {
    const request: ModifyNetworkConfigRequest = { InstanceId: ref.id, ...change };
    const action = 'ModifyNetworkConfig';
    return toTask(
      ref,
      await calls.mutate({ service: 'redis', region: ref.region, action, request, answer: taskAnswer }),
    );
  }

  return {
    moveToSubnet: (ref, to) =>
      modify(ref, {
        Operation: 'changeVpc',
        VpcId: to.vpcId,
        SubnetId: to.subnetId,
        Recycle: RECYCLE_DAYS,
        ...(to.ip === undefined ? {} : { Vip: to.ip }),
      }),
    changeAddress: (ref, to) =>
      modify(ref, { Operation: 'changeVip', Vip: to.ip, VPort: to.port, Recycle: RECYCLE_DAYS }),
    changePort: (ref, port) => modify(ref, { Operation: 'changeVPort', VPort: port }),
  };
}

/** Security groups: an instance-level firewall that does not travel with the address. */
export function createSecurityGroups(
  calls: Calls,
): Pick<Cloud, 'securityGroups' | 'attachSecurityGroup' | 'detachSecurityGroup'> {
  async function change(ref: InstanceRef, action: string, groupId: string): Promise<void> {
    const request: AssociateSecurityGroupsRequest & DisassociateSecurityGroupsRequest = {
      Product: 'redis',
      SecurityGroupId: groupId,
      InstanceIds: [ref.id],
    };
    await calls.mutate({
      service: 'redis',
      region: ref.region,
      action,
      request,
      answer: nothingButRequestId,
    });
  }

  return {
    async securityGroups(ref) {
      const request: DescribeInstanceSecurityGroupRequest = { InstanceIds: [ref.id] };
      const action = 'DescribeInstanceSecurityGroup';
      const call = {
        service: 'redis',
        region: ref.region,
        action,
        request,
        answer: securityGroupsAnswer,
      } as const;
      const { answer } = await calls.read(call);
      return answer.InstanceSecurityGroupsDetail.filter((detail) => detail.InstanceId === ref.id).flatMap(
        (detail) => detail.SecurityGroupDetails.map((group) => group.SecurityGroupId),
      );
    },
    attachSecurityGroup: (ref, groupId) => change(ref, 'AssociateSecurityGroups', groupId),
    detachSecurityGroup: (ref, groupId) => change(ref, 'DisassociateSecurityGroups', groupId),
  };
}

/** Subnets and who lives in them. */
export function createSubnets(calls: Calls): Pick<Cloud, 'addressUser' | 'readSubnet'> {
  return {
    async addressUser(place, ip) {
      const request: DescribeUsedIpAddressRequest = {
        VpcId: place.vpcId,
        SubnetId: place.subnetId,
        IpAddresses: [ip],
      };
      const action = 'DescribeUsedIpAddress';
      const call = {
        service: 'vpc',
        region: place.region,
        action,
        request,
        answer: usedAddressesAnswer,
      } as const;
      const { answer } = await calls.read(call);
      const user = answer.IpAddressStates.find((state) => state.IpAddress === ip);
      return user === undefined
        ? undefined
        : { resourceType: user.ResourceType, resourceId: user.ResourceId };
    },

    async readSubnet(place) {
      const request: DescribeSubnetsRequest = {
        Filters: [
          { Name: 'vpc-id', Values: [place.vpcId] },
          { Name: 'subnet-id', Values: [place.subnetId] },
        ],
      };
      const action = 'DescribeSubnets';
      const { answer } = await calls.read({
        service: 'vpc',
        region: place.region,
        action,
        request,
        answer: subnetsAnswer,
      });
      const subnet = answer.SubnetSet.find((item) => item.SubnetId === place.subnetId);
      if (subnet === undefined) {
        throw notFound(action, `no subnet ${place.subnetId} in ${place.vpcId}`);
      }
      return {
        region: place.region,
        vpcId: place.vpcId,
        subnetId: place.subnetId,
        zone: subnet.Zone,
        cidr: subnet.CidrBlock,
        availableIpCount: subnet.AvailableIpAddressCount ?? 0,
      };
    },
  };
}
