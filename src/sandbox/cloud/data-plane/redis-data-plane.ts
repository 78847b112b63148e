import type { RedisBinary } from '../../redis-server/redis-binary.ts';
import type {
  Copy,
  CopyOptions,
  DataNode,
  DataNodeOptions,
  DataPlane,
  EngineVersion,
} from '../data-plane.ts';
import { RedisCopy } from './copy/redis-copy.ts';
import { RedisNode } from './redis-node.ts';

export interface RedisDataPlaneOptions {
  /** The real server for instances of a version: of that version, or a newer one that poses as it. */
  binaryFor(version: EngineVersion): Promise<RedisBinary>;
}

/** The data plane of real servers. */
export function createRedisDataPlane({ binaryFor }: RedisDataPlaneOptions): DataPlane {
  return {
    async createNode(options: DataNodeOptions): Promise<DataNode> {
      return await RedisNode.start(await binaryFor(options.version), options);
    },
    startCopy(options: CopyOptions): Copy {
      return RedisCopy.start({
        ...options,
        source: asRedisNode(options.source),
        target: asRedisNode(options.target),
      });
    },
  };
}

function asRedisNode(node: DataNode): RedisNode {
  if (!(node instanceof RedisNode)) throw new Error('Only nodes of this data plane can be copied');
  return node;
}
