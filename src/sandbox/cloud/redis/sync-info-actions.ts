import type {
  DescribeInstanceDTSInfoRequest,
  DescribeInstanceDTSInfoResponse,
  DescribeInstanceDTSInstanceInfo,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { type Action, defineAction } from '../api/action.ts';
import { text } from '../api/parameters.ts';
import { beijingTime } from '../clock.ts';
import { legacyStatus } from '../dts/job-states.ts';
import type { Instance } from '../world/instances.ts';
import { findRegion, zoneNumber } from '../world/regions.ts';
import type { World } from '../world/world.ts';

/** A value Tencent's own sample shows and no enum documents. */
const undocumentedInstanceStatus = -4;

/**
 * The lag in bytes of the newest job the instance takes part in. Without a job, and while there is no lag to tell, the
 * offset is 0 or -1; the real answer in that case is documented nowhere.
 */
export function describeInstanceDtsInfo(world: World): Action {
  return defineAction<DescribeInstanceDTSInfoRequest, DescribeInstanceDTSInfoResponse>({
    service: 'redis',
    name: 'DescribeInstanceDTSInfo',
    parameters: { InstanceId: text },
    handle: async (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const job = world.syncJobs.ofInstance(instance.id);
      if (job?.setup === undefined) {
        return {
          JobId: '',
          JobName: '',
          Status: 0,
          StatusDesc: '',
          Offset: 0,
          CutDownTime: beijingTime(undefined),
        };
      }
      await world.syncJobs.measure([job]);
      return {
        JobId: job.id,
        JobName: job.name,
        Status: legacyStatus(job.status),
        StatusDesc: job.status,
        Offset: job.progress?.lagBytes ?? -1,
        CutDownTime: beijingTime(job.endedAtMs),
        SrcInfo: viewSide(job.setup.source.instance),
        DstInfo: viewSide(job.setup.target.instance),
      };
    },
  });
}

function viewSide(instance: Instance): DescribeInstanceDTSInstanceInfo {
  return {
    RegionId: findRegion(instance.region)?.id ?? 0,
    InstanceId: instance.id,
    SetId: 0,
    ZoneId: zoneNumber(instance.zone),
    Type: instance.type,
    InstanceName: instance.name,
    Vip: instance.address.ip,
    Status: undocumentedInstanceStatus,
  };
}
