import type { Redis } from 'ioredis';
import { type ThreadStore, threadRecordSchema } from './thread-record.ts';

/** Records as JSON, one string key for each upgrade: `<prefix>thread:<upgrade id>`. Records are small and kept. */
export function createThreadStore(options: { redis: Redis; keyPrefix: string }): ThreadStore {
  const { redis, keyPrefix } = options;
  const keyOf = (upgradeId: string): string => `${keyPrefix}thread:${upgradeId}`;
  return {
    async read(upgradeId) {
      const stored = await redis.get(keyOf(upgradeId));
      return stored === null ? undefined : threadRecordSchema.parse(JSON.parse(stored));
    },
    async write(upgradeId, record) {
      await redis.set(keyOf(upgradeId), JSON.stringify(record));
    },
  };
}
