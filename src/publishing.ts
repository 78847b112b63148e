import type { Bell } from './engine/bell.ts';
import type { Leases } from './engine/lease.ts';
import type { Logger } from './engine/logger.ts';
import { OperatingError } from './upgrade/operating-error.ts';

/** Waits between attempts grow from the first to the second while Slack does not answer. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 30_000;

interface PublishingParts {
  bell: Bell;
  leases: Leases;
  /** Makes Slack show what the journal says. */
  publish(upgradeId: string): Promise<{ again?: number }>;
  logger: Logger;
}

/**
 * Answers the doorbells of the thread: one process at a time publishes an upgrade, as often as it takes. It has a queue
 * of its own, so Slack being slow or down never delays a step, and the final state is shown whenever Slack is back.
 */
export function publishOnBell({ bell, leases, publish, logger }: PublishingParts): void {
  const failures = new Map<string, number>();
  bell.listen(async (upgradeId) => {
    const lease = await leases.acquire(`thread:${upgradeId}`);
    if ('busyMs' in lease) return { busyMs: Math.min(lease.busyMs, 500) };
    try {
      const { again } = await publish(upgradeId);
      failures.delete(upgradeId);
      return again === undefined ? 'rest' : { ringInMs: again };
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      const count = (failures.get(upgradeId) ?? 0) + 1;
      failures.set(upgradeId, count);
      logger.warn(
        { err: error, upgradeId, code: error.code, count },
        'Slack could not be brought up to date',
      );
      // What Slack refuses for good is tried again with the next change, or by the sweep.
      if (!error.retryable) return 'rest';
      return { ringInMs: Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(count - 1, 10)) };
    } finally {
      await lease.release();
    }
  });
}

/** Changes of an upgrade within this time ring once: behind the fence the processor has better things to do. */
const RING_GAP_MS = 200;

/** Rings the thread of an upgrade for a change, at most once in a while; the last change always rings. */
export function createThreadRinger(bell: Bell, logger: Logger): (upgradeId: string) => void {
  const due = new Set<string>();
  return (upgradeId) => {
    if (due.has(upgradeId)) return;
    due.add(upgradeId);
    setTimeout(() => {
      due.delete(upgradeId);
      bell
        .ring(upgradeId)
        .catch((error: unknown) => logger.warn({ err: error, upgradeId }, 'A doorbell was not rung'));
    }, RING_GAP_MS);
  };
}
