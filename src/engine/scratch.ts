import type { Redis } from 'ioredis';
import { z } from 'zod';
import { STEP_NAMES } from '../upgrade/steps.ts';
import type { Progress } from '../upgrade/view.ts';
import type { StoreKeys } from './store-keys.ts';

/** What may be lost without harm: how far a step is, the trouble it meets, checkpoints. Never decided by, but for patience. */
export interface Scratch {
  readProgress(upgradeId: string): Promise<ProgressRecord | undefined>;
  writeProgress(upgradeId: string, progress: ProgressRecord): Promise<void>;
  read(upgradeId: string, name: string): Promise<string | undefined>;
  write(upgradeId: string, name: string, value: string): Promise<void>;
}

const progressSchema = z.object({
  step: z.enum(STEP_NAMES),
  text: z.string(),
  percent: z.number().optional(),
  trouble: z.object({ sinceMs: z.number(), count: z.number(), message: z.string() }).optional(),
  atMs: z.number(),
});
export type ProgressRecord = z.infer<typeof progressSchema>;

/** Scratch of an upgrade nobody looked at for this long is dropped. */
const SCRATCH_SECONDS = 30 * 24 * 3600;

export function createScratch(redis: Redis, keys: StoreKeys): Scratch {
  return {
    async readProgress(upgradeId) {
      const stored = await redis.get(keys.progress(upgradeId));
      return stored === null ? undefined : parseProgress(stored);
    },
    async writeProgress(upgradeId, progress) {
      await redis.set(keys.progress(upgradeId), JSON.stringify(progress), 'EX', SCRATCH_SECONDS);
    },
    async read(upgradeId, name) {
      return (await redis.hget(keys.scratch(upgradeId), name)) ?? undefined;
    },
    async write(upgradeId, name, value) {
      const key = keys.scratch(upgradeId);
      await redis.multi().hset(key, name, value).expire(key, SCRATCH_SECONDS).exec();
    },
  };
}

/** Scratch that cannot be read is scratch that was lost: it must never stop an upgrade. */
function parseProgress(stored: string): ProgressRecord | undefined {
  try {
    return progressSchema.safeParse(JSON.parse(stored)).data;
  } catch {
    return undefined;
  }
}

/** The record as people are shown it. */
export function viewProgress(record: ProgressRecord | undefined): Progress | undefined {
  if (record === undefined) return undefined;
  const { step, text, percent, trouble, atMs } = record;
  return { step, text, percent, trouble: trouble?.message, atMs };
}
