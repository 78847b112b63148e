import type { Appended, Journal } from '../../../src/engine/journal.ts';
import { type JournalEvent, parseEvent } from '../../../src/upgrade/events.ts';
import type { History } from '../history.ts';
import type { MemoryStore } from './memory-store.ts';
import type { StorePort } from './store-port.ts';

interface Parts {
  store: MemoryStore;
  port: StorePort;
  history: History;
  process: string;
  now: () => number;
  /** Told of every line that the store took. */
  onWrite: (type: string) => void;
}

/** The journal as the scripts of the real one behave, over a store in memory. */
export function createSimulatedJournal(parts: Parts): Journal {
  const { store, port } = parts;
  const events = (upgradeId: string) => (store.journals.get(upgradeId) ?? []).map(({ event }) => event);
  return {
    create: async (first) => {
      const entry = entryOf(first);
      const said = await port.call('create', () => create(parts, first, entry));
      if (said === 'exists') throw new Error(`Upgrade ${first.upgradeId} exists already`);
      return said;
    },
    read: (upgradeId) => port.call('read', () => events(upgradeId)),
    length: (upgradeId) => port.call('length', () => store.journals.get(upgradeId)?.length ?? 0),
    append: async (upgradeId, event, token) => {
      const entry = entryOf(event);
      return port.call(`append-${event.type}`, () => append(parts, upgradeId, { ...entry, token }));
    },
    unfinished: () => port.call('unfinished', () => byTime(store.unfinished)),
    newest: (limit) => port.call('newest', () => byTime(store.upgrades).reverse().slice(0, limit)),
    holderOf: (instanceId) => port.call('holder', () => store.holders.get(instanceId)),
    upgradeOfApproval: (approvalId) => port.call('approval', () => store.approvals.get(approvalId)),
  };
}

function byTime(map: ReadonlyMap<string, number>): string[] {
  return [...map].sort((a, b) => a[1] - b[1]).map(([id]) => id);
}

/** What is stored; proven readable first. Readers share it, so nobody may change it. */
function entryOf(event: JournalEvent): { line: string; event: JournalEvent } {
  const line = JSON.stringify(event);
  return { line, event: freeze(parseEvent(line)) };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}

type Requested = Extract<JournalEvent, { type: 'requested' }>;

function create(parts: Parts, first: Requested, entry: { line: string; event: JournalEvent }) {
  const { store } = parts;
  const { upgradeId, source, target, atMs } = first;
  if ((store.journals.get(upgradeId) ?? []).length > 0) return 'exists' as const;
  for (const instance of [source, target]) {
    const heldBy = store.holders.get(instance);
    if (heldBy !== undefined) return { heldBy, instance };
  }
  write(parts, upgradeId, entry);
  store.set(store.unfinished, upgradeId, atMs);
  store.set(store.upgrades, upgradeId, atMs);
  store.set(store.holders, source, upgradeId);
  store.set(store.holders, target, upgradeId);
  return 'created' as const;
}

function append(
  parts: Parts,
  upgradeId: string,
  entry: { line: string; event: JournalEvent; token: string | undefined },
): Appended {
  const { store } = parts;
  const { event, line, token } = entry;
  const journal = store.journals.get(upgradeId) ?? [];
  if (journal.length !== event.seq) return 'conflict';
  if (token !== undefined && !isHeldBy(parts, upgradeId, token)) return 'fenced';
  write(parts, upgradeId, { line, event });
  if (
    event.type === 'approval_requested' ||
    event.type === 'rollback_approval_requested' ||
    event.type === 'repair_approval_requested'
  )
    store.set(store.approvals, event.approvalId, upgradeId);
  if (event.type === 'ended') release(store, upgradeId, journal[0]?.event);
  return 'appended';
}

function isHeldBy({ store, now }: Parts, upgradeId: string, token: string): boolean {
  const lease = store.leases.get(upgradeId);
  return lease !== undefined && lease.untilMs > now() && lease.token === token;
}

function write(
  { store, history, process, onWrite }: Parts,
  upgradeId: string,
  entry: { line: string; event: JournalEvent },
) {
  store.push(upgradeId, entry);
  history.add({ kind: 'journal', upgrade: upgradeId, process, line: entry.line });
  onWrite(entry.event.type);
}

function release(store: MemoryStore, upgradeId: string, first: JournalEvent | undefined): void {
  store.remove(store.unfinished, upgradeId);
  if (first?.type !== 'requested') return;
  for (const instance of [first.source, first.target]) {
    if (store.holders.get(instance) === upgradeId) store.remove(store.holders, instance);
  }
}
