import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type JournalEvent, parseEvent } from '../upgrade/events.ts';
import { ReadLines } from './read-lines.ts';
import type { StoreKeys } from './store-keys.ts';

/** What an append came to. `conflict`: somebody else appended first, read again. `fenced`: the lease is no longer ours. */
export type Appended = 'appended' | 'conflict' | 'fenced';

export interface Journal {
  /**
   * Begins an upgrade with its `requested` event, unless one of its two instances is held by an unfinished upgrade.
   * From the moment this resolves with `created` the upgrade is recovered after any crash.
   */
  create(
    first: Extract<JournalEvent, { type: 'requested' }>,
  ): Promise<'created' | { heldBy: string; instance: string }>;
  /**
   * The whole journal, oldest first; empty when there is no such upgrade. Rejects when a line cannot be read. Readers share the
   * events, which are frozen.
   */
  read(upgradeId: string): Promise<JournalEvent[]>;
  /** Number of events. */
  length(upgradeId: string): Promise<number>;
  /**
   * Compare-and-set: appends when the journal is exactly `event.seq` long and, with a token, the lease still carries it.
   * Rejects, and writes nothing, when the event could not be read back: one such line would stop the upgrade for ever.
   */
  append(upgradeId: string, event: JournalEvent, token: string | undefined): Promise<Appended>;
  /** Ids of upgrades that have not ended, oldest first. */
  unfinished(): Promise<string[]>;
  /** Ids of the newest upgrades, ended or not, newest first. */
  newest(limit: number): Promise<string[]>;
  /** The unfinished upgrade that holds an instance. */
  holderOf(instanceId: string): Promise<string | undefined>;
  /** The upgrade that an approval was requested for. */
  upgradeOfApproval(approvalId: string): Promise<string | undefined>;
}

/**
 * Input   KEYS 1 journal, 2 unfinished, 3 upgrades, 4 source's holder, 5 target's holder
 *         ARGV 1 line, 2 upgrade id, 3 request time
 * Output  {0} created, {1, holder} the source is held, {2, holder} the target is held, {3} the upgrade exists
 */
const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return {3} end
local holder = redis.call('GET', KEYS[4])
if holder then return {1, holder} end
holder = redis.call('GET', KEYS[5])
if holder then return {2, holder} end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
redis.call('SET', KEYS[4], ARGV[2])
redis.call('SET', KEYS[5], ARGV[2])
return {0}`;
const createdSchema = z.tuple([z.number()]).rest(z.string());

/**
 * Input   KEYS 1 journal, 2 lease, 3 unfinished, 4 approval
 *         ARGV 1 expected length, 2 token or '', 3 line, 4 upgrade id, 5 '1' when the event ends the upgrade,
 *              6 '1' when it asks for an approval
 * Output  0 appended, -1 the length differs, -2 the lease has another token or none
 */
const APPEND = `
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return -1 end
if ARGV[2] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[2] then return -2 end
redis.call('RPUSH', KEYS[1], ARGV[3])
if ARGV[6] == '1' then redis.call('SET', KEYS[4], ARGV[4]) end
if ARGV[5] == '1' then
  redis.call('ZREM', KEYS[3], ARGV[4])
  for i = 5, #KEYS do
    if redis.call('GET', KEYS[i]) == ARGV[4] then redis.call('DEL', KEYS[i]) end
  end
end
return 0`;

/** The journal over the bot's own Redis. */
export function createJournal(redis: Redis, keys: StoreKeys): Journal {
  const lines = new ReadLines();
  return {
    async create(first) {
      const said = await redis.eval(
        CREATE,
        5,
        keys.journal(first.upgradeId),
        keys.unfinished,
        keys.upgrades,
        keys.instance(first.source),
        keys.instance(first.target),
        lineOf(first),
        first.upgradeId,
        first.atMs,
      );
      const [code, heldBy = ''] = createdSchema.parse(said);
      if (code === 0) return 'created';
      if (code === 3) throw new Error(`Upgrade ${first.upgradeId} exists already`);
      return { heldBy, instance: code === 1 ? first.source : first.target };
    },
    async read(upgradeId) {
      return lines.parse(upgradeId, await redis.lrange(keys.journal(upgradeId), 0, -1));
    },
    length: (upgradeId) => redis.llen(keys.journal(upgradeId)),
    append: (upgradeId, event, token) => append({ redis, keys }, upgradeId, { event, token }),
    unfinished: () => redis.zrange(keys.unfinished, '0', '-1'),
    newest: async (limit) =>
      limit <= 0 ? [] : redis.zrevrange(keys.upgrades, '0', String(Math.floor(limit) - 1)),
    holderOf: async (instanceId) => (await redis.get(keys.instance(instanceId))) ?? undefined,
    upgradeOfApproval: async (approvalId) => (await redis.get(keys.approval(approvalId))) ?? undefined,
  };
}

/** The approval that an event asks for. */
function asksFor(event: JournalEvent): string | undefined {
  switch (event.type) {
    case 'approval_requested':
    case 'rollback_approval_requested':
    case 'repair_approval_requested':
      return event.approvalId;
    default:
      return undefined;
  }
}

async function append(
  store: { redis: Redis; keys: StoreKeys },
  upgradeId: string,
  entry: { event: JournalEvent; token: string | undefined },
): Promise<Appended> {
  const { redis, keys } = store;
  const { event, token } = entry;
  const released = event.type === 'ended' ? await instancesOf(redis, keys.journal(upgradeId)) : [];
  const names = [
    keys.journal(upgradeId),
    keys.lease(upgradeId),
    keys.unfinished,
    keys.approval(asksFor(event) ?? ''),
    ...released.map(keys.instance),
  ];
  const code = await redis.eval(
    APPEND,
    names.length,
    ...names,
    event.seq,
    token ?? '',
    lineOf(event),
    upgradeId,
    event.type === 'ended' ? '1' : '0',
    asksFor(event) === undefined ? '0' : '1',
  );
  if (code === 0) return 'appended';
  return code === -1 ? 'conflict' : 'fenced';
}

/** What is stored; proven readable first. */
function lineOf(event: JournalEvent): string {
  const line = JSON.stringify(event);
  parseEvent(line);
  return line;
}

async function instancesOf(redis: Redis, journalKey: string): Promise<string[]> {
  const first = await redis.lindex(journalKey, 0);
  if (first === null) return [];
  const event = parseEvent(first);
  return event.type === 'requested' ? [event.source, event.target] : [];
}
