import type { DescribeTaskInfoRequest } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import type { InstanceRef } from '../upgrade/instance.ts';
import { someNumber, someText } from './answers.ts';
import type { Answered, Calls } from './calls.ts';
import type { Cloud, Task, TaskState } from './cloud.ts';
import { CloudError } from './cloud-error.ts';
import { UNEXPECTED } from './error-map.ts';
import type { Secrets } from './secrets.ts';

/** What starts a task answers its number; samples print it as a string, as 0, or leave it out. */
export const taskAnswer = z.object({ TaskId: someNumber }).transform((answer) => answer.TaskId ?? 0);

const taskInfoAnswer = z.object({ Status: someText, TaskMessage: someText });

export function toTask(ref: InstanceRef, { answer: id, requestId }: Answered<number>): Task {
  return { region: ref.region, id, requestId, instanceId: ref.id };
}

/** Tasks of the Redis product. */
export function createTasks(
  calls: Calls,
  secrets: Secrets,
  readInstance: Cloud['readInstance'],
): Pick<Cloud, 'readTask'> {
  async function readNumbered({ region, id }: Task): Promise<TaskState> {
    const action = 'DescribeTaskInfo';
    const request: DescribeTaskInfoRequest = { TaskId: id };
    const { answer, requestId } = await calls.read({
      service: 'redis',
      region,
      action,
      request,
      answer: taskInfoAnswer,
    });
    switch (answer.Status) {
      case 'preparing':
      case 'running':
        return { status: 'running' };
      case 'succeed':
        return { status: 'succeeded' };
      case 'failed':
      case 'error':
        return { status: 'failed', message: secrets.redact(answer.TaskMessage) };
      default:
        throw unexpected(`task ${id} has a status nobody documents: ${answer.Status}`, requestId);
    }
  }

  /** Without a number there is nothing to ask for but the flow that a task holds its instance in. */
  async function readUnnumbered({ region, instanceId, requestId }: Task): Promise<TaskState> {
    if (instanceId === undefined) {
      throw unexpected('Tencent gave this task no number, so only its effect can be looked at', requestId);
    }
    const { status } = await readInstance({ region, id: instanceId });
    return { status: status === 'in-flow' ? 'running' : 'succeeded' };
  }

  return { readTask: (task) => (task.id === 0 ? readUnnumbered(task) : readNumbered(task)) };
}

function unexpected(message: string, requestId: string): CloudError {
  const action = 'DescribeTaskInfo';
  const facts = { ...UNEXPECTED, mayHaveHappened: false, tencentCode: '', requestId, action };
  return new CloudError(`${action}: ${message}`, facts);
}
