import { refusal } from './compare-error.ts';
import { NO_KEY } from './expiry.ts';
import type { Lane } from './lane.ts';
import type { RawReply } from './raw-reply.ts';
import { readBlock } from './redis-connection.ts';
import type { ReplyBlock } from './reply-block.ts';
import { type CommandTemplate, commandTemplate } from './resp-commands.ts';
import { errorOf, isOversize } from './resp-reply.ts';
import type { WholeType } from './whole-value.ts';

/** TYPE of a key that does not exist. */
export const NO_TYPE = 'none';
const TYPE = commandTemplate('TYPE');
const PTTL = commandTemplate('PTTL');

/** A batch whose types are known from the target. */
export interface TypedBatch {
  readonly lane: Lane;
  readonly keys: readonly Buffer[];
  /** By the target. */
  readonly types: readonly string[];
  readonly reads: Record<WholeType, CommandTemplate>;
}

export function isWhole(type: string | undefined): type is WholeType {
  return type === 'string' || type === 'list' || type === 'set' || type === 'zset' || type === 'hash';
}

/** Asks one side for the types of these keys. */
export async function readTypes(
  lane: Lane,
  side: 'source' | 'target',
  keys: Iterable<Buffer>,
): Promise<string[]> {
  const { writer } = lane.memory;
  const block = lane.memory[side];
  writer.clear();
  for (const key of keys) writer.addTemplate(TYPE, key);
  await readBlock(lane[side], block, writer.finish());
  const types: string[] = [];
  for (let index = 0; index < block.count; index += 1) types.push(typeAt(block, index, side));
  return types;
}

/** The names of types by the reply's length and second letter, so that no text is made for each reply. */
const TYPE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  [NO_TYPE, 'string', 'list', 'set', 'zset', 'hash', 'stream'].map((name) => [hashOfName(name), name]),
);

function hashOfName(name: string): number {
  const bytes = Buffer.from(`+${name}\r\n`);
  return (bytes[1] ?? 0) * 4_096 + (bytes[4] ?? 0) * 16 + bytes.length;
}

function typeAt(block: ReplyBlock, index: number, side: string): string {
  const [start, end] = [block.startOf(index), block.endOf(index)];
  const { bytes } = block;
  const known = TYPE_NAMES[(bytes[start + 1] ?? 0) * 4_096 + (bytes[start + 4] ?? 0) * 16 + (end - start)];
  if (known !== undefined && isSpelled(known, bytes, start + 1)) return known;
  const raw: RawReply = block.raw(index);
  const error = errorOf(raw);
  if (error !== undefined) throw refusal(error, `reading types on the ${side}`);
  return isOversize(raw) ? 'unknown' : raw.toString('latin1', 1, raw.length - 2);
}

function isSpelled(name: string, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[at + index] !== name.charCodeAt(index)) return false;
  }
  return bytes[at - 1] === PLUS;
}

const PLUS = 43;

/** Reads expiry and value of keys on the target; a key that it lacks is left out. */
export function readTarget(batch: TypedBatch, from: number, to: number): Promise<void> {
  const { lane, keys, types, reads } = batch;
  const { writer, target } = lane.memory;
  writer.clear();
  for (let index = from; index < to; index += 1) {
    const type = types[index];
    if (type !== NO_TYPE) addReads(batch, keys[index], isWhole(type) ? reads[type] : undefined);
  }
  return readBlock(lane.target, target, writer.finish());
}

/** Reads expiry and value of keys on the source, as the type that they have on the target. */
export function readSource(batch: TypedBatch, from: number, to: number): Promise<void> {
  const { lane, keys, types, reads } = batch;
  const { writer, source } = lane.memory;
  writer.clear();
  for (let index = from; index < to && lane.sourceHasDb; index += 1) {
    const type = types[index];
    addReads(batch, keys[index], isWhole(type) ? reads[type] : undefined);
  }
  return readBlock(lane.source, source, writer.finish());
}

function addReads(batch: TypedBatch, key: Buffer | undefined, read: CommandTemplate | undefined): void {
  if (key === undefined) return;
  const { writer } = batch.lane.memory;
  writer.addTemplate(PTTL, key);
  if (read !== undefined) writer.addTemplate(read, key);
}

/** The PTTL in this place; `NO_KEY` when the side was not asked (place -1). */
export function expiryAt(block: ReplyBlock, place: number): number {
  if (place < 0) return NO_KEY;
  const value = block.integerAt(place);
  if (value !== undefined) return value;
  const raw = place < block.count ? block.raw(place) : undefined;
  const error = raw === undefined ? undefined : errorOf(raw);
  throw refusal(error ?? { code: 'ERR', message: 'PTTL gave no number' }, 'reading expiry times');
}
