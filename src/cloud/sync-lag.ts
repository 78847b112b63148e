import type { DescribeInstanceDTSInfoRequest } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { someNumber, someText } from './answers.ts';
import type { Calls } from './calls.ts';
import type { Cloud } from './cloud.ts';

const dtsInfoAnswer = z.object({ JobId: someText, Offset: someNumber });

/** The lag in bytes, by the Redis product: DTS itself knows it in MB only. */
export function createSyncLag(calls: Calls): Pick<Cloud, 'readSyncLag'> {
  return {
    async readSyncLag(source) {
      const request: DescribeInstanceDTSInfoRequest = { InstanceId: source.id };
      const action = 'DescribeInstanceDTSInfo';
      const { answer } = await calls.read({
        service: 'redis',
        region: source.region,
        action,
        request,
        answer: dtsInfoAnswer,
      });
      const { JobId: jobId, Offset: lag } = answer;
      // Without a job an Offset of 0 would be the lag of nothing; a negative one is Tencent's "not available".
      return { jobId, lagBytes: jobId === '' || lag === undefined || lag < 0 ? undefined : lag };
    },
  };
}
