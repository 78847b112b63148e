import type { Clock } from '../comparison-options.ts';
import type { Lane } from '../lane/lane.ts';
import { temporaryKey } from '../names/temporary-key.ts';
import { READABLE_TYPES, type ReadableType } from '../values/whole-value.ts';
import { versionIn } from '../wire/keyspace.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import type { RedisConnection } from '../wire/redis-connection.ts';
import { encodeCommands } from '../wire/resp-commands.ts';
import { bulkOf, decodeReply, errorOf } from '../wire/resp-reply.ts';

export type Side = 'source' | 'target';

/** A lane seen by a repair: one side gives, the other is changed. */
export interface RepairEnds {
  readonly giver: RedisConnection;
  readonly receiver: RedisConnection;
  readonly giverHasDb: boolean;
  readonly receiverHasDb: boolean;
}

/** The two ends of a lane whose database was selected; ask again after another was selected. */
export function endsOf(lane: Lane, from: Side): RepairEnds {
  const { source, target, sourceHasDb, targetHasDb } = lane;
  return from === 'source'
    ? { giver: source, receiver: target, giverHasDb: sourceHasDb, receiverHasDb: targetHasDb }
    : { giver: target, receiver: source, giverHasDb: targetHasDb, receiverHasDb: sourceHasDb };
}

/** What can be done between these two servers. */
export interface Abilities {
  /** Types that can be read on the giver and written on the receiver. */
  readonly types: ReadonlySet<ReadableType>;
  /** The receiver is not older than the giver, so it can read the giver's DUMP. */
  readonly restore: boolean;
  /** To be added to a moment of the giver's clock to get the same moment by the receiver's; undefined when they do not tell the time. */
  readonly clockOffsetMs: number | undefined;
}

const TIME_SAMPLES = 3;

/** Asks both servers, without changing anything, what they can do. */
export async function readAbilities(ends: RepairEnds, clock: Clock): Promise<Abilities> {
  const [giverKnows, receiverKnows, given, received] = await Promise.all([
    knowsStreams(ends.giver),
    knowsStreams(ends.receiver),
    versionOf(ends.giver),
    versionOf(ends.receiver),
  ]);
  const hasStreams = giverKnows && receiverKnows;
  return {
    types: new Set(READABLE_TYPES.filter((type) => type !== 'stream' || hasStreams)),
    restore: given !== undefined && received !== undefined && received >= given,
    clockOffsetMs: await clockOffset(ends, clock),
  };
}

/** Asks for the length of a stream that is not there: a version number says nothing about what a cloud's own build has or forbids. */
async function knowsStreams(connection: RedisConnection): Promise<boolean> {
  const reply = await connection.pipeline(
    encodeCommands([['XLEN', temporaryKey('new', Buffer.from('no-such-stream'))]]),
  );
  return reply[0] !== undefined && errorOf(reply[0]) === undefined;
}

async function versionOf(connection: RedisConnection): Promise<number | undefined> {
  const reply = await connection.command('INFO', 'server');
  const text = Buffer.isBuffer(reply) ? reply.toString('latin1') : '';
  return versionIn(text);
}

/** The difference of the clocks by the quickest of some questions; one that is smaller than what it took to ask is none. */
async function clockOffset(ends: RepairEnds, clock: Clock): Promise<number | undefined> {
  let best: { offset: number; tookMs: number } | undefined;
  for (let sample = 0; sample < TIME_SAMPLES; sample += 1) {
    const askedAt = clock.now();
    const question = encodeCommands([['TIME']]);
    const [given, received] = await Promise.all([
      ends.giver.pipeline(question),
      ends.receiver.pipeline(question),
    ]);
    const tookMs = clock.now() - askedAt;
    const giverTime = momentOf(given[0]);
    const receiverTime = momentOf(received[0]);
    if (giverTime === undefined || receiverTime === undefined) return undefined;
    if (best === undefined || tookMs < best.tookMs) best = { offset: receiverTime - giverTime, tookMs };
  }
  if (best === undefined || Math.abs(best.offset) <= best.tookMs + 1) return 0;
  return best.offset;
}

/** The reply to TIME in milliseconds since 1970; undefined for every other reply. */
export function momentOf(raw: RawReply | undefined): number | undefined {
  const decoded = raw === undefined ? null : decodeReply(raw);
  if (!Array.isArray(decoded) || decoded.length !== 2) return undefined;
  const [seconds, micros] = decoded;
  if (!Buffer.isBuffer(seconds) || !Buffer.isBuffer(micros)) return undefined;
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

/** The reply to TYPE; undefined when it is an error. */
export function typeNameOf(raw: RawReply | undefined): string | undefined {
  if (raw === undefined || !Buffer.isBuffer(raw) || errorOf(raw) !== undefined) return undefined;
  return (bulkOf(raw) ?? raw.subarray(1, raw.length - 2)).toString('latin1');
}
