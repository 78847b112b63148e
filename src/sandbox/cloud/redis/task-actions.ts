import type {
  DescribeTaskInfoRequest,
  DescribeTaskInfoResponse,
  DescribeTaskListRequest,
  DescribeTaskListResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { type Action, defineAction } from '../api/action.ts';
import { ApiError } from '../api/api-error.ts';
import {
  integer,
  limitUpTo,
  offset,
  optionalIntegers,
  optionalText,
  optionalTexts,
  page,
} from '../api/parameters.ts';
import { beijingTime, parseBeijingTime } from '../clock.ts';
import type { Task } from '../world/tasks.ts';
import type { World } from '../world/world.ts';

const defaultLimit = 20;
const maxLimit = 100;
const listedForMs = 30 * 24 * 60 * 60 * 1000;

/** The two ways to look at tasks; the list counts in numbers, the single one speaks in words. */
export function taskActions(world: World): Action[] {
  return [describeTaskInfo(world), describeTaskList(world)];
}

function describeTaskInfo(world: World): Action {
  return defineAction<DescribeTaskInfoRequest, DescribeTaskInfoResponse>({
    service: 'redis',
    name: 'DescribeTaskInfo',
    parameters: { TaskId: integer },
    handle: (request, { action, region }) => {
      const task = world.tasks.find(request.TaskId);
      if (task?.instance.region !== region) {
        throw new ApiError('ResourceNotFound', `The task ${request.TaskId} does not exist.`);
      }
      const unknown = world.faults.take(['unknown-status'], { action, instanceIds: [task.instance.id] });
      return {
        Status: unknown?.status ?? task.status,
        StartTime: beijingTime(task.startedAtMs),
        TaskType: task.type,
        InstanceId: task.instance.id,
        TaskMessage: task.message,
      };
    },
  });
}

function describeTaskList(world: World): Action {
  return defineAction<DescribeTaskListRequest, DescribeTaskListResponse>({
    service: 'redis',
    name: 'DescribeTaskList',
    parameters: {
      InstanceId: optionalText,
      InstanceName: optionalText,
      Limit: limitUpTo(maxLimit),
      Offset: offset,
      ProjectIds: optionalIntegers,
      TaskTypes: optionalTexts,
      BeginTime: optionalText,
      EndTime: optionalText,
      TaskStatus: optionalIntegers,
      Result: optionalIntegers,
      OperatorUin: optionalIntegers,
      OperateUin: optionalTexts,
    },
    handle: (request, { region }) => {
      const since = request.BeginTime === undefined ? 0 : timeOf(request.BeginTime);
      const until = request.EndTime === undefined ? Number.POSITIVE_INFINITY : timeOf(request.EndTime);
      const oldest = Math.max(since, world.clock.now() - listedForMs);
      const found = world.tasks
        .all()
        .filter(({ instance }) => instance.region === region)
        .filter(({ startedAtMs }) => startedAtMs >= oldest && startedAtMs <= until)
        .filter((task) => matches(task, request));
      return {
        TotalCount: found.length,
        Tasks: page(found, request.Offset, request.Limit ?? defaultLimit).map((task) => ({
          TaskId: task.id,
          StartTime: beijingTime(task.startedAtMs),
          EndTime: beijingTime(task.endedAtMs),
          TaskType: task.type,
          InstanceName: task.instance.name,
          InstanceId: task.instance.id,
          ProjectId: 0,
          Progress: task.endedAtMs === undefined ? 0.5 : 1,
          Result: resultNumber[task.status],
        })),
      };
    },
  });
}

const resultNumber = { preparing: 0, running: 1, succeed: 2, failed: 4 } as const;

function matches({ instance, type, status }: Task, request: DescribeTaskListRequest): boolean {
  return (
    (request.InstanceId === undefined || instance.id === request.InstanceId) &&
    (request.InstanceName === undefined || instance.name.includes(request.InstanceName)) &&
    (request.TaskTypes === undefined || request.TaskTypes.includes(type)) &&
    (request.Result === undefined || request.Result.includes(resultNumber[status]))
  );
}

function timeOf(text: string): number {
  const time = parseBeijingTime(text);
  if (time === undefined) throw new ApiError('InvalidParameterValue', `${text} is not a time.`);
  return time;
}
