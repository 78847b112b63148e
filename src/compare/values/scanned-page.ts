import type { Lane } from '../lane/lane.ts';
import { type RedisConnection, readBlock } from '../wire/redis-connection.ts';
import type { ReplyBlock } from '../wire/reply-block.ts';
import { elementTemplate, encodeCommands } from '../wire/resp-commands.ts';
import { isOversize, lengthOf, readInteger } from '../wire/resp-reply.ts';
import { type Finding, fieldLabel, finding, holding, memberLabel } from './difference.ts';
import { CHANGED, changedMeanwhile, checked, found, type PageOutcome } from './page-outcome.ts';
import type { PagedProgress } from './paged-progress.ts';

const CR = 13;
const DOLLAR = 36;
const MINUS = 45;
const ONE = ':1\r\n';
const LINE_END_BYTES = 2;

/**
 * Fields of the source by HSCAN, the same fields of the target by HMGET. When every field of the source is on the target, and the
 * target has no more fields than the source (that was asked first), the target has no other.
 */
export async function hashPage(lane: Lane, progress: PagedProgress): Promise<PageOutcome> {
  const page = await scanPage(lane, lane.source, progress);
  if ('findings' in page) return page;
  const { elements, writer } = lane.memory;
  if (elements.count === 0) return page.outcome(0);
  writer.clear();
  writer.addList(['HMGET', progress.key], elements, 2);
  const [raw] = await lane.target.pipeline(writer.finish());
  const values = checked(raw);
  if (isOversize(values) || lengthOf(values) !== elements.count / 2) return found(finding('type', CHANGED));
  const unequal = unequalField(lane, values);
  return unequal === undefined ? page.outcome(elements.count / 2) : found(unequal);
}

/** The first field whose value is not the same bytes on the target, which are compared as they stand in the reply. */
function unequalField(lane: Lane, values: Buffer): Finding | undefined {
  const { elements } = lane.memory;
  let at = values.indexOf(CR) + LINE_END_BYTES;
  for (let value = 1; value < elements.count; value += 2) {
    const [start, end] = [elements.bulkStart(value), elements.bulkEnd(value)];
    const after = at + end - start;
    if (after > values.length || values.compare(elements.bytes, start, end, at, after) !== 0) {
      return fieldFinding(lane, { value, other: valueAt(values, at) });
    }
    at = after;
  }
  return undefined;
}

/** The value that begins here; undefined for nil. */
function valueAt(values: Buffer, at: number): Buffer | undefined {
  const length = readInteger(values, at + 1);
  if (values[at] !== DOLLAR || length < 0) return undefined;
  const start = values.indexOf(CR, at) + LINE_END_BYTES;
  return values.subarray(start, start + length);
}

function fieldFinding(lane: Lane, at: { value: number; other: Buffer | undefined }): Finding {
  const { elements } = lane.memory;
  const where = fieldLabel(elements.key(at.value - 1));
  const value = elements.key(at.value);
  const held = { source: value, target: at.other };
  if (at.other === undefined) return holding(finding('element_missing', where, [value]), held);
  return holding(finding('value', where, [value, at.other]), held);
}

/** Members of the source by SSCAN, each looked up on the target. */
export async function setPage(lane: Lane, progress: PagedProgress): Promise<PageOutcome> {
  const page = await scanPage(lane, lane.source, progress);
  if ('findings' in page) return page;
  const { elements, target } = lane.memory;
  if (elements.count === 0 || (await hasAllMembers(lane, progress.key))) return page.outcome(elements.count);
  await lookUp(lane, { on: lane.target, into: target, command: 'SISMEMBER', step: 1 }, progress.key);
  for (let index = 0; index < elements.count; index += 1) {
    const answer = answerAt(target, index);
    if (answer === undefined) return found(finding('type', CHANGED));
    if (answer === 1) continue;
    const member = elements.key(index);
    return found(holding(finding('element_missing', memberLabel(member)), { source: member }));
  }
  return page.outcome(elements.count);
}

