import type {
  DescribeInstanceMonitorTopNCmdRequest,
  DescribeInstanceMonitorTopNCmdResponse,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { z } from 'zod';
import { type Action, defineAction } from '../api/action.ts';
import { text } from '../api/parameters.ts';
import { askRedis } from '../redis-session.ts';
import type { World } from '../world/world.ts';

const maxCommands = 20;
const statisticsTimeoutMs = 3_000;

/** The commands used most since the server started, by its own statistics, whatever span is asked for. */
export function describeInstanceMonitorTopNCmd(world: World): Action {
  return defineAction<DescribeInstanceMonitorTopNCmdRequest, DescribeInstanceMonitorTopNCmdResponse>({
    service: 'redis',
    name: 'DescribeInstanceMonitorTopNCmd',
    parameters: {
      InstanceId: text,
      SpanType: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
    },
    handle: async (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const node = await instance.start();
      const [statistics = ''] = await askRedis([['INFO', 'commandstats']], {
        place: node.inner,
        password: instance.password,
        timeoutMs: statisticsTimeoutMs,
      });
      const counts = [...statistics.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
        ([, Cmd = '', calls]) => ({
          Cmd,
          Count: Number(calls),
        }),
      );
      return { Data: counts.sort((left, right) => right.Count - left.Count).slice(0, maxCommands) };
    },
  });
}
