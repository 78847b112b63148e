import type { Lane } from '../lane/lane.ts';
import { refusal } from '../wire/compare-error.ts';
import type { NameList } from '../wire/name-list.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { readBlock } from '../wire/redis-connection.ts';
import type { ReplyBlock } from '../wire/reply-block.ts';
import { type CommandWriter, commandTemplate } from '../wire/resp-commands.ts';
import { errorOf, isOversize } from '../wire/resp-reply.ts';
import { NO_KEY } from './expiry.ts';
import type { Reading } from './reading.ts';
import type { WholeType } from './whole-value.ts';

/** TYPE of a key that does not exist. */
export const NO_TYPE = 'none';
const TYPE = commandTemplate('TYPE');
const PTTL = commandTemplate('PTTL');

/** A batch whose types are known from the target. */
export interface TypedBatch {
  readonly lane: Lane;
  readonly keys: NameList;
  /** By the target. */
  readonly types: readonly string[];
  readonly reading: Reading;
  /** Keys whose types the target is asked for behind the last values of the batch. */
  readonly next: NameList | undefined;
}

/** Keys of a batch: from one index to before the other. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export function isWhole(type: string | undefined): type is WholeType {
  return type === 'string' || type === 'list' || type === 'set' || type === 'zset' || type === 'hash';
}

/** Asks one side for the types of these keys. */
export async function readTypes(lane: Lane, side: 'source' | 'target', keys: NameList): Promise<string[]> {
  const { writer } = lane.memory;
  const block = lane.memory[side];
  writer.clear();
  addTypes(writer, keys);
  await readBlock(lane[side], block, writer.finish());
  return typesIn(block, 0, side);
}

/** The types of the next keys, which stand behind everything else that the target has just answered. */
export function nextTypes(lane: Lane, next: NameList): string[] {
  const block = lane.memory.target;
  return typesIn(block, block.count - next.count, 'target');
}

function addTypes(writer: CommandWriter, keys: NameList): void {
  for (let index = 0; index < keys.count; index += 1) writer.addAround(TYPE, keys, index);
}

function typesIn(block: ReplyBlock, from: number, side: string): string[] {
  const types: string[] = [];
  for (let index = from; index < block.count; index += 1) types.push(typeAt(block, index, side));
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

/** Reads expiry and value of keys on the target; a key that it lacks is left out. With the last ones go the questions about the next keys. */
export function readTarget(batch: TypedBatch, stretch: Stretch): Promise<void> {
  const { lane, types } = batch;
  const { writer, target, questions } = lane.memory;
  writer.clear();
  for (let index = stretch.from; index < stretch.to; index += 1) {
    questions[index - stretch.from] = writer.length;
    if (types[index] !== NO_TYPE) addReads(batch, index);
  }
  questions[stretch.to - stretch.from] = writer.length;
  if (batch.next !== undefined && stretch.to === batch.keys.count) addTypes(writer, batch.next);
  return readBlock(lane.target, target, writer.finish());
}

/** Reads expiry and value of keys on the source, as the type that they have on the target. */
export function readSource(batch: TypedBatch, stretch: Stretch): Promise<void> {
  const { lane } = batch;
  const { writer, source } = lane.memory;
  writer.clear();
  for (let index = stretch.from; index < stretch.to && lane.sourceHasDb; index += 1) addReads(batch, index);
  return readBlock(lane.source, source, writer.finish());
}

/**
 * The same of keys that the target has all, as part of a stretch that it was just asked about: the questions stand in the writer still,
 * word for word.
 */
export function readSourceAlike(batch: TypedBatch, asked: Stretch, part: Stretch): Promise<void> {
  const { writer, source, questions } = batch.lane.memory;
  const [from, to] = [questions[part.from - asked.from] ?? 0, questions[part.to - asked.from] ?? 0];
  let count = 0;
  for (let index = part.from; index < part.to; index += 1) count += repliesOf(batch.types[index]);
  return readBlock(batch.lane.source, source, writer.part(from, to, count));
}

/** How many replies of the target are about a key of this type. */
export function repliesOf(type: string | undefined): number {
  if (type === NO_TYPE) return 0;
  return isWhole(type) ? 2 : 1;
}

function addReads(batch: TypedBatch, index: number): void {
  const { keys, reading } = batch;
  const { writer } = batch.lane.memory;
  const type = batch.types[index];
  writer.addAround(PTTL, keys, index);
  if (isWhole(type)) writer.addAround(reading.reads[type], keys, index);
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
