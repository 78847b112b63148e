import type { Journal } from '../engine/journal.ts';
import { foldJournal } from '../upgrade/fold.ts';

/** So many of the newest upgrades are looked through. */
const MAX_LOOKED_AT = 50;

/**
 * The upgrade whose copy the target still holds: the last one that had anything to do with the target went from the same source to it,
 * copied, and was rolled back. Such a copy may be replaced; anything else on a target is somebody's data.
 */
export async function findEarlierCopy(
  journal: Journal,
  { source, target }: { source: string; target: string },
): Promise<string | undefined> {
  for (const id of await journal.newest(MAX_LOOKED_AT)) {
    const events = await journal.read(id);
    if (events.length === 0) continue;
    const state = foldJournal(events);
    if (state.source !== target && state.target !== target) continue;
    const samePair = state.source === source && state.target === target;
    const copied = state.steps['copy-snapshot'].startedAtMs !== undefined;
    return samePair && copied && state.ended?.outcome === 'rolled_back' ? id : undefined;
  }
  return undefined;
}
