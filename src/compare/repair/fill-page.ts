import { nextPage } from '../values/paged-value.ts';
import { addElements, lengthCommandOf } from '../values/value-commands.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { bulksOf, scanBulksOf } from '../wire/reply-bulks.ts';
import { type Command, type CopyingCommand, encodeCommands } from '../wire/resp-commands.ts';
import { bulkOf, elementsOf, errorOf, integerOf, isOversize, scanPageOf } from '../wire/resp-reply.ts';
import { fillStream } from './fill-stream.ts';
import type { FilledPage, MendContext } from './filled-page.ts';
import type { Mend } from './mend.ts';
import { type WriteErrors, writeGroups } from './receiver-writes.ts';

const LOST: FilledPage = { end: 'lost', elements: 0, bytes: 0 };

/**
 * Writes the next page of the giver's value into `into`. A page may be written again after a crash: what is appended goes on from the
 * length that the receiver has, and everything else is idempotent.
 */
export async function fillPage(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  const page = await pageOfType(mend, into, context);
  if (page.end === 'too_large' && mend.page > 1) {
    mend.page = 1;
    return { ...page, end: 'more' };
  }
  mend.moved += page.elements;
  if (page.bytes > 0 && mend.type !== 'none')
    mend.page = nextPage({ type: mend.type, page: mend.page }, page.bytes, context.limits);
  return page;
}

function pageOfType(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  switch (mend.type) {
    case 'string':
      return appendBytes(mend, into, context);
    case 'list':
      return appendElements(mend, into, context);
    case 'zset':
      return addByRank(mend, into, context);
    case 'set':
    case 'hash':
      return addByScan(mend, into, context);
    case 'stream':
      return fillStream(mend, into, context);
    case 'none':
      return Promise.resolve({ end: 'last', elements: 0, bytes: 0 });
  }
}

async function lengthOf(mend: Mend, into: Buffer, context: MendContext): Promise<number | undefined> {
  const command = [lengthCommandOf(mend.type) ?? 'EXISTS', into];
  const [raw] = await context.ends.receiver.pipeline(encodeCommands([command]));
  return integerOf(raw);
}

async function ask(context: MendContext, command: Command): Promise<RawReply | undefined> {
  const [raw] = await context.ends.giver.pipeline(encodeCommands([command]));
  return raw === undefined || (!isOversize(raw) && errorOf(raw) !== undefined) ? undefined : raw;
}

async function write(context: MendContext, command: CopyingCommand): Promise<WriteErrors> {
  const [errors = []] = await writeGroups(context.ends.receiver, [[command]], context.receiver);
  return errors;
}

async function appendBytes(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  const start = await lengthOf(mend, into, context);
  if (start === undefined) return LOST;
  const { pageBytes } = context.limits;
  const raw = await ask(context, ['GETRANGE', mend.key, String(start), String(start + pageBytes - 1)]);
  const bytes = bulkOf(raw)?.length;
  const bulks = bulksOf(raw);
  if (bytes === undefined || bulks === undefined) return LOST;
  const errors = await write(context, ['APPEND', into, bulks]);
  if (errors.length > 0) return LOST;
  return { end: bytes < pageBytes ? 'last' : 'more', elements: bytes, bytes };
}

async function appendElements(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  const start = await lengthOf(mend, into, context);
  if (start === undefined) return LOST;
  const raw = await ask(context, ['LRANGE', mend.key, String(start), String(start + mend.page - 1)]);
  return writeRange(mend, { raw, width: 1, into }, context);
}

async function addByRank(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  const start = Number(mend.position);
  // By rank, not by ZSCAN: that one prints scores rounded.
  const stop = String(start + mend.page - 1);
  const raw = await ask(context, ['ZRANGE', mend.key, String(start), stop, 'WITHSCORES']);
  const page = await writeRange(mend, { raw, width: 2, into }, context);
  mend.position = String(start + page.elements);
  return page;
}

interface Range {
  readonly raw: RawReply | undefined;
  /** Bulk strings per element. */
  readonly width: 1 | 2;
  readonly into: Buffer;
}

async function writeRange(mend: Mend, range: Range, context: MendContext): Promise<FilledPage> {
  const { raw, width, into } = range;
  if (raw !== undefined && isOversize(raw)) return { end: 'too_large', elements: 0, bytes: 0 };
  const elements = bulksOf(raw);
  if (raw === undefined || elements === undefined) return LOST;
  const type = width === 1 ? 'list' : 'zset';
  if (elements.count > 0 && (await write(context, addElements(into, type, elements))).length > 0) return LOST;
  const count = elements.count / width;
  return { end: count < mend.page ? 'last' : 'more', elements: count, bytes: raw.length };
}

async function addByScan(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  const isHash = mend.type === 'hash';
  const scan = [isHash ? 'HSCAN' : 'SSCAN', mend.key, mend.position, 'COUNT', String(mend.page)];
  const raw = await ask(context, scan);
  if (raw !== undefined && isOversize(raw)) return { end: 'too_large', elements: 0, bytes: 0 };
  const page = scanBulksOf(raw);
  if (raw === undefined || page === undefined) return LOST;
  const command =
    isHash && mend.inPlace
      ? await changedFields(raw, into, context)
      : addElements(into, isHash ? 'hash' : 'set', page.elements);
  if (page.elements.count > 0 && command !== undefined && (await write(context, command)).length > 0)
    return LOST;
  mend.position = page.cursor;
  const count = page.elements.count / (isHash ? 2 : 1);
  return { end: page.cursor === '0' ? 'last' : 'more', elements: count, bytes: raw.length };
}

/** Writes the fields of a page that the receiver does not have like that: writing the others again would load its replicas for nothing. */
async function changedFields(
  raw: RawReply,
  into: Buffer,
  context: MendContext,
): Promise<CopyingCommand | undefined> {
  const pairs = scanPageOf(raw)?.elements ?? [];
  const fields = pairs.filter((_, index) => index % 2 === 0);
  if (fields.length === 0) return undefined;
  const [reply] = await context.ends.receiver.pipeline(encodeCommands([['HMGET', into, ...fields]]));
  const values = elementsOf(reply);
  const changed = pairs.filter((_, index) => {
    const value = pairs[index - (index % 2) + 1];
    const there = values?.[Math.floor(index / 2)];
    return value === undefined || !there?.equals(value);
  });
  return changed.length === 0 ? undefined : ['HMSET', into, ...changed];
}
