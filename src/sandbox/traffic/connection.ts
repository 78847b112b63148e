import { Redis } from 'ioredis';
import type { TrafficEndpoint, TrafficSettings } from './protocol.ts';

/** A client as a service would have one: ioredis with its ordinary settings but, perhaps, the delay of reconnects. */
export function connect(endpoint: TrafficEndpoint, retryDelayMs: TrafficSettings['retryDelayMs']): Redis {
  const redis = new Redis({
    ...endpoint,
    ...(retryDelayMs === 'default' ? {} : { retryStrategy: () => retryDelayMs }),
  });
  // Connections are cut on purpose here; ioredis reconnects by itself, and every command tells how it ended.
  redis.on('error', () => undefined);
  return redis;
}

/** The server's own error answer; undefined when the command ended in another way (connection gone, retries used up). */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'ReplyError' ? error.message : undefined;
}
