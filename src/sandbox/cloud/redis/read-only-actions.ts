import type {
  ModifyInstanceReadOnlyRequest,
  ModifyInstanceReadOnlyResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import { text } from '../api/parameters.ts';
import type { Instance } from '../world/instances.ts';
import { taskTypes } from '../world/tasks.ts';
import type { World } from '../world/world.ts';
import { isSwitchedReadOnly, switchReadOnly } from './instance-view.ts';

/**
 * The read-only switch: from when its task runs, every write is refused and reads go on; connections stay. Where there is
 * nothing to change there is no task, and the answer is the `TaskId: 0` of Tencent's own sample.
 */
export function modifyInstanceReadOnly(world: World): Action {
  return defineAction<ModifyInstanceReadOnlyRequest, ModifyInstanceReadOnlyResponse>({
    service: 'redis',
    name: 'ModifyInstanceReadOnly',
    parameters: { InstanceId: text, InputMode: z.enum(['0', '1']) },
    handle: async (request, { action, region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const refusal = refusalOf(world, action, instance);
      if (refusal !== undefined) throw new ApiError(refusal, 'The instance cannot be made read-only.');
      world.tasks.requireIdle(instance);
      const readOnly = request.InputMode === '1';
      if (readOnly === isSwitchedReadOnly(instance)) return { TaskId: 0 };
      const task = await world.tasks.start(instance, {
        type: taskTypes.readOnly,
        action,
        title: 'Modifying the read-only policy',
        duration: 'readOnlyTaskMs',
        effect: async () => {
          switchReadOnly(instance, readOnly);
          await world.instances.applyWriteBarriers(instance);
        },
      });
      return { TaskId: task.id };
    },
  });
}

/** The code with which the switch is refused: to all instances of a version, or by a fault; undefined: it is not. */
function refusalOf(world: World, action: string, instance: Instance): string | undefined {
  const { readOnlyRefusal, faults } = world;
  if (readOnlyRefusal?.versions.includes(instance.version) === true) return readOnlyRefusal.code;
  const fault = faults.take(['refuse-read-only'], { action, instanceIds: [instance.id] });
  return fault === undefined ? undefined : (fault.code ?? 'FailedOperation.SystemError');
}
