import type {
  DescribeInstancesRequest,
  ModifyInstanceReadOnlyRequest,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import type { Instance, InstanceRef } from '../upgrade/instance.ts';
import type { Page } from './answers.ts';
import type { Calls } from './calls.ts';
import type { Cloud } from './cloud.ts';
import { CloudError } from './cloud-error.ts';
import type { CloudLimits } from './cloud-limits.ts';
import { instancesAnswer, toInstance } from './instance-answer.ts';
import { readAllPages } from './paging.ts';
import { taskAnswer, toTask } from './tasks.ts';

/** Tencent's own form; anything else cannot name an instance, so it need not be asked for. */
const INSTANCE_ID = /^crs-[a-z0-9]{1,32}$/;

type InstanceCalls = Pick<Cloud, 'findInstance' | 'readInstance' | 'listInstances' | 'setReadOnly'>;

/** Instances by DescribeInstances, whose scope is one region: to find one, every region is asked at once. */
export function createInstances(
  calls: Calls,
  regions: readonly string[],
  limits: CloudLimits,
): InstanceCalls {
  async function describe(region: string, request: DescribeInstancesRequest): Promise<Page<Instance>> {
    const call = {
      service: 'redis',
      region,
      action: 'DescribeInstances',
      request,
      answer: instancesAnswer,
    } as const;
    const { answer } = await calls.read(call);
    return { total: answer.total, items: answer.items.map((item) => toInstance(item, region)) };
  }

  async function findIn(region: string, id: string): Promise<Instance | undefined> {
    try {
      const { items } = await describe(region, { InstanceIds: [id], Limit: 1, Offset: 0 });
      return items.find((instance) => instance.id === id);
    } catch (error) {
      if (error instanceof CloudError && error.cloudCode === 'CLOUD_NOT_FOUND') {
        return;
      }
      throw error;
    }
  }

  return {
    async findInstance(id) {
      if (!INSTANCE_ID.test(id)) {
        return;
      }
      const answers = await Promise.allSettled(regions.map((region) => findIn(region, id)));
      for (const answer of answers) {
        if (answer.status === 'fulfilled' && answer.value !== undefined) {
          return answer.value;
        }
      }
      // A region that did not answer may be the one that has it.
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed !== undefined) {
        throw failed.reason;
      }
      return;
    },

    async readInstance(ref) {
      const instance = await findIn(ref.region, ref.id);
      if (instance === undefined) {
        throw notFound('DescribeInstances', `no instance ${ref.id} in ${ref.region}`);
      }
      return instance;
    },

    async listInstances() {
      const lists = await Promise.all(
        regions.map((region) =>
          readAllPages(
            {
              action: 'DescribeInstances',
              page: (Offset) => describe(region, { Limit: limits.pageSize, Offset }),
              key: (instance) => instance.id,
            },
            limits,
          ),
        ),
      );
      return lists.flat();
    },

    async setReadOnly(ref: InstanceRef, readOnly) {
      const request: ModifyInstanceReadOnlyRequest = { InstanceId: ref.id, InputMode: readOnly ? '1' : '0' };
      const action = 'ModifyInstanceReadOnly';
      return toTask(
        ref,
        await calls.mutate({ service: 'redis', region: ref.region, action, request, answer: taskAnswer }),
      );
    },
  };
}

/** The rejection for a thing that an answer without error did not hold. */
export function notFound(action: string, message: string): CloudError {
  return new CloudError(`${action}: ${message}`, {
    code: 'CLOUD_NOT_FOUND',
    retryable: false,
    tencentCode: '',
    requestId: '',
    action,
    mayHaveHappened: false,
  });
}
