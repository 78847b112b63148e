import type { Action } from './api/action.ts';
import { checkActions } from './dts/check-actions.ts';
import { describeActions } from './dts/describe-actions.ts';
import { purchaseActions } from './dts/purchase-actions.ts';
import { retireActions } from './dts/retire-actions.ts';
import { runActions } from './dts/run-actions.ts';
import { monitorActions } from './monitor/monitor-actions.ts';
import { backupActions } from './redis/backup-actions.ts';
import { describeInstanceMonitorTopNCmd } from './redis/command-actions.ts';
import { describeInstances } from './redis/describe-instances.ts';
import { insideActions } from './redis/inside-actions.ts';
import { modifyNetworkConfig } from './redis/network-actions.ts';
import { describeInstanceParams } from './redis/parameter-actions.ts';
import { describeProductInfo } from './redis/product-actions.ts';
import { modifyInstanceReadOnly } from './redis/read-only-actions.ts';
import { securityGroupActions } from './redis/security-group-actions.ts';
import { describeInstanceDtsInfo } from './redis/sync-info-actions.ts';
import { taskActions } from './redis/task-actions.ts';
import { vpcActions } from './vpc/vpc-actions.ts';
import type { World } from './world/world.ts';

/** Every action the sandbox answers. */
export function sandboxActions(world: World, regionNames: readonly string[]): Action[] {
  return [
    describeInstances(world),
    ...taskActions(world),
    modifyNetworkConfig(world),
    modifyInstanceReadOnly(world),
    describeInstanceDtsInfo(world),
    ...securityGroupActions(world),
    ...backupActions(world),
    describeInstanceParams(world),
    ...insideActions(world),
    describeProductInfo(world, regionNames),
    describeInstanceMonitorTopNCmd(world),
    ...purchaseActions(world),
    ...checkActions(world),
    ...runActions(world),
    ...describeActions(world),
    ...retireActions(world),
    ...monitorActions(world),
    ...vpcActions(world),
  ];
}
