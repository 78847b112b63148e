import type {
  DescribeInstanceParamsRequest,
  DescribeInstanceParamsResponse,
  InstanceEnumParam,
  InstanceIntegerParam,
} from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis/v20180412/redis_models.js';
import { type Action, defineAction } from '../api/action.ts';
import { text } from '../api/parameters.ts';
import type { Instance } from '../world/instances.ts';
import type { World } from '../world/world.ts';

const evictionPolicies = [
  'noeviction',
  'allkeys-lru',
  'allkeys-random',
  'volatile-lru',
  'volatile-random',
  'volatile-ttl',
];

/** The parameters that matter to a migration, at their defaults: the sandbox has no call to change one. */
export function describeInstanceParams(world: World): Action {
  return defineAction<DescribeInstanceParamsRequest, DescribeInstanceParamsResponse>({
    service: 'redis',
    name: 'DescribeInstanceParams',
    parameters: { InstanceId: text },
    handle: (request, { region }) => {
      const instance = world.instances.require(region, request.InstanceId);
      const enums = enumParameters(instance);
      const integers = integerParameters();
      return {
        TotalCount: enums.length + integers.length + 2,
        InstanceEnumParam: enums,
        InstanceIntegerParam: integers,
        InstanceTextParam: [
          {
            ParamName: 'UserPasswordSeparate',
            ValueType: 'Text',
            NeedRestart: 'false',
            DefaultValue: '@',
            CurrentValue: '@',
            Tips: 'Separates the account from the password',
            TextValue: ['@', ':'],
            Status: 2,
          },
        ],
        InstanceMultiParam: [
          {
            ParamName: 'disable-command-list',
            ValueType: 'Multi',
            NeedRestart: 'false',
            DefaultValue: '',
            CurrentValue: '',
            Tips: 'Commands that are refused',
            EnumValue: ['flushall', 'flushdb', 'keys', 'hgetall', 'eval', 'evalsha', 'script'],
            Status: 2,
          },
        ],
      };
    },
  });
}

function enumParameters(instance: Instance): InstanceEnumParam[] {
  const lfu = instance.version === '2.8' ? [] : ['allkeys-lfu', 'volatile-lfu'];
  return [
    {
      ParamName: 'maxmemory-policy',
      ValueType: 'Enum',
      NeedRestart: 'false',
      DefaultValue: 'noeviction',
      CurrentValue: 'noeviction',
      Tips: 'What goes when the memory is full',
      EnumValue: [...evictionPolicies, ...lfu],
      Status: 2,
    },
  ];
}

function integerParameters(): InstanceIntegerParam[] {
  const parameters = [
    { name: 'timeout', value: '0', max: '7200', unit: 's' },
    { name: 'slowlog-log-slower-than', value: '10', max: '1000', unit: 'ms' },
    { name: 'hash-max-ziplist-entries', value: '512', max: '10000', unit: '' },
  ];
  return parameters.map(({ name, value, max, unit }) => ({
    ParamName: name,
    ValueType: 'Integer',
    NeedRestart: 'false',
    DefaultValue: value,
    CurrentValue: value,
    Tips: '',
    Min: '0',
    Max: max,
    Status: 2,
    Unit: unit,
  }));
}