/** Whether the target has all members of the page, told by one command where it knows that; false also where it does not. */
async function hasAllMembers(lane: Lane, key: Buffer): Promise<boolean> {
  if (!lane.targetKnowsMany) return false;
  const { elements, writer, target } = lane.memory;
  writer.clear();
  writer.addList(['SMISMEMBER', key], elements, 1);
  await readBlock(lane.target, target, writer.finish());
  // A cloud's own build may lack it whatever its version: an error says the same as "not all", and each member is asked for.
  if (target.kindOf(0) === MINUS) lane.targetKnowsMany = false;
  const raw = target.raw(0);
  return Buffer.isBuffer(raw) && raw.equals(allOnes(elements.count));
}

/** The reply that has a 1 for each of so many members. */
function allOnes(count: number): Buffer {
  const head = `*${count}\r\n`;
  const ones = Buffer.allocUnsafe(head.length + count * ONE.length);
  ones.fill(ONE, head.length);
  ones.write(head, 'latin1');
  return ones;
}

/** The other way round, for a set or hash that is larger on the target: pages of the target, looked up on the source. */
export async function surplusPage(lane: Lane, progress: PagedProgress): Promise<PageOutcome> {
  const page = await scanPage(lane, lane.target, progress);
  if ('findings' in page) return page;
  const { elements, source } = lane.memory;
  const isHash = progress.type === 'hash';
  const [command, step] = isHash ? ['HEXISTS', 2] : ['SISMEMBER', 1];
  await lookUp(lane, { on: lane.source, into: source, command, step }, progress.key);
  for (let index = 0; index * step < elements.count; index += 1) {
    const answer = answerAt(source, index);
    if (answer === undefined) return found(finding('type', CHANGED));
    if (answer === 1) continue;
    const element = elements.key(index * step);
    const where = isHash ? fieldLabel(element) : memberLabel(element);
    const held = { target: isHash ? elements.key(index * step + 1) : element };
    return found(holding(finding('element_extra', where), held));
  }
  return page.outcome(elements.count / step);
}

/** A page of elements in the lane's memory, and what came of it once so many of them were compared. */
interface ElementPage {
  outcome(count: number): PageOutcome;
}

async function scanPage(
  lane: Lane,
  connection: RedisConnection,
  progress: PagedProgress,
): Promise<ElementPage | PageOutcome> {
  const { elements } = lane.memory;
  const name = progress.type === 'hash' ? 'HSCAN' : 'SSCAN';
  const command = [name, progress.key, progress.position ?? '0', 'COUNT', String(progress.page)];
  const block = elements.emptied();
  await readBlock(connection, block, encodeCommands([command]));
  const raw = checked(block.count === 0 ? undefined : block.raw(0));
  const cursor = elements.takePage();
  if (cursor === undefined) return found(changedMeanwhile(raw, raw));
  const next = cursor === '0' ? undefined : cursor;
  const { length: bytes } = block;
  return { outcome: (count) => ({ findings: [], next, count, bytes }) };
}

interface Lookup {
  readonly on: RedisConnection;
  readonly into: ReplyBlock;
  /** Asks whether one element is there. */
  readonly command: string;
  /** 2: every second element of the page is a value, not a name. */
  readonly step: number;
}

async function lookUp(lane: Lane, by: Lookup, key: Buffer): Promise<void> {
  const { elements, writer } = lane.memory;
  const question = elementTemplate(by.command, key);
  writer.clear();
  for (let index = 0; index < elements.count; index += by.step) writer.addAround(question, elements, index);
  await readBlock(by.on, by.into, writer.finish());
}

/** 0 or 1; undefined when the key is of another type by now. */
function answerAt(block: ReplyBlock, index: number): number | undefined {
  const answer = block.integerAt(index);
  if (answer === undefined) checked(index < block.count ? block.raw(index) : undefined);
  return answer;
}
