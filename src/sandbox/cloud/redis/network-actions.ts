import type {
  ModifyNetworkConfigRequest,
  ModifyNetworkConfigResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { optionalInteger, optionalText, text } from '../api/parameters.ts';
import type { Address } from '../data-plane.ts';
import { moveInstance } from '../world/addresses.ts';
import type { Instance } from '../world/instances.ts';
import type { Subnet } from '../world/network.ts';
import { taskTypes } from '../world/tasks.ts';
import type { World } from '../world/world.ts';

const recycleDays: readonly number[] = [0, 1, 2, 3, 7, 15];
const lowestPort = 1_024;
const highestPort = 65_535;

interface Destination {
  to: Address;
  subnet: Subnet;
  taskType: string;
}

/**
 * The address moves. The books change and connections are cut when the task runs, not when the call is answered. A new
 * address is reserved from the call on, so two calls can never be given the same one.
 */
export function modifyNetworkConfig(world: World): Action {
  return defineAction<ModifyNetworkConfigRequest, ModifyNetworkConfigResponse>({
    service: 'redis',
    name: 'ModifyNetworkConfig',
    parameters: {
      InstanceId: text,
      Operation: z.enum(['changeVip', 'changeVpc', 'changeVPort', 'changeBaseToVpc']),
      Vip: optionalText,
      VpcId: optionalText,
      SubnetId: optionalText,
      Recycle: optionalInteger,
      VPort: optionalInteger,
    },
    handle: async (request, { action, region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const recycle = request.Recycle ?? 0;
      if (!recycleDays.includes(recycle)) throw invalid('Recycle must be 0, 1, 2, 3, 7 or 15');
      world.tasks.requireIdle(instance);
      const destination = findDestination(world, instance, request);
      reserve(world, instance, destination.to.ip);
      const task = await world.tasks.start(instance, {
        type: destination.taskType,
        action,
        title: 'Modifying the network configuration',
        duration: 'networkTaskMs',
        effect: async () => {
          await moveInstance(world.network, instance, {
            ...destination,
            recycleDays: recycle,
            nowMs: world.clock.now(),
          });
          world.syncJobs.addressChanged(instance);
        },
        abandon: () => {
          if (destination.to.ip !== instance.address.ip) world.network.release(destination.to.ip);
        },
      });
      return {
        Status: true,
        TaskId: task.id,
        Vip: destination.to.ip,
        VpcId: destination.subnet.vpc.id,
        SubnetId: destination.subnet.id,
      };
    },
  });
}

function findDestination(world: World, instance: Instance, request: ModifyNetworkConfigRequest): Destination {
  switch (request.Operation) {
    case 'changeVip':
      return changedVip(world, instance, request);
    case 'changeVpc':
      return changedVpc(world, instance, request);
    case 'changeVPort': {
      if (request.VPort === undefined) throw invalid('changeVPort needs VPort');
      const to = { ip: instance.address.ip, port: requirePort(request.VPort) };
      if (to.port === instance.address.port) throw refused('The port is the present one');
      return { to, subnet: instance.subnet, taskType: taskTypes.changeNetwork };
    }
    default:
      throw refused('The instance is not in the classic network');
  }
}

function changedVip(world: World, instance: Instance, request: ModifyNetworkConfigRequest): Destination {
  if (request.Vip === undefined || request.VPort === undefined)
    throw invalid('changeVip needs Vip and VPort');
  const to = { ip: request.Vip, port: requirePort(request.VPort) };
  if (!world.network.contains(instance.subnet, to.ip)) {
    throw refused(`${to.ip} is not an address of the subnet ${instance.subnet.id} (${instance.subnet.cidr})`);
  }
  if (to.ip === instance.address.ip && to.port === instance.address.port) {
    throw refused('The address is the present one');
  }
  return { to, subnet: instance.subnet, taskType: taskTypes.changeVip };
}

function changedVpc(world: World, instance: Instance, request: ModifyNetworkConfigRequest): Destination {
  if (request.VpcId === undefined || request.SubnetId === undefined) {
    throw invalid('changeVpc needs VpcId and SubnetId');
  }
  const subnet = world.network.findSubnet(instance.region, request.SubnetId);
  if (subnet?.id !== request.SubnetId || subnet.vpc.id !== request.VpcId) {
    throw refused(`There is no subnet ${request.SubnetId} in ${request.VpcId}`);
  }
  if (subnet.zone !== instance.zone)
    throw refused(`The instance is in ${instance.zone}, the subnet in ${subnet.zone}`);
  if (subnet === instance.subnet) throw refused('The instance is in this subnet already');
  const ip = request.Vip ?? world.network.pickFree(subnet);
  if (ip === undefined) throw refused('The subnet has no free address');
  if (!world.network.contains(subnet, ip))
    throw refused(`${ip} is not an address of the subnet ${subnet.id}`);
  const port = request.VPort === undefined ? instance.address.port : requirePort(request.VPort);
  return { to: { ip, port }, subnet, taskType: taskTypes.changeNetwork };
}

function reserve(world: World, instance: Instance, ip: string): void {
  if (ip === instance.address.ip) return;
  const free = world.network.occupy(ip, { resourceType: 'REDIS', resourceId: instance.id });
  if (!free) throw refused(`${ip} is in use`);
}

function requirePort(port: number): number {
  if (port < lowestPort || port > highestPort) throw invalid('VPort must be from 1024 to 65535');
  return port;
}

function invalid(message: string): ApiError {
  return new ApiError('InvalidParameter', `${message}.`);
}

function refused(message: string): ApiError {
  return new ApiError('InvalidParameterValue.CheckNotPass', `${message}.`);
}
