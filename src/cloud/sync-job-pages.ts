import type { Page } from './answers.ts';
import type { SyncJob } from './cloud.ts';
import type { CloudClock, CloudLimits } from './cloud-limits.ts';

/** One walk over the list of the product's jobs in a region, newest first; pages are fetched when first needed and kept. */
interface Walk {
  startedAtMs: number;
  pages: Promise<Page<SyncJob>>[];
}

/**
 * Answers the polls of many upgrades from the same pages: whoever asks within `syncJobPageMs` of a walk's start shares it,
 * including the requests that are still under way.
 */
export interface SyncJobPages {
  /** undefined when the job is on none of the first `syncJobSharedPages` pages. */
  find(region: string, jobId: string): Promise<SyncJob | undefined>;
  /** After something newer was seen or done: nobody may be answered from before it. */
  forget(region: string): void;
}

export function createSyncJobPages(
  readPage: (region: string, offset: number) => Promise<Page<SyncJob>>,
  clock: Pick<CloudClock, 'now'>,
  limits: CloudLimits,
): SyncJobPages {
  const walks = new Map<string, Walk>();

  function currentWalk(region: string): Walk {
    const walk = walks.get(region);
    if (walk !== undefined && clock.now() - walk.startedAtMs < limits.syncJobPageMs) {
      return walk;
    }
    const fresh = { startedAtMs: clock.now(), pages: [] };
    walks.set(region, fresh);
    return fresh;
  }

  async function pageOf(walk: Walk, region: string, index: number): Promise<Page<SyncJob>> {
    const page = walk.pages[index] ?? readPage(region, index * limits.pageSize);
    walk.pages[index] = page;
    try {
      return await page;
    } catch (error) {
      // A failed page is not kept for those who ask later.
      if (walks.get(region) === walk) {
        walks.delete(region);
      }
      throw error;
    }
  }

  return {
    async find(region, jobId) {
      const walk = currentWalk(region);
      for (let index = 0; index < limits.syncJobSharedPages; index += 1) {
        const { total, items } = await pageOf(walk, region, index);
        const job = items.find((item) => item.id === jobId);
        if (job !== undefined) {
          return job;
        }
        if (items.length === 0 || index * limits.pageSize + items.length >= total) {
          return;
        }
      }
      return;
    },
    forget(region) {
      walks.delete(region);
    },
  };
}
