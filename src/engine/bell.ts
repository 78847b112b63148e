import { DelayedError, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** What answering a doorbell came to. */
export type Answer =
  /** Ring again after so many milliseconds. */
  | { ringInMs: number }
  /** Somebody else is at it: this doorbell comes back after so many milliseconds. */
  | { busyMs: number }
  | 'rest';

/**
 * Doorbells: BullMQ jobs that say no more than "look at this upgrade". Losing or doubling one is harmless, since whoever
 * answers reads the journal and decides afresh.
 */
export interface Bell {
  ring(upgradeId: string, delayMs?: number): Promise<void>;
  /** Begins answering. */
  listen(answer: (upgradeId: string) => Promise<Answer>): void;
  /**
   * Processes that are connected and answer, on any machine. A lost machine counts until the store notices; undefined
   * where the store does not tell (some managed ones withhold CLIENT LIST).
   */
  listeners(): Promise<number | undefined>;
  /** Stops taking doorbells and waits for those being answered. */
  close(): Promise<void>;
}

export interface BellOptions {
  name: string;
  connection: Redis;
  prefix: string;
  /** Upgrades looked at side by side in this process. */
  concurrency: number;
  /**
   * Doorbells with the same scope and upgrade fall together into one. A scope of the process's own keeps a doorbell from
   * waiting behind one that died with another process.
   */
  scope: string;
  /** After an answer that threw, the doorbell comes back after this long. */
  retryMs: number;
  clock: Clock;
  logger: Logger;
}

const doorbellSchema = z.object({ upgradeId: z.string() });
type Doorbell = z.infer<typeof doorbellSchema>;

/** After this long without a sign of life from its process a doorbell being answered is handed to another one. */
const STALLED_MS = 5_000;

export function createBell(options: BellOptions): Bell {
  const { name, connection, prefix, scope } = options;
  const queue = new Queue<Doorbell>(name, { connection, prefix });
  queue.on('error', (error) =>
    options.logger.warn({ err: error, queue: name }, 'The store cannot be reached'),
  );
  let worker: Worker<Doorbell> | undefined;
  /**
   * When doorbells that came in while an upgrade is being answered here are due. The queue keeps only the last one, which
   * would be the answer's own later one: a decision would wait for the next poll.
   */
  const heard = new Map<string, number>();

  async function ring(upgradeId: string, delayMs = 0): Promise<void> {
    const soonest = heard.get(upgradeId);
    if (soonest !== undefined) heard.set(upgradeId, Math.min(soonest, options.clock.now() + delayMs));
    await queue.add(
      'doorbell',
      { upgradeId },
      {
        delay: Math.max(0, Math.round(delayMs)),
        removeOnComplete: true,
        removeOnFail: true,
        deduplication: { id: `${upgradeId}.${scope}`, keepLastIfActive: true, reschedule: true },
      },
    );
  }

  return {
    ring,
    listen(answer) {
      worker = new Worker<Doorbell>(
        name,
        async (job, token) => {
          const { upgradeId } = doorbellSchema.parse(job.data);
          heard.set(upgradeId, Number.POSITIVE_INFINITY);
          const said = await answer(upgradeId).catch((error: unknown) => {
            options.logger.error({ err: error, upgradeId, queue: name }, 'Answering a doorbell failed');
            return { ringInMs: options.retryMs };
          });
          const dueInMs = (heard.get(upgradeId) ?? Number.POSITIVE_INFINITY) - options.clock.now();
          heard.delete(upgradeId);
          if (said === 'rest') return;
          if ('ringInMs' in said) return ring(upgradeId, Math.min(said.ringInMs, dueInMs));
          await job.moveToDelayed(options.clock.now() + said.busyMs, token);
          throw new DelayedError();
        },
        {
          connection,
          prefix,
          concurrency: options.concurrency,
          lockDuration: STALLED_MS,
          stalledInterval: STALLED_MS,
          maxStalledCount: Number.MAX_SAFE_INTEGER,
          drainDelay: 1,
        },
      );
      worker.on('error', (error) =>
        options.logger.warn({ err: error, queue: name }, 'The store cannot be reached'),
      );
    },
    async listeners() {
      const clients = await queue.getWorkers().catch(() => undefined);
      // Where the command is unknown the library answers one client that is none.
      return clients?.every((client) => client['id'] !== undefined) ? clients.length : undefined;
    },
    async close() {
      await worker?.close();
      await queue.close();
    },
  };
}
