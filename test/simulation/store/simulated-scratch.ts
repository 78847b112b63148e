import type { ProgressRecord, Scratch } from '../../../src/engine/scratch.ts';
import type { MemoryStore } from './memory-store.ts';
import type { StorePort } from './store-port.ts';

/** Scratch over a store in memory; kept as text, as in the real one. */
export function createSimulatedScratch({ store, port }: { store: MemoryStore; port: StorePort }): Scratch {
  return {
    readProgress: (upgradeId) =>
      port.call('read-progress', () => {
        const stored = store.progress.get(upgradeId);
        return stored === undefined ? undefined : (JSON.parse(stored) as ProgressRecord);
      }),
    writeProgress: (upgradeId, progress) =>
      port.call('write-progress', () => store.set(store.progress, upgradeId, JSON.stringify(progress))),
    read: (upgradeId, name) => port.call('read-scratch', () => store.scratch.get(`${upgradeId} ${name}`)),
    write: (upgradeId, name, value) =>
      port.call('write-scratch', () => store.set(store.scratch, `${upgradeId} ${name}`, value)),
  };
}
